"""Bodies of ten megabytes: taken where they fit, refused by name where they don't, and not kept many times over."""

from __future__ import annotations

import json
import tracemalloc

import pytest

from tenants.models import Replay
from tests.workflow_stage import signed_in_as, spec
from workflows.models import Run
from workflows.services.run_text import INPUT_BYTES

pytestmark = pytest.mark.django_db(transaction=True)
TEXTS = {"type": "object", "required": ["documents"], "properties": {
    "title": {"type": "string"}, "recipients": {"type": "array", "items": {"type": "string"}},
    "documents": {"type": "array", "items": {"type": "object", "required": ["name", "text"], "properties": {
        "name": {"type": "string"}, "text": {"type": "string"}}}}}}


@pytest.fixture
def start(stage, api):
    """Starts a run on documents of about so many bytes, all in all."""
    from approvals.services import set_permission
    from tenants.audit import Actor

    stage.publish(spec(input=TEXTS))
    with signed_in_as("web"):
        with stage.context():
            set_permission(stage.template.scope, stage.editor, ["view", "run"], Actor.of(stage.editor))
        client = api(stage.editor)

        def send(size: int, key: str = "", **more):
            text = "It rained for three days and the river rose. " * (size // 10 // 45)
            documents = [{"name": f"{n}.md", "text": text} for n in range(10)]
            body = {"workflow": str(stage.template.id), "input": {"title": "March", "recipients": ["a@example.org"],
                                                                  "documents": documents, **more}}
            return client.post(f"/api/v1/tenants/{stage.tenant.slug}/runs/", json.dumps(body),
                               content_type="application/json", headers={"Idempotency-Key": key} if key else {})

        yield send


def test_ten_megabytes_of_sources_start_a_run_and_are_held_a_few_times_at_most(stage, start):
    size = INPUT_BYTES - 100_000
    start(1000)
    tracemalloc.start()
    try:
        answer = start(size)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert answer.status_code == 201
    assert most < 12 * size
    with stage.context():
        kept = Run.objects.get(id=answer.json()["id"]).input["documents"]
    assert sum(len(document["text"]) for document in kept) > size - 1000


def test_a_large_answer_is_not_kept_beside_the_run_and_a_repeat_reads_the_run_again(stage, start):
    first = start(1_000_000, key="k")
    again = start(1_000_000, key="k")
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again["Idempotency-Replayed"], again["Location"]) == ("true", first["Location"])
    assert again.json() == first.json(), "nothing has happened to it since"
    with stage.context():
        assert Run.objects.count() == 1
        assert Replay.objects.get().body is None
        Run.objects.update(title="Renamed meanwhile")
    assert start(1_000_000, key="k").json()["title"] == "Renamed meanwhile"


def test_more_than_a_run_takes_is_refused_with_the_limit_named(start):
    refused = start(INPUT_BYTES + 100_000)
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
    assert "10 MB" in refused.json()["detail"]


def test_numbers_and_keys_without_end_are_no_failure_of_ours(start):
    many = {f"key-{n}": n for n in range(50_000)}
    assert start(100, title="March", extra=many).status_code in (201, 422)
    assert start(100, extra=[10**4000]).status_code in (201, 400, 422)
    assert start(100, extra=1e308).status_code in (201, 422)
