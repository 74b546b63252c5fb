"""The append-only audit trail of each tenant, and its hash chain."""

from tenants.audit.chain import GENESIS, ChainReport, Fault, verify_chain
from tenants.audit.recording import Actor, record
from tenants.models import AuditEntry, AuditLink

__all__ = ["GENESIS", "Actor", "AuditEntry", "AuditLink", "ChainReport", "Fault", "record", "verify_chain"]
