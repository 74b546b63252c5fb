PRIVILEGES = {
    "Tenant": {"web": "SELECT, INSERT, UPDATE", "engine": "SELECT", "tools": "SELECT"},
    "User": {"web": "SELECT, INSERT, UPDATE", "engine": "SELECT", "tools": "SELECT (id, email, name, is_active)"},
    "Membership": {"web": "SELECT, INSERT, UPDATE, DELETE", "engine": "SELECT"},
    "GroupMember": {"web": "SELECT, INSERT, DELETE", "engine": "SELECT"},
}
