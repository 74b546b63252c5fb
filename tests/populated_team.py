"""A team with one of everything that a route can name, for tests that walk all routes."""

from __future__ import annotations

import uuid

from django.conf import settings

from approvals.policies import Policy, policy_hash, resolve_policy
from approvals.services.requests import Subject, open_request
from approvals.services.roles import add_role_member, create_role
from countersign.artifacts import RunFolder
from countersign.database.context import tenant_context
from tenants.audit import Actor
from tenants.models import ApiToken, Membership, MembershipRole, Tenant
from tenants.services.invitations import invite
from toolserver.host.models import Credential, LedgerEntry, ModelAlias
from workflows.gallery import gallery
from workflows.models import Run
from workflows.services.templates import create_template
from workflows.spec.document import Limits

CALL = {"id": "send", "tool": "email.send", "schema_hash": "sha256:x", "arguments": {"to": ["a@readers.example"]}}


class Populated:
    """`things` are their ids, by the first word of the route or the parameter's name."""

    def __init__(self, slug: str, make_member, as_role) -> None:
        self.tenant = Tenant.objects.create(slug=slug, name=slug.title())
        self.owner = make_member(self.tenant, f"owner@{slug}.example", "owner")
        actor = Actor.of(self.owner)
        with tenant_context(self.tenant.id, user_id=self.owner.id), as_role("owner"):
            membership = Membership.objects.get(user=self.owner)
            role = create_role(name="Editor", actor=actor)
            add_role_member(role=role, user=self.owner, actor=actor)
            template = create_template(name="Newsletter", spec=gallery()["newsletter"].spec, by=self.owner, actor=actor)
            version = template.versions.get()
            run = Run.objects.create(template=template, version=version, title="One", started_by=self.owner,
                                     limits=Limits().model_dump())
            policy = resolve_policy(Policy.model_validate({"stages": [{"rules": [{"role": "Editor", "count": 1}]}]}))
            request = open_request(
                scope=template.scope, subject=Subject("run", run.id), gate="gate", revision=1, title="One",
                plan={"version": str(version.id), "policy_hash": policy_hash(policy), "calls": [CALL]}, policy=policy,
                shown={"draft": "# One", "format": "markdown", "verdict": None, "objections": [], "notes": []},
                started_by=self.owner.id, authors=[])
            entry = LedgerEntry.objects.create(
                idempotency_key="k", grant_id=uuid.uuid4(), request_id=request.id, call_id="send", run_id=run.id,
                tool="email.send", arguments={}, arguments_hash="x", holder=1)
            self.things = {
                "roles": role.id, "user": self.owner.id, "workflows": template.id, "number": version.number,
                "call": CALL["id"],
                "runs": run.id, "approvals": request.id, "tool-calls": entry.id, "name": "newsletter.md",
                "members": membership.id, "member": self.owner.id,
                "invitations": invite(email="x@example.org", role=MembershipRole.EDITOR, by=membership, actor=actor).id,
                "tokens": ApiToken.objects.create(user=self.owner, created_by=self.owner, name="t", hint="cs_",
                                                  scopes=[], token_hash=uuid.uuid4().hex * 2).id,
                "credentials": Credential.objects.create(name="mail", kind="smtp", sealed=b"box").id,
                "alias": ModelAlias.objects.create(alias=f"alias-of-{slug}", providers=[]).alias,
            }
        self.things = {key: str(value) for key, value in self.things.items()}
        RunFolder(settings.ARTIFACTS_DIR, tenant=self.tenant.id, run=run.id).write("newsletter.md", b"# One")
