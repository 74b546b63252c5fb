from approvals.models.decisions import Decision, Verdict
from approvals.models.grants import Grant, GrantStatus
from approvals.models.notices import Notice, NoticeStatus
from approvals.models.requests import ApprovalRequest, Assignment, RequestRule, RequestStatus
from approvals.models.roles import ApproverRole
from approvals.models.scopes import Scope, ScopeGroupPermission, ScopeUserPermission

__all__ = ["ApprovalRequest", "ApproverRole", "Assignment", "Decision", "Grant", "GrantStatus", "Notice",
           "NoticeStatus", "RequestRule", "RequestStatus", "Scope", "ScopeGroupPermission", "ScopeUserPermission",
           "Verdict"]
