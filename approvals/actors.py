"""What the notify worker does for this app."""

from uuid import UUID

import dramatiq

from approvals.services.closing import expire_request
from approvals.services.notices import deliver_notice


@dramatiq.actor(queue_name="notify")
def send_notice(tenant_id: str, notice_id: str) -> None:
    deliver_notice(tenant_id=UUID(tenant_id), notice_id=UUID(notice_id))


@dramatiq.actor(queue_name="notify", actor_name="expire_request")
def expire(tenant_id: str, request_id: str) -> None:
    expire_request(tenant_id=UUID(tenant_id), request_id=UUID(request_id))
