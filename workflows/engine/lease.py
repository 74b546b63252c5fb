"""Leases: who works on a run just now (design §4.2). Time is the database's, so that machines need not agree."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
from django.db import DatabaseError, connection
from psycopg import Connection
from psycopg.rows import DictRow

from countersign.database.statements import ask, tell
from countersign.errors import CountersignError
from countersign.logs import get_logger
from countersign.outages import said
from workflows.engine.pool import connect_alone

log = get_logger(__name__)

SECONDS = 5
RENEW_EVERY = 1.0
#: Seconds without a lease until the heart lets go of its connection.
RESTS_AFTER = 10.0
#: The database refuses what only a lease's holder may do: the functions workflows_hold_lease, workflows_release_lease.
STALE = "CS001"
#: How long whoever has the platform's work in hand waits for a lock: a tenant's slow change holds up only that tenant.
LOCK_PATIENCE = "250ms"
#: Claims without progress: the third is taken alone (`alone.py`), and quarantines a run that kills its process then.
MOST_CLAIMS = 3
#: A run that takes even its worker along then is quarantined all the same, in the end.
MOST_CLAIMS_AT_ALL = 10


class StaleLease(CountersignError):
    """Another worker holds this run now, or it was cancelled: whoever gets this stops, and writes nothing more."""

    code = "stale_lease"
    status = 409
    detail = "Another worker took this run over."


#: This process's presence, which its leases name; None in a process that shows none (see `database.presence`).
holder: int | None = None


@dataclass(eq=False)
class Lease:
    """Held until it is released, revoked, or silent for 5 s. `claims` counts claims since the last progress."""

    tenant: UUID
    run: UUID
    epoch: int
    token: str
    claims: int
    lost: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Raises StaleLease once the process knows that it lost the lease."""
        if self.lost.is_set():
            raise StaleLease


# One statement: what is due is answered only by whoever gets the lease. The token's epoch is known only here. Everybody
# locks outbox rows before the lease; those that another worker has its hands on stay, and are looked at after it.
_TAKE = """
    picked AS ({pick}),
    taken AS (
        INSERT INTO doorbells_lease AS lease (subject_id, tenant_id, epoch, expires_at, token_hash, claims, holder)
        SELECT subject_id, tenant_id, 1, clock_timestamp() + make_interval(secs => %(seconds)s),
               encode(sha256(convert_to('lease_' || subject_id || '.1' || %(secret)s::text, 'UTF8')), 'hex'), 1,
               %(holder)s::bigint
        FROM picked
        ON CONFLICT (subject_id) DO UPDATE SET
            epoch = lease.epoch + 1, claims = lease.claims + 1, expires_at = EXCLUDED.expires_at,
            holder = EXCLUDED.holder, token_hash = encode(sha256(convert_to(
                'lease_' || lease.subject_id || '.' || (lease.epoch + 1) || %(secret)s::text, 'UTF8')), 'hex')
        WHERE lease.expires_at IS NULL OR lease.expires_at <= clock_timestamp()
        RETURNING subject_id, epoch, claims),
    answered AS (
        DELETE FROM doorbells_outbox WHERE id IN (
            SELECT promised.id FROM doorbells_outbox AS promised JOIN taken USING (subject_id)
            WHERE promised.topic = %(topic)s FOR UPDATE OF promised SKIP LOCKED))
    SELECT tenant_id, subject_id, epoch, claims, {more} FROM picked LEFT JOIN taken USING (subject_id)"""

TAKE = "WITH " + _TAKE.format(more="false", pick="""
        SELECT tenant_id, subject_id FROM doorbells_outbox
        WHERE topic = %(topic)s AND subject_id = %(run)s AND tenant_id = %(tenant)s AND due_at <= clock_timestamp()
        LIMIT 1 FOR UPDATE SKIP LOCKED""")

# From tenant to tenant, each one step in the index `outbox_turn`, beginning after the one that had the last turn, until
# one has a run that nobody holds. Its oldest run: what has begun comes before what has not. A lease that a transaction
# has its hands on is left as well: its run would hold up everybody's.
TAKE_NEXT = "WITH RECURSIVE round (tenant_id, lap) AS (" + """
        SELECT %(after)s::uuid, 0
        UNION ALL
        SELECT following.tenant_id, following.lap FROM round, LATERAL (
            (SELECT tenant_id, greatest(round.lap, 1) AS lap FROM doorbells_outbox
             WHERE topic = %(topic)s AND rung_at IS NOT NULL AND tenant_id > round.tenant_id
                AND (round.lap < 2 OR tenant_id <= %(after)s)
             ORDER BY tenant_id LIMIT 1)
            UNION ALL
            (SELECT tenant_id, 2 FROM doorbells_outbox
             WHERE topic = %(topic)s AND rung_at IS NOT NULL AND tenant_id <= %(after)s AND round.lap < 2
             ORDER BY tenant_id LIMIT 1)
            LIMIT 1) AS following),
    """ + _TAKE.format(more="""
        EXISTS (SELECT FROM doorbells_outbox WHERE topic = %(topic)s AND rung_at IS NOT NULL
                AND subject_id <> picked.subject_id)""", pick="""
        SELECT oldest.tenant_id, oldest.subject_id FROM round, LATERAL (
            SELECT tenant_id, subject_id FROM doorbells_outbox AS promised
            WHERE topic = %(topic)s AND rung_at IS NOT NULL AND promised.tenant_id = round.tenant_id
                AND CASE (SELECT (lease.expires_at IS NULL OR lease.expires_at <= clock_timestamp())
                              AND (lease.claims < %(alone_from)s OR %(alone)s)
                          FROM doorbells_lease AS lease WHERE lease.subject_id = promised.subject_id)
                    WHEN true THEN (SELECT true FROM doorbells_lease AS lease
                                    WHERE lease.subject_id = promised.subject_id FOR UPDATE SKIP LOCKED)
                    WHEN false THEN false
                    ELSE true END
            ORDER BY subject_id LIMIT 1 FOR UPDATE OF promised SKIP LOCKED) AS oldest
        WHERE round.lap > 0 AND round.tenant_id <> ALL(%(passed_over)s::uuid[])
        LIMIT 1""")


def take(topic: str, tenant: UUID, run: UUID) -> Lease | None:
    """Answer what the outbox promises about the run, and take its lease, in the caller's transaction.

    None when nothing is due, or while another worker holds the lease: then the outbox keeps its row. Whoever takes it
    answers what is due later as well: what is left to do is looked at now, and promised again. Raises the epoch.
    """
    found = _take(TAKE, {"topic": topic, "run": run, "tenant": tenant})
    return found[1] if found else None


def take_next(topic: str, *, after: UUID, passed_over: Collection[UUID] = (),
              alone: bool = True) -> tuple[UUID, Lease | None, bool] | None:
    """`take` the run whose turn it is: the oldest one of the next tenant after this one that is not `passed_over`.

    Without `alone` those are left that must be taken alone. Returns its tenant, and whether more may wait; without a
    lease when another worker was faster. None when nothing waits.
    """
    return _take(TAKE_NEXT, {"topic": topic, "after": after, "passed_over": list(passed_over), "alone": alone,
                             "alone_from": MOST_CLAIMS - 1})


def _take(statement: str, parameters: dict[str, Any]) -> tuple[UUID, Lease | None, bool] | None:
    secret = f".{secrets.token_urlsafe(32)}"
    found = ask(statement, {**parameters, "seconds": SECONDS, "secret": secret, "holder": holder})
    for tenant, run, epoch, claims, more in found:
        if epoch is None:
            return tenant, None, more
        token = f"lease_{run}.{epoch}{secret}"
        return tenant, Lease(tenant=tenant, run=run, epoch=epoch, token=token, claims=claims), more
    return None


def hold_to_rest(lease: Lease, topic: str) -> None:
    """Before a run comes to rest, in the transaction that releases it: keep the lease locked until that ends, which a
    stale one fails, and drop what was promised while it was held, because it seemed lost: that would wake it without a
    person."""
    tell("""
        WITH dropped AS (DELETE FROM doorbells_outbox WHERE id IN (
            SELECT id FROM doorbells_outbox WHERE topic = %s AND subject_id = %s FOR UPDATE SKIP LOCKED) RETURNING id)
        SELECT workflows_hold_lease(%s, %s, false) FROM (SELECT count(*) FROM dropped) AS before""",
         [topic, lease.run, lease.run, lease.epoch])


@contextmanager
def refused_when_stale(lease: Lease) -> Iterator[None]:
    """Raises StaleLease, wherever in this block the database refuses what only the lease's holder may do."""
    try:
        yield
    except (DatabaseError, psycopg.Error) as error:
        if STALE not in (getattr(error, "sqlstate", None), getattr(error.__cause__, "sqlstate", None)):
            raise
        lease.lost.set()
        raise StaleLease from error


def release(lease: Lease, *, keep_claims: bool = False, untried: bool = False) -> None:
    """Let go in the caller's transaction, which a stale lease fails.
    `keep_claims` after a failure of our own: three quarantine the run. `untried`: nobody got to work, so this claim
    does not count, and those before it do still."""
    tell("SELECT workflows_release_lease(%s, %s, %s, %s)", [lease.run, lease.epoch, untried, keep_claims])


def forgive_bystanders() -> None:
    """Whoever was lost with its worker, and would be taken alone, goes on among the others: the one that killed the
    workers is found. Should there be another one, the next death leads back here."""
    tell("""
        UPDATE doorbells_lease SET claims = 1 WHERE subject_id IN (
            SELECT subject_id FROM doorbells_lease WHERE expires_at <= clock_timestamp() AND claims > 1
            FOR NO KEY UPDATE SKIP LOCKED)""")


def claims_of(lease: Lease) -> int:
    """Claims since the last progress, as they stand now. Raises StaleLease."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT claims FROM doorbells_lease WHERE subject_id = %s AND epoch = %s "
                       "AND expires_at IS NOT NULL", [lease.run, lease.epoch])
        row = cursor.fetchone()
    if row is None:
        raise StaleLease
    return row[0]


def revoke(run: UUID) -> None:
    """Raise the epoch, so that whoever works on the run is refused from now on: by saves, by the toolserver host."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE doorbells_lease SET epoch = epoch + 1, expires_at = NULL, token_hash = '' "
                       "WHERE subject_id = %s", [run])


RENEW = """
    WITH mine AS (SELECT run, epoch FROM unnest(%(runs)s::uuid[], %(epochs)s::bigint[]) AS mine(run, epoch)),
    renewed AS (
        UPDATE doorbells_lease SET expires_at = clock_timestamp() + make_interval(secs => %(seconds)s)
        WHERE subject_id IN (
            SELECT lease.subject_id FROM doorbells_lease AS lease
            JOIN mine ON lease.subject_id = mine.run AND lease.epoch = mine.epoch
            WHERE lease.expires_at IS NOT NULL FOR NO KEY UPDATE OF lease SKIP LOCKED))
    SELECT lease.subject_id FROM doorbells_lease AS lease
    JOIN mine ON lease.subject_id = mine.run AND lease.epoch = mine.epoch WHERE lease.expires_at IS NOT NULL"""


class Heart:
    """One thread a process that renews every lease the process holds, once a second, over a connection of its own: in a
    pool it would wait behind others, and get connections that are gone."""

    def __init__(self) -> None:
        self._leases: dict[UUID, Lease] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._connection: Connection[DictRow] | None = None
        self._using = threading.Lock()

    def beat_for(self, lease: Lease) -> None:
        with self._lock:
            self._leases[lease.run] = lease
            if self._thread is None:
                thread = threading.Thread(target=self._beat, name="leases", daemon=True)
                thread.start()
                self._thread = thread
        self._wake.set()

    def forget(self, lease: Lease) -> None:
        with self._lock:
            if self._leases.get(lease.run) is lease:
                del self._leases[lease.run]

    def held(self) -> list[Lease]:
        with self._lock:
            return list(self._leases.values())

    def renew(self) -> None:
        """Renew all of them in one statement; those that another worker has taken are lost. One that a transaction has
        its hands on is ours still, and is renewed at the next beat: the others do not wait for it."""
        leases = self.held()
        if not leases:
            return
        kept = self._renewed(leases)
        for lease in leases:
            if lease.run not in kept:
                lease.lost.set()
                self.forget(lease)

    def _renewed(self, leases: list[Lease]) -> set[UUID]:
        """A connection that broke since the last beat is replaced at once: what is held must not run out meanwhile."""
        parameters = {"seconds": SECONDS, "runs": [each.run for each in leases],
                      "epochs": [each.epoch for each in leases]}
        with self._using:
            if self._connection is not None:
                try:
                    return self._ask(self._connection, parameters)
                except psycopg.OperationalError:
                    self._disconnect()
            self._connection = connect_alone()
            return self._ask(self._connection, parameters)

    @staticmethod
    def _ask(connection: Connection[DictRow], parameters: dict[str, Any]) -> set[UUID]:
        return {row["subject_id"] for row in connection.execute(RENEW, parameters).fetchall()}

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def rest(self) -> None:
        """Keep no connection while nothing is held."""
        with self._using:
            self._disconnect()

    def _beat(self) -> None:
        while True:
            if not self.held():
                self._wake.clear()
                if not self.held() and not self._wake.wait(RESTS_AFTER):
                    self.rest()
                    self._wake.wait()
            time.sleep(RENEW_EVERY)
            try:
                self.renew()
            except Exception as error:  # a restart of Postgres must not end the heart
                if not said(error):
                    log.warning("lease.not_renewed", error=type(error).__name__)


heart = Heart()
