"""What every tenant-owned table has in common (design §3)."""

from __future__ import annotations

from django.db import models

from countersign.database.context import current_tenant
from countersign.ids import new_id


class TenantOwned(models.Model):
    """A row of one tenant's. The tenant is the context's, unless it is given.

    A subclass that others refer to adds `unique_in_tenant("its_name")` to its constraints, and each of its references
    to another tenant-owned table is a `TenantForeignKey` with a `TenantReference`. Its migration adds `ProtectTable`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", models.CASCADE, default=current_tenant, editable=False,
                               db_index=False, related_name="+")

    class Meta:
        abstract = True


def unique_in_tenant(name: str, *fields: str) -> models.UniqueConstraint:
    """UNIQUE (tenant_id, id), the target of composite references, or UNIQUE (tenant_id, *fields)."""
    return models.UniqueConstraint(fields=["tenant", *(fields or ("id",))], name=name)
