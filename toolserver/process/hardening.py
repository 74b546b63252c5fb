"""What the host and a tenant's process do to themselves before they are told a secret."""

from __future__ import annotations

import ctypes
import os
import resource

PR_SET_DUMPABLE = 4


def keep_memory_private() -> None:
    """No core dumps, and no reading of this memory by other processes of the same user (ptrace, /proc/…/mem)."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_DUMPABLE) failed")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(0o077)


def allow_files(most: int) -> None:
    """Up to so many open files, if the system allows it: each call that is passed on has two."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
