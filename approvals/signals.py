"""What this app publishes, inside the transaction that it tells of. A receiver that raises undoes it."""

from django.dispatch import Signal

# With `request`, whose status is approved, rejected, changes_requested, expired or cancelled. Never for superseded.
request_settled = Signal()

# With `role`, before a role is removed. A receiver returns a sentence that says what still needs it, or None.
role_removal_asked = Signal()
