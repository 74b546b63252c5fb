from tenants.models.access import ApiToken, Invitation
from tenants.models.audit import AuditEntry, AuditLink
from tenants.models.organisations import Membership, MembershipRole, Tenant
from tenants.models.owned import TenantOwned, unique_in_tenant
from tenants.models.people import GroupMember, User
from tenants.models.replays import PersonReplay, Replay

__all__ = ["ApiToken", "AuditEntry", "AuditLink", "GroupMember", "Invitation", "Membership", "MembershipRole",
           "PersonReplay", "Replay", "Tenant", "TenantOwned", "User", "unique_in_tenant"]
