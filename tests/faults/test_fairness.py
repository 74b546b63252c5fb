"""The bench `fairness` at full size, 1,000 queued runs, 200 in slow model calls, 1,000 at gates: its aims are met."""

from __future__ import annotations

import pytest

from tests.bench.bench_fairness import AIM_CONNECTIONS
from tests.bench.frame import measure, table


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_a_thousand_queued_two_hundred_waiting_a_thousand_at_gates(django_db_blocker, capsys):
    with django_db_blocker.unblock():
        rows = measure(["fairness"])
    with capsys.disabled():
        print(f"\n{table(rows)}")
    value = {row.name: row.value for row in rows}
    assert [row.name for row in rows if row.missed] == []
    aimed = {row.name for row in rows if row.aim}
    assert aimed == {"other_tenant_delay_s", "waiting_200_memory_mb", "waiting_200_connections",
                     "waiting_200_other_run_s"}
    assert value["at_gates_1000_connections"] <= AIM_CONNECTIONS
    assert value["at_gates_1000_threads"] < 40, "threads of the process itself, and none of a run"
