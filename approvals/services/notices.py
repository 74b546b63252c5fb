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
from countersign.database.statements import insert, load, update
from countersign.doorbells.services import answer, ring, ring_all
from countersign.logs import get_logger

log = get_logger(__name__)

TOPIC = "notice"
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
    ring_all(TOPIC, tenant_id=current_tenant(), subject_ids=[notice.id for notice in notices])


def deliver_notice(*, tenant_id: UUID, notice_id: UUID) -> None:
    """Send a notice's e-mail, if it is still promised and still wanted. Safe to repeat.

    A mail server that does not answer is tried again, ever later; an address that it refuses for good is not. A
    process killed between sending and noting it sends again under the same Message-ID.
    """
    with pipelined_context(tenant_id):
        notice = next(iter(load(Notice, "WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED", [notice_id])), None)
        if notice is None or not answer(TOPIC, notice_id) or notice.status != NoticeStatus.WAITING:
            return
        asked = _still_asked(notice)
        if asked is None:
            notice.status = NoticeStatus.NOT_NEEDED
        else:
            _send(notice, asked)
        update(notice, "status", "attempts", "error", "sent_at")


def _still_asked(notice: Notice) -> Assignment | None:
    """As what the person may decide; None when their decision is not waited for any more."""
    [notice.request] = load(ApprovalRequest, "WHERE id = %s", [notice.request_id])
    if not notice.request.is_open:
        return None
    return next(iter(load(Assignment, "WHERE request_id = %s AND user_id = %s AND open",
                          [notice.request_id, notice.user_id])), None)


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
