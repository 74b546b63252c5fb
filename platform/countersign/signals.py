"""What the kernel tells the apps about its processes."""

from django.dispatch import Signal

worker_starts = Signal()
"""A worker process is about to take its first message. Sent with `queue`, `threads` and `turns`."""

worker_stops = Signal()
"""A worker process was told to stop: what is under way should come to a good place within `grace` seconds. Sent with
`queue`, too; the process ends when every receiver has returned."""
