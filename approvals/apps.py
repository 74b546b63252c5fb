from uuid import UUID

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "approvals"

    def ready(self) -> None:
        from approvals.receivers import follow_membership
        from countersign.doorbells.services import on_topic
        from tenants.signals import access_changed

        on_topic("notice", _send_notice)
        on_topic("request_expiry", _expire_request)
        access_changed.connect(follow_membership, dispatch_uid="approvals.follow_membership")


def _send_notice(tenant_id: UUID, notice_id: UUID) -> None:
    from approvals.actors import send_notice

    send_notice.send(str(tenant_id), str(notice_id))


def _expire_request(tenant_id: UUID, request_id: UUID) -> None:
    from approvals.actors import expire

    expire.send(str(tenant_id), str(request_id))
