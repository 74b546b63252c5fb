"""Where LangGraph's own work is done: at once, in the thread of the run's turn.

LangGraph hands each save to a thread of a pool that it makes anew for every `invoke`. Our savers only take notes of
what they are handed (`saver.py`), which is quicker than waking a thread; and a spec's steps come one after another.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from langgraph.pregel import _executor


class AtOnce(Executor):
    """An executor whose futures are done when it returns them."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future


def _executor_for(config: object) -> AbstractContextManager[Executor]:
    return nullcontext(AtOnce())


def work_at_once() -> None:
    """Have LangGraph do so in this process. It has no setting for that."""
    _executor.get_executor_for_config = _executor_for
