"""How checkpoints are written down: strict msgpack, plain data only."""

from __future__ import annotations

from countersign.environment import ConfigurationError


def checkpoint_serializer():
    """A serializer that revives nothing beyond plain data and LangGraph's own interrupt.

    Raises ConfigurationError unless `LANGGRAPH_STRICT_MSGPACK=true` stood in the process's environment: LangGraph
    reads it when it is imported, and would otherwise revive any class a row names.
    """
    from langgraph.checkpoint.serde import _msgpack
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

    if not _msgpack.STRICT_MSGPACK_ENABLED:
        raise ConfigurationError("Countersign refuses to run graphs: set LANGGRAPH_STRICT_MSGPACK=true.")
    return JsonPlusSerializer(pickle_fallback=False, allowed_msgpack_modules=[("langgraph.types", "Interrupt")])
