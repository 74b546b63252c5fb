"""The API keeps to its own document, whatever is sent: Schemathesis makes requests up, right ones and wrong ones.

They come from the team's owner and name things that are there, so that they reach what lies behind the first checks.
Each is undone before the next: what one deletes is there again.
"""

from __future__ import annotations

import copy
from functools import cache

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, transaction
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.contracts.test_routes import LEAST_ROLE, OPEN_TO_EVERYBODY, PERSONAL, PREFIX, TENANT, ids_for

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue")]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
          response_schema_conformance, negative_data_rejection]
REFUSALS = ["400", "404", "409", "412", "413", "415", "422"]
#: It goes on as long as the run does; tests/workflows/test_run_stream.py looks at what comes.
ENDLESS = {("GET", TENANT + "runs/{id}/events/stream/")}
OPERATIONS = sorted(
    ({(method, TENANT + path) for method, path in LEAST_ROLE} | PERSONAL | OPEN_TO_EVERYBODY) - ENDLESS)
SHORT, LONG = 4, 100


@cache
def document():
    config = SchemathesisConfig.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}})
    described = copy.deepcopy(SchemaGenerator().get_schema(request=None, public=True))
    for item in described["paths"].values():
        for operation in item.values():
            operation.pop("security", None)  # who asks is no matter of chance: it would be answered 401
            operation["parameters"] = [  # nor is what was read: it would be answered 412
                named for named in operation.get("parameters", []) if named["name"] != "If-Match"]
    loaded = schemathesis.openapi.from_dict(described, config=config)
    loaded.app = get_wsgi_application()
    return loaded


def subjects() -> list[str]:
    """Operations by what they are about, so that one team serves several."""
    return sorted({path.removeprefix(TENANT).split("/")[0] for _, path in OPERATIONS})


@pytest.fixture
def owner(ours, api, monkeypatch):
    monkeypatch.setattr("toolserver.host.client.HostClient.public_key", lambda self: bytes(range(32)))
    monkeypatch.setattr("toolserver.host.client.HostClient.test", lambda self, body: 
                        {"ok": True, "seconds": 0.1, "providers": []})
    connection.check_constraints()  # what the database does at a commit: the audit chain's links
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)  # as Django's own client does: it is the test's connection
    yield api(ours.owner).session.session_key
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def fuzz(subject: str, ours, session: str, examples: int) -> None:
    for method, path in OPERATIONS:
        if path.removeprefix(TENANT).split("/")[0] == subject:
            ids = {**ids_for((method, path.removeprefix(TENANT)), ours.things), "slug": "ours"}
            for mode in GenerationMode:
                _fuzz_one(document()[PREFIX + path][method], mode, ids, session, examples)


def _fuzz_one(operation, mode, ids: dict[str, str], session: str, examples: int) -> None:
    names = {parameter.name for parameter in operation.path_parameters}
    cases = operation.as_strategy(generation_mode=mode, path_parameters={name: ids[name] for name in names})

    @hypothesis_settings(max_examples=examples, derandomize=True, database=None, deadline=None, print_blob=False,
                         suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate])
    @given(case=cases)
    def holds(case):
        with transaction.atomic():
            case.call_and_validate(checks=CHECKS, headers={"X-Session-Token": session})
            transaction.set_rollback(True)

    try:
        holds()
    except Unsatisfiable:
        assert mode == GenerationMode.NEGATIVE, "nothing right can be made up"
        assert not operation.body, "nothing wrong can be made up"


@pytest.mark.parametrize("subject", subjects())
def test_no_request_is_answered_otherwise_than_documented(ours, owner, subject):
    fuzz(subject, ours, owner, SHORT)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("subject", subjects())
def test_nor_of_many_more_requests(ours, owner, subject):
    fuzz(subject, ours, owner, LONG)


def test_every_operation_says_how_it_may_fail():
    described = SchemaGenerator().get_schema(request=None, public=True)
    for path, item in described["paths"].items():
        for method, operation in item.items():
            answers = set(operation["responses"])
            assert {"401", "403", "422", "429", "431", "503"} <= answers, (method, path)
            assert method == "get" or {"400", "408", "413"} <= answers, (method, path)
            assert "default" not in answers, "which would make every answer a documented one"
            conditional = any(named["name"] == "If-Match" for named in operation.get("parameters", []))
            assert ("412" in answers) == conditional, (method, path)
    assert "Problem412" in described["components"]["responses"]
