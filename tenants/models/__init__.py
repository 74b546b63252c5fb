from tenants.models.organisations import Membership, MembershipRole, Tenant
from tenants.models.owned import TenantOwned, unique_in_tenant
from tenants.models.people import GroupMember, User

__all__ = ["GroupMember", "Membership", "MembershipRole", "Tenant", "TenantOwned", "User", "unique_in_tenant"]
