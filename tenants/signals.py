from django.dispatch import Signal

# Sent inside the transaction that changes or removes a person's membership, with `tenant_id` and `user_id`.
access_changed = Signal()
