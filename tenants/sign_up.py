from __future__ import annotations

from django import forms
from django.contrib.auth import get_user_model, password_validation
from django.core.validators import RegexValidator

ONE_LINE = RegexValidator(r"\A[^\x00-\x1f\x7f]+\Z", "One line, without control characters.")


class SignUpForm(forms.Form):
    """What sign-up takes beside e-mail and password. allauth mixes it into its own form."""

    name = forms.CharField(max_length=120, required=False, validators=[ONE_LINE])

    def clean(self) -> dict:
        """Compare the password with the person, whom allauth's own check doesn't know yet."""
        cleaned = super().clean() or self.cleaned_data
        person = get_user_model()(email=cleaned.get("email", ""), name=cleaned.get("name", ""))
        if password := cleaned.get("password"):
            try:
                password_validation.validate_password(password, person)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return cleaned

    def signup(self, request, user) -> None:
        if name := self.cleaned_data.get("name"):
            user.name = name
            user.save(update_fields=["name"])
