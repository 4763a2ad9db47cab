"""Children die with the supervisor, even when it is killed by SIGKILL (Linux)."""

import ctypes
import os
import signal
from collections.abc import Callable

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """A function for the child, between fork and exec, after its user was changed."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent_pid = os.getpid()

    def in_the_child() -> None:
        prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent_pid:
            os._exit(1)

    return in_the_child
