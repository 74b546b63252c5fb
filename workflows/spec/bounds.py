"""How large a spec may be. Each bound is named in the fault that it causes."""

NODES = 200
DOCUMENT_BYTES = 1_000_000
PROMPT_CHARACTERS = 100_000
LABEL_CHARACTERS = 120
CHECKLIST_ITEMS = 50
RELEASED_CALLS = 20
DEPTH = 64
FAULTS = 200
TEMPLATE_CODE = 50_000  # characters between braces, in all of a spec's templates
