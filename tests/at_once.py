"""Requests that start at the same moment, each on a thread and a database connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection


def at_once(*requests: Callable[[], Any]) -> list[Any]:
    """Their answers, in order, or what they raised. For tests on real transactions; they run as `web`."""
    answers: list[Any] = [None] * len(requests)
    together = threading.Barrier(len(requests), timeout=60)

    def ask(number: int, request: Callable[[], Any]) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET ROLE web")
            together.wait()
            answers[number] = request()
        except BaseException as error:
            answers[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=pair) for pair in enumerate(requests)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return answers
