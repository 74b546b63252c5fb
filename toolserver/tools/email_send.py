"""`email.send`: one message to all recipients, or to none."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from toolserver.tools.contract import CallContext, NotDone
from toolserver.tools.email_message import compose, message_id, plain_address, shown, split_sender
from toolserver.tools.smtp_session import SmtpCredential, deliver, signed_in

MAX_BYTES = 5 * 1024 * 1024

Recipient = Annotated[str, Field(max_length=320), AfterValidator(plain_address)]


class Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    to: list[Recipient] = Field(min_length=1, max_length=500, description="Every recipient's bare address.")
    subject: str = Field(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$", description="One line.")
    body: str = Field(min_length=1, max_length=MAX_BYTES, description="Markdown, or plain text.")
    html: str | None = Field(default=None, max_length=MAX_BYTES,
                             description="The HTML part, when it is not to be made of the body.")


class EmailSend:
    name = "email.send"
    title = "Send an e-mail"
    description = ("Sends one message to all recipients by the team's SMTP server. If any recipient is refused, "
                   "nothing is sent.")
    arguments = Arguments
    annotations = {"readOnlyHint": False, "destructiveHint": False, "idempotentHint": False, "openWorldHint": True}
    credential_kind = "smtp"

    def execute(self, arguments: Arguments, context: CallContext) -> dict[str, Any]:
        credential = _credential(context)
        _, content = _composed(arguments, credential, context)
        recipients = _recipients(arguments)
        with signed_in(credential) as client:
            deliver(client, sender=split_sender(credential.sender)[1], recipients=recipients, message=content,
                    context=context)
        return {"message_id": message_id(context.idempotency_key), "accepted": recipients}

    def preview(self, arguments: Arguments, context: CallContext) -> dict[str, Any]:
        message, _ = _composed(arguments, _credential(context), context)
        return {"email": shown(message)}


def _recipients(arguments: Arguments) -> list[str]:
    """Each once."""
    return list(dict.fromkeys(arguments.to))


def _composed(arguments: Arguments, credential: SmtpCredential, context: CallContext) -> tuple[EmailMessage, bytes]:
    """The one message that is shown beforehand and sent, and its bytes. Raises NotDone."""
    try:
        message = compose(sender=credential.sender, to=_recipients(arguments), subject=arguments.subject,
                          body=arguments.body, html=arguments.html, key=context.idempotency_key)
        return message, message.as_bytes()
    except (ValueError, UnicodeError) as error:
        raise NotDone(f"The message could not be made: {error}", code="message_invalid") from error


def _credential(context: CallContext) -> SmtpCredential:
    try:
        return SmtpCredential.model_validate(context.credential("smtp"))
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors(include_input=False))
        raise NotDone(f"The team's SMTP credential is incomplete ({wrong}). Enter it again.",
                      code="credential_incomplete") from None
