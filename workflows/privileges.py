# Checkpoints are the engine's alone: they hold drafts and model answers, and nobody else has a use for them.
_ENGINE_ONLY = {"engine": "SELECT, INSERT, UPDATE, DELETE"}

PRIVILEGES = {
    "Template": {"web": "SELECT, INSERT, UPDATE", "engine": "SELECT"},
    "Version": {"web": "SELECT, INSERT, UPDATE", "engine": "SELECT"},
    "Run": {"web": "SELECT, INSERT, UPDATE", "engine": "SELECT, UPDATE"},
    "RunEvent": {"web": "SELECT, INSERT", "engine": "SELECT, INSERT"},
    "checkpoints": _ENGINE_ONLY,
    "checkpoint_blobs": _ENGINE_ONLY,
    "checkpoint_writes": _ENGINE_ONLY,
}
