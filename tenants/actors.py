"""What the notify worker does for this app."""

from uuid import UUID

import dramatiq

from tenants.services.invitations import deliver_invitation


@dramatiq.actor(queue_name="notify")
def send_invitation(tenant_id: str, invitation_id: str) -> None:
    deliver_invitation(tenant_id=UUID(tenant_id), invitation_id=UUID(invitation_id))
