PRIVILEGES = {
    "Outbox": {"web": "SELECT, INSERT, DELETE", "engine": "SELECT, INSERT, UPDATE, DELETE", "tools": "INSERT"},
    "Lease": {"web": "SELECT, UPDATE (epoch, expires_at, token_hash)",
              "engine": "SELECT, INSERT, UPDATE, DELETE", "tools": "SELECT"},
}
