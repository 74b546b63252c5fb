"""The e-mail that asks somebody to decide. Its link opens a page; opening it decides nothing."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage

from approvals.models import ApprovalRequest, Assignment, Notice
from approvals.policies import ResolvedPolicy

TEXT = """Hello,

“{title}” in {team} waits for your decision, as {roles}.

{asker}
{releases}

Read it and decide here:

    {link}

Opening this link decides nothing: you approve, request changes or reject on the page.{until}
"""


def send_notice_mail(notice: Notice, asked: Assignment) -> None:
    """Raises OSError or SMTPException when the mail server did not take it."""
    EmailMessage(
        f"Waits for your decision: {notice.request.title}", _text(notice, asked), to=[notice.user.email],
        headers={"Message-ID": f"<notice.{notice.id}@countersign>", "Auto-Submitted": "auto-generated"}).send()


def _text(notice: Notice, asked: Assignment) -> str:
    request, tenant = notice.request, notice.tenant
    return TEXT.format(title=request.title, team=" ".join(tenant.name.split()), roles=_roles(request, asked),
                       asker=_asker(request), releases=_releases(request), until=_until(request),
                       link=f"{settings.PUBLIC_URL}/t/{tenant.slug}/approvals/{request.id}")


def _roles(request: ApprovalRequest, asked: Assignment) -> str:
    names = [rule.role for rule in ResolvedPolicy.model_validate(request.policy).rules if rule.role_id in asked.roles]
    return " or ".join(names)


def _asker(request: ApprovalRequest) -> str:
    asked = f"{request.started_by} asked for it" if request.started_by else "A trigger asked for it"
    return f"{asked}; this is revision {request.revision}, opened {request.opened_at:%d %B %Y, %H:%M} UTC."


def _releases(request: ApprovalRequest) -> str:
    if not request.tools:
        return "Approval releases nothing outside; the run goes on."
    calls = "1 tool call" if len(request.tools) == 1 else f"{len(request.tools)} tool calls"
    return f"Approval releases {calls}: {', '.join(request.tools)}."


def _until(request: ApprovalRequest) -> str:
    return f"\nIt can be decided until {request.expires_at:%d %B %Y, %H:%M} UTC." if request.expires_at else ""
