"""`$result` references: a later call takes an earlier one's outcome, from the ledger and nowhere else."""

import pytest

from approvals.models import Grant
from countersign.database.context import tenant_context

FIRST = {"name": "letter.md", "content": "Hello"}


def referring(*path, call="publish"):
    return {"name": "index.md", "content": {"$result": {"call": call, "path": list(path)}}}


@pytest.fixture
def unused(team):
    def check(call: str) -> bool:
        with tenant_context(team.tenant.id):
            return Grant.objects.get(call_id=call).consumed_at is None

    return check


def test_a_reference_is_replaced_by_the_recorded_result(team, worker, planned, host):
    second = referring("sha256")
    approved = team.approve([planned(), planned("index", arguments=second)])
    first = worker.call("files.write", FIRST, approved.meta("publish"))["result"]
    answer = worker.call("files.write", second, approved.meta("index"))["result"]
    assert answer["_meta"]["countersign/outcome"] == "done"
    folder = host.artifacts / str(team.tenant.id) / str(team.run)
    assert (folder / "index.md").read_text() == first["structuredContent"]["sha256"]
    assert team.entries()[1].arguments == second


def test_a_reference_to_a_call_that_is_not_done_uses_nothing_up(team, worker, planned, unused):
    second = referring("sha256")
    approved = team.approve([planned(), planned("index", arguments=second)])
    answer = worker.call("files.write", second, approved.meta("index"))
    assert answer["error"]["data"]["code"] == "result_missing"
    assert unused("index")
    assert not team.entries()


@pytest.mark.parametrize("path", [["none"], ["sha256", "deeper"], [0], ["name", 99], "sha256"])
def test_a_path_that_leads_nowhere(team, worker, planned, unused, path):
    second = {"name": "index.md", "content": {"$result": {"call": "publish", "path": path}}}
    approved = team.approve([planned(), planned("index", arguments=second)])
    worker.call("files.write", FIRST, approved.meta("publish"))
    answer = worker.call("files.write", second, approved.meta("index"))
    assert answer["error"]["data"]["code"] == "result_missing"
    assert unused("index")


def test_another_requests_results_are_out_of_reach(team, worker, planned):
    first = team.approve([planned()])
    worker.call("files.write", FIRST, first.meta("publish"))
    second = referring("sha256")
    other = team.approve([planned("index", arguments=second)], gate="another")
    assert worker.call("files.write", second, other.meta("index"))["error"]["data"]["code"] == "result_missing"


def test_a_callers_own_results_count_for_nothing(team, worker, planned):
    second = referring("sha256")
    approved = team.approve([planned(), planned("index", arguments=second)])
    worker.call("files.write", FIRST, approved.meta("publish"))
    meta = approved.meta("index", **{"countersign/results": {"publish": {"sha256": "mine"}},
                                     "countersign/approved_arguments": FIRST})
    answer = worker.call("files.write", second, meta)["result"]
    assert answer["structuredContent"]["size"] == 64


def test_substituted_arguments_cannot_be_sent_in_place_of_the_approved_ones(team, worker, planned):
    second = referring("sha256")
    approved = team.approve([planned(), planned("index", arguments=second)])
    first = worker.call("files.write", FIRST, approved.meta("publish"))["result"]
    sent = {"name": "index.md", "content": first["structuredContent"]["sha256"]}
    assert worker.call("files.write", sent, approved.meta("index"))["error"]["data"]["code"] == "grant_arguments_differ"
