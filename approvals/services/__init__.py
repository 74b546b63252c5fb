from approvals.services.assignments import recompute_for_person, recompute_for_role, recompute_for_scope
from approvals.services.closing import cancel_requests, expire_request
from approvals.services.decisions import record_decision
from approvals.services.grants import consume_grant, reissue_grants
from approvals.services.notices import deliver_notice
from approvals.services.requests import Subject, open_request
from approvals.services.roles import add_role_member, change_role, create_role, remove_role, remove_role_member
from approvals.services.scopes import create_scope, set_permission

__all__ = ["Subject", "add_role_member", "cancel_requests", "change_role", "consume_grant", "create_role",
           "create_scope", "deliver_notice", "expire_request", "open_request", "recompute_for_person",
           "recompute_for_role", "recompute_for_scope", "record_decision", "reissue_grants", "remove_role",
           "remove_role_member", "set_permission"]
