"""What the host refuses, and in which words."""

from countersign.errors import BadRequest, Conflict, CountersignError, Unavailable


class UnreadableMessage(BadRequest):
    """`rpc_code` is JSON-RPC's: -32700 for what is no JSON, -32600 for what is no request."""

    code = "unreadable_message"
    rpc_code = -32700


class BadMessage(UnreadableMessage):
    code = "bad_message"
    rpc_code = -32600


class MethodUnknown(BadRequest):
    code = "method_unknown"
    detail = "The tool server answers initialize, ping, server/discover, tools/list and tools/call."
    rpc_code = -32601


class ToolUnknown(CountersignError):
    code = "tool_unknown"
    status = 404
    detail = "There is no such tool. tools/list names the ones there are."
    rpc_code = -32602


class KeyMissing(BadRequest):
    code = "idempotency_key_required"
    detail = "A call with a side effect names its idempotency key in `_meta[\"countersign/idempotency_key\"]`."
    rpc_code = -32602


class CallDiffers(Conflict):
    code = "idempotency_key_reused"
    detail = "Another call was made under this idempotency key."


class CallInProgress(Conflict):
    code = "call_in_progress"
    retryable = True
    detail = "This call is under way. Ask again with the same key for its outcome."


class ResultMissing(Conflict):
    """A `$result` reference to a call that has no recorded result (yet)."""

    code = "result_missing"


class ProcessUnavailable(Unavailable):
    code = "tenant_process_unavailable"
    detail = "The team's tool process does not start or answer just now. Try again in a moment."


class HostBusy(Unavailable):
    code = "host_busy"
    detail = "As many teams as this tool server may serve at once are busy. Try again in a moment."


class VaultLocked(CountersignError):
    code = "vault_locked"
    detail = "The vault key does not open this team's private key. The operator must set the key it was made with."
