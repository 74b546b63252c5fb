"""Only web writes decisions and makes grants; only tools consumes one (design §1). The engine can open, expire and
cancel requests, and revoke grants: nothing that lets anything leave."""

CLOSE = "UPDATE (status, settled_at, lacking)"

PRIVILEGES = {
    "Scope": {"web": "SELECT, INSERT, UPDATE, DELETE", "engine": "SELECT", "tools": "SELECT"},
    "ScopeUserPermission": {"web": "SELECT, INSERT, DELETE", "engine": "SELECT"},
    "ScopeGroupPermission": {"web": "SELECT, INSERT, DELETE", "engine": "SELECT", "tools": "SELECT"},
    "ApproverRole": {"web": "SELECT, INSERT, UPDATE, DELETE", "engine": "SELECT", "tools": "SELECT"},
    "ApprovalRequest": {"web": f"SELECT, {CLOSE}", "engine": f"SELECT, INSERT, {CLOSE}", "tools": "SELECT"},
    "RequestRule": {"web": "SELECT, DELETE", "engine": "SELECT, INSERT, DELETE"},
    "Assignment": {"web": "SELECT, INSERT, UPDATE, DELETE", "engine": "SELECT, INSERT, UPDATE, DELETE"},
    "Decision": {"web": "SELECT, INSERT", "engine": "SELECT", "tools": "SELECT"},
    "Grant": {"web": "SELECT, INSERT, UPDATE (revoked_at)", "engine": "SELECT, UPDATE (revoked_at)",
              "tools": "SELECT, UPDATE (consumed_at)"},
    "Notice": {"web": "SELECT, INSERT, UPDATE (status)",
               "engine": "SELECT, INSERT, UPDATE (status, attempts, error, sent_at)"},
}
