"""The gate: what may act needs a grant, and acts once (design §4.7, §5.1, §5.2)."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from django.db import DatabaseError

from countersign.logs import bound, get_logger
from toolserver.host.calls import Begun, Outcome, PlannedCall, answer
from toolserver.host.ledger import begin_call, settle_call
from toolserver.host.models import LedgerEntry
from toolserver.host.passing import pass_on
from toolserver.host.tenant_process import TenantProcess
from toolserver.host.threads import in_database

log = get_logger(__name__)

SECONDS_TO_SETTLE = 120  # longer than a database is away for a restart or a failover
SECONDS_TO_DRAIN = 3  # after the 5 that the server gives open requests


class Gate:
    """Flights are the guarded calls that this host has under way, by tenant and idempotency key.

    A flight is a task of its own: a caller that goes away does not end it, and a copy of the call joins it.
    """

    def __init__(self, holder: int) -> None:
        self.holder = holder
        self._flights: dict[tuple[UUID, str], tuple[tuple, asyncio.Task]] = {}

    async def call(self, process: TenantProcess, call: PlannedCall) -> dict[str, Any]:
        """The call's outcome as an MCP result. Raises what `begin_call` raises."""
        place = call.tenant_id, call.key
        while place in self._flights:
            fingerprint, flight = self._flights[place]
            if fingerprint == call.fingerprint:
                return await asyncio.shield(flight)
            await asyncio.wait([flight])
        flight = asyncio.create_task(self._fly(process, call))
        self._flights[place] = call.fingerprint, flight
        flight.add_done_callback(lambda _: self._flights.pop(place))
        return await asyncio.shield(flight)

    async def drain(self) -> None:
        """Wait for the calls under way, for a while: what is cut off is in doubt."""
        if flights := [flight for _, flight in self._flights.values()]:
            await asyncio.wait(flights, timeout=SECONDS_TO_DRAIN)

    async def _fly(self, process: TenantProcess, call: PlannedCall) -> dict[str, Any]:
        process.users += 1
        try:
            with bound(tenant=str(call.tenant_id), run=str(call.run_id), tool=call.tool.name):
                begun = await in_database(begin_call, call, holder=self.holder)
                if isinstance(begun, Begun):
                    begun = await self._settle(call, begun, await pass_on(process, call, begun))
                return answer(begun, idempotent=call.tool.idempotent)
        finally:
            process.users -= 1

    async def _settle(self, call: PlannedCall, begun: Begun, outcome: Outcome) -> LedgerEntry:
        """Through a restart of the database, too: an outcome that is known must not end as one in doubt."""
        late = asyncio.get_running_loop().time() + SECONDS_TO_SETTLE
        while True:
            try:
                entry = await in_database(settle_call, call, begun, outcome, holder=self.holder)
            except DatabaseError as error:
                if asyncio.get_running_loop().time() > late:
                    raise
                log.warning("outcome not written yet", entry=str(begun.entry_id), detail=type(error).__name__)
                await asyncio.sleep(0.3)
            else:
                log.info("tool call", entry=str(entry.id), outcome=entry.state, code=entry.code, attempt=entry.attempts)
                return entry
