"""What a secret of each kind must say. Faults name the field and never repeat its value."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Annotated, Any, Literal

from django.core.exceptions import ValidationError as NotAnAddress
from django.core.validators import validate_email
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from countersign.errors import Invalid, field_fault
from toolserver.host.models import CredentialKind

ONE_LINE = r"^[^\x00-\x1f\x7f]*$"
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=ONE_LINE)]
Key = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000, pattern=ONE_LINE)]


def _address(text: str) -> str:
    try:
        validate_email(parseaddr(text)[1])
    except NotAnAddress as error:
        raise ValueError("This is no e-mail address, with or without a name before it.") from error
    return text


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class SmtpSecret(_Strict):
    host: Annotated[Line, Field(min_length=1, max_length=253)]
    port: int = Field(ge=1, le=65535)
    username: Line = ""
    password: str = Field("", max_length=8000)
    tls: Literal["none", "starttls", "tls"] = "starttls"
    sender: Annotated[Line, AfterValidator(_address)] = Field(alias="from")


class ModelKeySecret(_Strict):
    api_key: Key


KINDS: dict[CredentialKind, type[BaseModel]] = {
    CredentialKind.SMTP: SmtpSecret,
    CredentialKind.MODEL_KEY: ModelKeySecret,
}


def checked_secret(kind: str, secret: Any) -> dict[str, Any]:
    """The secret as the tenant's process expects it. Raises Invalid with a fault for each field `secret.<name>`."""
    try:
        return KINDS[CredentialKind(kind)].model_validate(secret).model_dump(by_alias=True)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_context=False, include_url=False)
        raise Invalid(fields=[field_fault(".".join(map(str, ("secret", *fault["loc"]))), fault["type"], fault["msg"])
                              for fault in faults]) from None
