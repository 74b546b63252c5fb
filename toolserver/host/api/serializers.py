"""What goes in and out. A secret only ever goes in."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.validators import RegexValidator
from rest_framework import serializers

from toolserver.host.models import Credential, CredentialKind, LedgerEntry, LedgerResolution, ModelAlias

NAME = RegexValidator(r"\A[A-Za-z0-9][A-Za-z0-9._ -]{0,59}\Z",
                      "Up to 60 letters, digits, dots, dashes, underscores and spaces; a letter or digit first.")
ALIAS = RegexValidator(r"\A[a-z0-9][a-z0-9._-]{0,59}\Z",
                       "Up to 60 lower-case letters, digits, dots, dashes and underscores.")
MODEL = RegexValidator(r"\A[A-Za-z0-9_-]+/[^\s\x00-\x1f\x7f]+\Z", "As `openai/gpt-5`: the provider, then its model.")
PARAMETERS = {"temperature", "top_p", "max_tokens", "max_completion_tokens", "seed", "stop", "presence_penalty",
              "frequency_penalty", "reasoning_effort", "api_version", "num_ctx", "keep_alive", "timeout"}


class CredentialSerializer(serializers.ModelSerializer):
    created_by = serializers.CharField(source="created_by.email", default=None, allow_null=True)

    class Meta:
        model = Credential
        fields = ["id", "name", "kind", "version", "created_by", "created_at", "rotated_at", "last_used_at"]
        extra_kwargs = {"last_used_at": {"help_text": "To within a minute."}}


class SecretField(serializers.DictField):
    """`smtp`: host, port, username, password, tls (none, starttls, tls), from. `model_key`: api_key."""

    def __init__(self, **options) -> None:
        super().__init__(write_only=True, help_text=self.__doc__, **options)


class NewCredential(serializers.Serializer):
    name = serializers.CharField(max_length=60, validators=[NAME])
    kind = serializers.ChoiceField(CredentialKind.choices)
    secret = SecretField()


class Rotation(serializers.Serializer):
    secret = SecretField()


class ProviderSerializer(serializers.Serializer):
    model = serializers.CharField(max_length=200, validators=[MODEL])
    credential = serializers.CharField(max_length=60, allow_null=True, default=None,
                                       help_text="The name of a `model_key` credential.")
    api_base = serializers.URLField(max_length=500, allow_null=True, default=None,
                                    help_text="Where the provider is, when it is not where litellm looks for it.")
    params = serializers.DictField(default=dict, help_text=f"Any of: {', '.join(sorted(PARAMETERS))}.")

    def validate_api_base(self, url: str | None) -> str | None:
        if url and not url.startswith(("http://", "https://")):
            raise serializers.ValidationError("An http:// or https:// address.", code="invalid")
        if url and ("@" in urlsplit(url).netloc or urlsplit(url).query or urlsplit(url).fragment):
            raise serializers.ValidationError("No name, password or query in it: a key belongs into a credential.",
                                              code="secret_in_address")
        return url

    def validate_params(self, params: dict) -> dict:
        """A closed list: a key put here in the clear would be no secret any more."""
        if unknown := sorted(set(params) - PARAMETERS):
            raise serializers.ValidationError(f"Not a parameter here: {', '.join(unknown)[:200]}.", code="unknown")
        if any(isinstance(value, dict) for value in params.values()):
            raise serializers.ValidationError("Parameters are plain values.", code="invalid")
        return params


class AliasProviders(serializers.Serializer):
    providers = ProviderSerializer(many=True, min_length=1, max_length=10, help_text="Tried in this order.")


class NewAlias(AliasProviders):
    alias = serializers.CharField(max_length=60, validators=[ALIAS])

    def validate_alias(self, alias: str) -> str:
        if alias.startswith("offline"):
            raise serializers.ValidationError("Names that begin with `offline` are taken.", code="reserved")
        return alias


class AliasSerializer(serializers.ModelSerializer):
    providers = ProviderSerializer(many=True)

    class Meta:
        model = ModelAlias
        fields = ["id", "alias", "providers", "created_at", "updated_at"]


class ListedModel(serializers.Serializer):
    """`offline` models need no key and no network. `providers` are those of the team's own aliases."""

    alias = serializers.CharField()
    label = serializers.CharField()
    offline = serializers.BooleanField()
    built_in = serializers.BooleanField()
    providers = ProviderSerializer(many=True)


class ProviderTrial(serializers.Serializer):
    model = serializers.CharField()
    ok = serializers.BooleanField()
    code = serializers.CharField(required=False)
    detail = serializers.CharField(required=False)


class Trial(serializers.Serializer):
    """`ok` only when each provider really answered; else `code` and `detail` say what the first broken one said."""

    ok = serializers.BooleanField()
    code = serializers.CharField(required=False)
    detail = serializers.CharField(required=False)
    seconds = serializers.FloatField()
    providers = ProviderTrial(many=True)


class ListedTool(serializers.Serializer):
    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    schema_hash = serializers.CharField(help_text="What an approval is bound to; it changes when the tool does.")
    read_only = serializers.BooleanField(help_text="Whatever is not needs a grant.")
    idempotent = serializers.BooleanField()
    credential_kind = serializers.CharField(allow_null=True)
    input_schema = serializers.DictField()


class PreviewedEmail(serializers.Serializer):
    """The message as its receivers will read it, composed by the code that sends it."""

    sender = serializers.CharField(help_text="By the team's mail credential as it is now; no part of what is approved.")
    to = serializers.ListField(child=serializers.CharField(), help_text="Each address once, as it will be used.")
    subject = serializers.CharField()
    message_id = serializers.CharField()
    text = serializers.CharField(help_text="The plain-text part.")
    html = serializers.CharField(help_text="The HTML part.")


class CallPreview(serializers.Serializer):
    """`ok` only when there is something to show; else `code` and `detail` say what stands in the way."""

    ok = serializers.BooleanField()
    code = serializers.CharField(required=False)
    detail = serializers.CharField(required=False)
    email = PreviewedEmail(required=False)


class ResolutionSerializer(serializers.ModelSerializer):
    created_by = serializers.CharField(source="created_by.email", default=None, allow_null=True)

    class Meta:
        model = LedgerResolution
        fields = ["attempt", "happened", "note", "created_by", "created_at"]


class ToolCallSerializer(serializers.ModelSerializer):
    run = serializers.UUIDField(source="run_id")
    request = serializers.UUIDField(source="request_id")
    grant = serializers.UUIDField(source="grant_id")
    call = serializers.CharField(source="call_id")
    resolutions = ResolutionSerializer(many=True)

    class Meta:
        model = LedgerEntry
        fields = ["id", "run", "request", "grant", "call", "tool", "state", "code", "detail", "attempts", "retryable",
                  "idempotency_key", "arguments", "arguments_hash", "result", "resolutions",
                  "created_at", "intent_at", "settled_at"]


class Resolution(serializers.Serializer):
    happened = serializers.BooleanField(help_text="Whether the call's effect took place.")
    note = serializers.CharField(max_length=2000, allow_blank=True, default="", help_text="How you know.")
