"""JSON in bytes is what the standard library would have written, and what Postgres keeps."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import connection
from psycopg.types.json import Jsonb

from countersign.jsons import json_bytes


@pytest.mark.parametrize("value", [
    {"text": "Grüße, “quoted” \n\t\0 \u2028 \U0001f600", "n": [1, -2, 3.5, 1e-7, True, None], "": {}},
    {"beyond 64 bits": 2**70, "below": -(2**80)}, [], "", 0, None])
def test_it_reads_as_what_was_written(value):
    assert json.loads(json_bytes(value)) == value


def test_ids_and_times_are_text():
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert json.loads(json_bytes([UUID(int=1), at])) == [str(UUID(int=1)), at.isoformat()]


def test_half_a_character_is_refused():
    with pytest.raises(UnicodeEncodeError):
        json_bytes({"text": "\ud800"})


@pytest.mark.django_db
def test_the_database_keeps_what_psycopg_is_given():
    value = {"text": "Grüße", "large": 2**70, "id": UUID(int=1)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::jsonb::text", [Jsonb(value)])
        assert json.loads(cursor.fetchone()[0]) == {**value, "id": str(UUID(int=1))}


@pytest.mark.django_db
@pytest.mark.parametrize(("said", "stored"), [
    ("a\0b\0\0c", "abc"), ("\0", ""), ("\\u0000", "\\u0000"), ("\\\0", "\\"), ("\\\\u0000\0", "\\\\u0000")])
def test_nul_is_left_out_of_what_is_stored_and_nothing_else_is(said, stored):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s", [Jsonb({said: [said]})])
        [(kept,)] = cursor.fetchall()
    assert json.loads(kept) == {stored: [stored]}
