"""Telling running processes that a tenant's credentials or aliases changed."""

from django.db import connection

from countersign.database.context import current_tenant
from countersign.ids import new_id


def raise_version() -> None:
    """In the transaction of the change: the tenant's next call finds its process behind, and tells it anew."""
    with connection.cursor() as cursor:
        cursor.execute("""
            INSERT INTO toolserver_toolconfiguration AS configuration (id, tenant_id, version) VALUES (%s, %s, 1)
            ON CONFLICT (tenant_id) DO UPDATE SET version = configuration.version + 1""", [new_id(), current_tenant()])
