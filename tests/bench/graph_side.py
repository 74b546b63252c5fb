"""(a): the newsletter's graph as one writes it with LangGraph alone: the official saver, nothing of ours imported.

Five supersteps after the input, as the platform's newsletter takes: draft, check, gate (an interrupt, then a resume),
publish, send. Nodes do no more than keep what a model or a tool answers at once.

In its clock: everything from `invoke` with the input, which LangGraph stores as the first thing of the run, to the last
checkpoint. Not in it: making the graph and the pool. Each run has a saver of its own, as (b)'s have: one saver lets one
thread at a time to the database.
"""

from __future__ import annotations

import copy
import json
import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, TypedDict

from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from tests.bench.children import serve
from tests.bench.newsletter import DRAFT, INPUT, TOOL_RESULTS, VERDICT


class State(TypedDict, total=False):
    title: str
    documents: list[dict[str, str]]
    recipients: list[str]
    max_words: int
    feedback: list[str]
    draft: str
    verdict: dict[str, Any]
    decision: dict[str, Any]
    published: dict[str, Any]
    sent: dict[str, Any]


def draft(state: State) -> dict[str, Any]:
    return {"draft": DRAFT}


def check(state: State) -> dict[str, Any]:
    return {"verdict": json.loads(VERDICT)}


def after_check(state: State) -> Literal["draft", "gate"]:
    return "gate" if state["verdict"]["verdict"] == "pass" else "draft"


def gate(state: State) -> Command[Literal["draft", "publish"]]:
    calls = [{"tool": "files.write", "arguments": {"name": "newsletter.md", "content": state["draft"]}},
             {"tool": "email.send", "arguments": {"to": state["recipients"], "subject": state["title"],
                                                  "body": state["draft"]}}]
    decision = interrupt({"draft": state["draft"], "verdict": state["verdict"], "calls": calls})
    if decision["verdict"] == "approve":
        return Command(update={"decision": decision}, goto="publish")
    return Command(update={"feedback": [decision["comment"]]}, goto="draft")


def publish(state: State) -> dict[str, Any]:
    return {"published": TOOL_RESULTS["files.write"]}


def send(state: State) -> dict[str, Any]:
    return {"sent": TOOL_RESULTS["email.send"]}


def build() -> Any:
    graph = StateGraph(State)
    for node in (draft, check, gate, publish, send):
        graph.add_node(node)
    graph.add_edge(START, "draft")
    graph.add_edge("draft", "check")
    graph.add_conditional_edges("check", after_check)
    graph.add_edge("publish", "send")
    graph.add_edge("send", END)
    return graph.compile()


def main() -> None:
    pool = ConnectionPool(os.environ["BENCH_DATABASE"], min_size=1, max_size=8, open=True,
                          kwargs={"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row})
    PostgresSaver(pool).setup()
    newsletter = build()

    def once(_: int) -> None:
        graph = copy.copy(newsletter)
        graph.checkpointer = PostgresSaver(pool)
        config = {"configurable": {"thread_id": str(uuid.uuid4())}}
        waiting = graph.invoke(INPUT, config, durability="sync")
        assert waiting["__interrupt__"]
        ended = graph.invoke(Command(resume={"verdict": "approve"}), config, durability="sync")
        assert ended["sent"] == TOOL_RESULTS["email.send"]

    def measure(runs: int, threads: int) -> dict[str, float]:
        began = time.perf_counter()
        if threads == 1:
            for number in range(runs):
                once(number)
        else:
            with ThreadPoolExecutor(threads) as several:
                list(several.map(once, range(runs)))
        return {"seconds": time.perf_counter() - began}

    serve(measure)
    pool.close()


if __name__ == "__main__":
    main()
