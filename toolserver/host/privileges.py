_PUBLIC_HALF = "SELECT (id, tenant_id, public_key, created_at)"
_WITHOUT_BOX = "SELECT (id, tenant_id, name, kind, version, created_by_id, created_at, rotated_at, last_used_at)"

PRIVILEGES = {
    "TenantKey": {"web": _PUBLIC_HALF, "tools": "SELECT, INSERT"},
    "Credential": {"web": f"{_WITHOUT_BOX}, INSERT, UPDATE, DELETE", "tools": "SELECT, UPDATE (last_used_at)"},
    "ModelAlias": {"web": "SELECT, INSERT, UPDATE, DELETE", "tools": "SELECT"},
    "ToolConfiguration": {"web": "SELECT, INSERT, UPDATE", "tools": "SELECT"},
    "LedgerEntry": {"web": "SELECT", "engine": "SELECT", "tools": "SELECT, INSERT, UPDATE"},
    "LedgerResolution": {"web": "SELECT, INSERT", "engine": "SELECT", "tools": "SELECT"},
}
