"""The inbox among 50,000 open requests, and as many closed ones, touches an index and a handful of rows."""

from __future__ import annotations

import json

import pytest
from django.db import connection

from approvals.models import ApprovalRequest
from approvals.queries import inbox, visible_requests

pytestmark = pytest.mark.django_db
MANY = 50_000

REQUESTS = """
INSERT INTO approvals_approvalrequest (id, tenant_id, scope_id, subject_type, subject_id, gate, revision, title, plan,
    plan_hash, tools, policy, policy_hash, shown, status, lacking, authors, opened_at)
SELECT uuidv7(), tenant_id, scope_id, 'run', uuidv7(), 'gate', 1, 'Request ' || n, plan, plan_hash, tools, policy,
    policy_hash, shown, CASE WHEN n %% 2 = 0 THEN 'open' ELSE 'approved' END, '[]', '{}', opened_at
FROM approvals_approvalrequest, generate_series(1, %s) n WHERE id = %s"""

ASSIGNMENTS = """
INSERT INTO approvals_assignment (id, tenant_id, request_id, user_id, roles, open, created_at)
SELECT uuidv7(), tenant_id, id, %s, '{}', status = 'open', opened_at FROM approvals_approvalrequest
WHERE id <> %s AND (%s OR right(id::text, 2) = '00')"""


@pytest.fixture
def crowd(team, editor):
    """Somebody who is asked for all of it, and an editor who is asked for one in 256."""
    busy = team.person("busy", "Editor")
    request = team.open()
    with team.as_role("owner"), team.context(), connection.cursor() as cursor:
        cursor.execute(REQUESTS, [2 * MANY, request.id])
        for user, everything in ((busy, True), (editor, False)):
            cursor.execute(ASSIGNMENTS, [user.id, request.id, everything])
        cursor.execute("ANALYZE approvals_approvalrequest, approvals_assignment")
    return busy


def buffers(queryset) -> tuple[int, dict]:
    """Blocks that the first page touches, and the plan."""
    plan = json.loads(queryset.explain(format="json", analyze=True, buffers=True))[0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], plan


def test_a_page_touches_what_it_shows(team, editor, crowd):
    owner = team.person("owner", membership="owner")
    with team.context():
        assert ApprovalRequest.objects.filter(status="open").count() == MANY + 1
        pages = {
            "all mine": inbox(crowd),
            "few mine": inbox(editor),
            "mine, by status too": inbox(crowd).filter(status="open"),
            "an owner's": visible_requests(owner).filter(status="open"),
        }
        for name, page in pages.items():
            touched, plan = buffers(page.order_by("-id")[:51])
            assert "approvals_approvalrequest" not in scanned(plan), name
            assert "approvals_assignment" not in scanned(plan), name
            assert touched < 800, (name, touched)


def scanned(plan: dict) -> set[str]:
    """Tables that are read from end to end."""
    below = {table for part in plan.get("Plans", []) for table in scanned(part)}
    return below | ({plan["Relation Name"]} if plan["Node Type"] == "Seq Scan" else set())
