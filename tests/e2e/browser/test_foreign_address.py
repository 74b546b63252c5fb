"""Another team's address, and one that never was, are the same page: nothing tells them apart."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.sync_api import Page, expect

from countersign.demo.team import set_up_team
from tests.e2e.browser.conftest import PASSWORD, assert_accessible
from tests.e2e.browser.gates import open_request


@pytest.fixture(scope="session")
def stranger(newsletter):
    """Somebody with a team of their own."""
    return set_up_team(newsletter.team.url, newsletter.team.mailbox, name="Other", slug="other",
                       domain="other.example", password=PASSWORD, invited={}).admin


def said(page: Page, path: str) -> str:
    """What the page says, without what the address itself contributes."""
    page.goto(path)
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    main = page.locator("#content, main").first
    return re.sub(r"\s+", " ", main.inner_text())


def test_a_foreign_id_is_a_missing_one(open_browser, newsletter, stranger):
    request = open_request(newsletter.team, newsletter.workflow)
    page = open_browser(stranger)
    for place, foreign in (("approvals", request["id"]), ("runs", request["subject"]["id"]),
                           ("workflows", newsletter.workflow)):
        answers = {said(page, f"/t/other/{place}/{id}") for id in (foreign, str(uuid.uuid4()), "not-an-id")}
        assert len(answers) == 1, (place, answers)
    assert_accessible(page)


def test_a_foreign_team_is_a_missing_one(open_browser, newsletter, stranger):
    request = open_request(newsletter.team, newsletter.workflow)
    page = open_browser(stranger)
    path = f"approvals/{request['id']}"
    assert said(page, f"/t/{newsletter.slug}/{path}") == said(page, f"/t/no-such-team/{path}")
    assert_accessible(page)


def test_a_request_of_my_team_that_i_may_not_see_is_a_missing_one_too(open_browser, newsletter):
    """The right is on the workflow, not on the team."""
    team = newsletter.team
    more = set_up_team(team.url, team.mailbox, name="Acme", slug=team.slug, domain="acme.example", password=PASSWORD,
                       invited={"outsider": "editor"})
    request = open_request(team, newsletter.workflow)
    page = open_browser(more.people["outsider"])
    assert said(page, f"/t/acme/approvals/{request['id']}") == said(page, f"/t/acme/approvals/{uuid.uuid4()}")
