"""People, and the groups that back approver roles."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, Permission, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower

from countersign.clock import now
from countersign.ids import new_id
from tenants.models.owned import TenantOwned


class UserManager(BaseUserManager):
    def create_user(self, email: str, password: str | None = None, **fields) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, email: str) -> User:
        return self.get(email__iexact=email)


class User(AbstractBaseUser, PermissionsMixin):
    """A person, or a tenant's service account (`is_service`), which can never decide.

    People may belong to several tenants; what they may do hangs on their memberships and approver roles, never on
    this row. Nobody is Django's superuser, who could do everything: there is no such column.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_service = models.BooleanField(default=False)
    is_superuser = False
    created_at = models.DateTimeField(default=now)
    groups = models.ManyToManyField(Group, through="tenants.GroupMember", related_name="user_set",
                                    related_query_name="user")
    user_permissions = models.ManyToManyField(Permission, blank=True, related_name="user_set",
                                              related_query_name="user")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []
    objects = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email")]

    def __str__(self) -> str:
        return self.name or self.email


class GroupMember(TenantOwned):
    """Who is in a Django group. A row of the tenant's, so that one tenant's roles are no other's to read."""

    user = models.ForeignKey(User, models.CASCADE)
    group = models.ForeignKey(Group, models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "group", "user"], name="group_member_once")]
        indexes = [models.Index(fields=["tenant", "user"], name="group_member_user")]
