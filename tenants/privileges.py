READ_AND_ADD = "SELECT, INSERT"

PRIVILEGES = {
    "Tenant": {"web": "SELECT, INSERT, UPDATE", "engine": "SELECT", "tools": "SELECT"},
    "User": {"web": "SELECT, INSERT, UPDATE", "engine": "SELECT",
             "tools": "SELECT (id, email, name, is_active, is_service)"},
    "tenants_user_user_permissions": dict.fromkeys(("web", "engine", "tools"), "SELECT"),
    "Membership": {"web": "SELECT, INSERT, UPDATE, DELETE", "engine": "SELECT", "tools": "SELECT"},
    "GroupMember": {"web": "SELECT, INSERT, DELETE", "engine": "SELECT", "tools": "SELECT"},
    "Invitation": {"web": "SELECT, INSERT, UPDATE",
                   "engine": "SELECT, UPDATE (token_hash, sent_at, send_attempts, send_error)"},
    "ApiToken": {"web": "SELECT, INSERT, UPDATE, DELETE"},
    "Replay": {"web": "SELECT, INSERT, UPDATE, DELETE"},
    "PersonReplay": {"web": "SELECT, INSERT, UPDATE, DELETE"},
    "AuditEntry": dict.fromkeys(("web", "engine", "tools"), READ_AND_ADD),
    "AuditLink": dict.fromkeys(("web", "engine", "tools"), "SELECT"),
}
FUNCTIONS = {
    "tenants_token_of_hash(text)": ("web",),
    "tenants_invitation_of_hash(text)": ("web",),
    "tenants_forget_old(integer)": ("engine",),
}
