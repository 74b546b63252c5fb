PRIVILEGES = {
    "Outbox": {"web": "SELECT, INSERT, DELETE", "engine": "SELECT, INSERT, UPDATE, DELETE", "tools": "INSERT"},
    "Lease": {"web": "SELECT", "engine": "SELECT, INSERT, UPDATE, DELETE", "tools": "SELECT"},
}
