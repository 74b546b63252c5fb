"""The tenants' processes: started when first needed, told of changes, restarted when dead, retired when idle."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

from countersign.logs import get_logger
from toolserver.host import forkserver
from toolserver.host.configuration import tenant_configuration
from toolserver.host.errors import HostBusy
from toolserver.host.tenant_process import TenantProcess
from toolserver.host.threads import in_database

log = get_logger(__name__)

IDLE_SECONDS = 600
MOST_PROCESSES = 100


class ProcessPool:
    """One process a tenant, `most` at once. An async context manager: on exit every child has ended."""

    def __init__(self, *, most: int = MOST_PROCESSES, idle_seconds: float = IDLE_SECONDS) -> None:
        self.most = most
        self.idle_seconds = idle_seconds
        self.processes: dict[UUID, TenantProcess] = {}
        self._turns: defaultdict[UUID, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def __aenter__(self) -> ProcessPool:
        self._folder = Path(tempfile.mkdtemp(prefix="countersign-tools-"))
        await asyncio.to_thread(forkserver.warm_up)
        self._janitor = asyncio.create_task(self._retire_idle())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._janitor.cancel()
        await asyncio.gather(*(process.end() for process in self.processes.values()), return_exceptions=True)
        self.processes.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    @contextlib.asynccontextmanager
    async def use(self, tenant_id: UUID, version: int) -> AsyncIterator[TenantProcess]:
        """The tenant's process, knowing at least this version of its configuration; not retired while in use.

        Raises HostBusy, ProcessUnavailable.
        """
        process = self.processes.get(tenant_id)
        if process is None or not process.alive or process.version < version:
            async with self._turns[tenant_id]:  # single flight: whoever waited finds the work done
                process = await self._ready(tenant_id, version)
        process.users += 1
        try:
            yield process
        finally:
            process.users -= 1
            process.used_at = time.monotonic()

    async def _ready(self, tenant_id: UUID, version: int) -> TenantProcess:
        process = self.processes.get(tenant_id)
        if process is not None and process.alive:
            if process.version < version:
                process.users += 1
                try:
                    await process.configure(await in_database(tenant_configuration, tenant_id))
                finally:
                    process.users -= 1
            return process
        if process is not None:
            log.warning("tenant process died", tenant=str(tenant_id), pid=process.pid)
            await self._retire(process)
        return await self._start(tenant_id)

    async def _start(self, tenant_id: UUID) -> TenantProcess:
        await self._make_room()
        begun = time.monotonic()
        process = TenantProcess(tenant_id, self._folder / f"{secrets.token_hex(6)}.sock")
        self.processes[tenant_id] = process
        process.users += 1  # counted from now on, and nobody's to retire
        try:
            await process.start(in_database(tenant_configuration, tenant_id))
        except BaseException:
            await asyncio.shield(self._retire(process))
            raise
        finally:
            process.users -= 1
        log.info("tenant process started", tenant=str(tenant_id), pid=process.pid,
                 milliseconds=round((time.monotonic() - begun) * 1000))
        return process

    async def _make_room(self) -> None:
        while len(self.processes) >= self.most:
            idle = [process for process in self.processes.values() if not process.users]
            if not idle:
                raise HostBusy
            await self._retire(min(idle, key=lambda process: process.used_at))

    async def _retire(self, process: TenantProcess) -> None:
        if self.processes.get(process.tenant_id) is process:
            del self.processes[process.tenant_id]
        await process.end()

    async def _retire_idle(self) -> None:
        while True:
            await asyncio.sleep(min(self.idle_seconds / 4, 30))
            late = time.monotonic() - self.idle_seconds
            for process in [p for p in self.processes.values() if not p.users and p.used_at < late]:
                log.info("tenant process retired", tenant=str(process.tenant_id), pid=process.pid)
                await self._retire(process)

