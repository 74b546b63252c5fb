from approvals.queries.grants import grants_of
from approvals.queries.permissions import deciders_by_scope, permissions_by_scope, permissions_of
from approvals.queries.requests import (
    asked_requests,
    current_request,
    inbox,
    visible_request,
    visible_request_to_lock,
    visible_requests,
)
from approvals.queries.roles import role_members, roles_by_name

__all__ = ["asked_requests", "current_request", "deciders_by_scope", "grants_of", "inbox", "permissions_by_scope",
           "permissions_of", "role_members", "roles_by_name", "visible_request", "visible_request_to_lock",
           "visible_requests"]
