"""Telling people that something waits for them."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from approvals.models import ApprovalRequest, Assignment, Notice, NoticeStatus
from approvals.notice_mail import send_notice_mail
from countersign.clock import now
from countersign.database.context import current_tenant, pipelined_context
from countersign.database.statements import insert, load_together, update
from countersign.doorbells.services import answer, ring, ring_all
from countersign.logs import get_logger
from tenants.models import Tenant, User

log = get_logger(__name__)

TOPIC = "notice"

# With all that its mail says. `asked` is there while the person's decision is waited for.
PROMISED = """
    approvals_notice AS notice
    JOIN approvals_approvalrequest AS request ON request.id = notice.request_id
    LEFT JOIN approvals_assignment AS asked
        ON asked.request_id = notice.request_id AND asked.user_id = notice.user_id AND asked.open
    JOIN tenants_user AS person ON person.id = notice.user_id
    JOIN tenants_tenant AS team ON team.id = notice.tenant_id
    LEFT JOIN tenants_user AS starter ON starter.id = request.started_by_id
    WHERE notice.id = %s FOR NO KEY UPDATE OF notice SKIP LOCKED"""
#: Who decides at once, in the app or over the API, needs no e-mail.
SENT_AFTER = timedelta(seconds=3)
MOST_ATTEMPTS = 9
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(hours=6)


def ask_people(asked: Sequence[tuple[UUID, UUID]]) -> None:
    """Promise an e-mail for each request and person. Nobody is told twice about the same request."""
    requests, users = ({pair[n] for pair in asked} for n in (0, 1))
    told = set(Notice.objects.filter(request__in=requests, user__in=users).values_list("request_id", "user_id"))
    promise_notices([pair for pair in asked if pair not in told])


def promise_notices(asked: Sequence[tuple[UUID, UUID]]) -> None:
    """As `ask_people`, of people who cannot have been told yet: their request is new."""
    notices = [Notice(request_id=request, user_id=user) for request, user in asked]
    insert(notices)
    ring_all(TOPIC, tenant_id=current_tenant(), subject_ids=[notice.id for notice in notices],
             due_at=now() + SENT_AFTER)


def deliver_notice(*, tenant_id: UUID, notice_id: UUID) -> None:
    """Send a notice's e-mail, if it is still promised and still wanted. Safe to repeat.

    A mail server that does not answer is tried again, ever later; an address that it refuses for good is not. A
    process killed between sending and noting it sends again under the same Message-ID.
    """
    with pipelined_context(tenant_id):
        found = load_together({"notice": Notice, "request": ApprovalRequest, "asked": Assignment, "person": User,
                               "team": Tenant, "starter": User}, PROMISED, [notice_id])
        if not found or not answer(TOPIC, notice_id):
            return
        [(notice, notice.request, asked, notice.user, notice.tenant, starter)] = found
        notice.request.started_by = starter if starter.id else None
        if notice.status != NoticeStatus.WAITING:
            return
        if asked.id and notice.request.is_open:
            _send(notice, asked)
        else:
            notice.status = NoticeStatus.NOT_NEEDED
        update(notice, "status", "attempts", "error", "sent_at")


def _send(notice: Notice, asked: Assignment) -> None:
    notice.attempts += 1
    try:
        send_notice_mail(notice, asked)
    except (OSError, smtplib.SMTPException) as error:
        _not_sent(notice, error)
    else:
        notice.status, notice.sent_at, notice.error = NoticeStatus.SENT, now(), ""


def _not_sent(notice: Notice, error: Exception) -> None:
    notice.error = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    final = refused_for_good(error) or notice.attempts >= MOST_ATTEMPTS
    log.warning("notice not sent", notice=str(notice.id), error=notice.error, attempts=notice.attempts, final=final)
    if final:
        notice.status = NoticeStatus.FAILED
    else:
        wait = min(FIRST_WAIT * 4 ** (notice.attempts - 1), LONGEST_WAIT)
        ring(TOPIC, tenant_id=notice.tenant_id, subject_id=notice.id, due_at=now() + wait)


def refused_for_good(error: Exception) -> bool:
    """Whether the server said no to this message or address (5xx, RFC 5321 §4.2.1); a refused sign-in may be mended."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500 and not isinstance(
        error, smtplib.SMTPAuthenticationError)
