"""A team that is ready to work, set up over the public API: people, role, mail credential, newsletter workflow.

Every step looks first and does only what is missing, so a set-up that was broken off is finished by the next one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from countersign.demo.client import Person, Refused
from countersign.embedded.mailbox import Mailbox

ROLE = "Editor"
INVITATION = re.compile(r"/invitations?/([A-Za-z0-9_-]{20,})")


@dataclass
class Team:
    url: str
    slug: str
    mailbox: Mailbox
    people: dict[str, Person]

    @property
    def path(self) -> str:
        return f"tenants/{self.slug}"

    @property
    def admin(self) -> Person:
        return self.people["admin"]

    @property
    def editor(self) -> Person:
        return self.people["editor"]


def set_up_team(url: str, mailbox: Mailbox, *, name: str, slug: str, domain: str, password: str,
                invited: dict[str, str]) -> Team:
    """A tenant owned by `admin@domain`; `invited` maps a person to the membership role they are invited with."""
    team = Team(url, slug, mailbox, {})
    for who in ("admin", *invited):
        person = team.people[who] = Person(url, f"{who}@{domain}", password)
        if not person.sign_in():
            person.sign_up(mailbox)
    if slug not in {t["slug"] for t in team.admin.all("tenants/")}:
        team.admin.post("tenants/", {"name": name, "slug": slug})
    for who, role in invited.items():
        _invite(team, team.people[who], role)
    return team


def _invite(team: Team, person: Person, role: str) -> None:
    if team.slug in {t["slug"] for t in person.all("tenants/")}:
        return
    seen = len(team.mailbox.received)
    team.admin.post(f"{team.path}/invitations/", {"email": person.email, "role": role})
    mail = team.mailbox.wait_for(lambda m: person.email in m.recipients and bool(INVITATION.search(m.text)), after=seen)
    person.post("invitations/accept/", {"token": INVITATION.search(mail.text).group(1)})


def give_role(team: Team, holders: list[Person]) -> str:
    """The approver role's id; `holders` have it."""
    roles = {r["name"]: r for r in team.admin.all(f"{team.path}/roles/")}
    role = roles.get(ROLE) or team.admin.post(f"{team.path}/roles/", {"name": ROLE})
    members = member_ids(team)
    held = {m["email"] for m in team.admin.all(f"{team.path}/roles/{role['id']}/members/")}
    for person in holders:
        if person.email not in held:
            team.admin.post(f"{team.path}/roles/{role['id']}/members/", {"user": members[person.email]})
    return role["id"]


def member_ids(team: Team) -> dict[str, str]:
    """User ids by e-mail address."""
    return {m["email"]: m["user"] for m in team.admin.all(f"{team.path}/members/")}


def add_mail_credential(team: Team) -> None:
    """The team's tool server sends through the loopback mailbox."""
    secret = {"host": "127.0.0.1", "port": team.mailbox.port, "tls": "none",
              "from": f"Newsletter <newsletter@{team.slug}.example>"}
    if "mail" not in {c["name"] for c in team.admin.all(f"{team.path}/credentials/")}:
        team.admin.post(f"{team.path}/credentials/", {"name": "mail", "kind": "smtp", "secret": secret})


def publish_newsletter(team: Team, role: str) -> str:
    """The workflow's id: the gallery's newsletter, published, which `role` may decide on and a viewer may see."""
    workflows = {w["name"]: w for w in team.admin.all(f"{team.path}/workflows/")}
    workflow = workflows.get("Newsletter") or team.admin.post(f"{team.path}/workflows/", {"gallery": "newsletter"})
    path = f"{team.path}/workflows/{workflow['id']}"
    team.admin.call("PUT", f"{path}/permissions/", {"role": role, "actions": ["view", "run", "decide"]})
    if viewer := team.people.get("viewer"):
        seen_by = member_ids(team)[viewer.email]
        team.admin.call("PUT", f"{path}/permissions/", {"user": seen_by, "actions": ["view"]})
    version = next(iter(team.admin.all(f"{path}/versions/")))
    if version["status"] == "draft":
        publish(team, f"{path}/versions/{version['number']}/")
    return workflow["id"]


def publish(team: Team, version: str, *, tries: int = 4) -> None:
    """Where a machine is busy, the team's first tool process may take longer to load than web waits for it."""
    for left in reversed(range(tries)):
        try:
            team.admin.post(f"{version}publish/")
            return
        except Refused as refusal:
            if refusal.status != 503 or not left:
                raise


def start_newsletter(team: Team, workflow: str, documents: list[dict[str, str]], recipients: list[str]) -> str:
    """The run's id. The documents go by value; the recipients get one message together."""
    run = team.editor.post(f"{team.path}/runs/", {"workflow": workflow, "input": {
        "title": "What is new this month", "documents": documents, "recipients": recipients}})
    return run["id"]

