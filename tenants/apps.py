from uuid import UUID

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "tenants"

    def ready(self) -> None:
        import tenants.api.schema  # noqa: F401  (drf-spectacular finds extensions by their being imported)
        from countersign.doorbells.services import on_topic

        on_topic("invitation", _send_invitation)


def _send_invitation(tenant_id: UUID, invitation_id: UUID) -> None:
    from tenants.actors import send_invitation

    send_invitation.send(str(tenant_id), str(invitation_id))
