"""`scheduler.worker` with a planner that hangs as long as `hangs` lies in the state directory. Each
process that does writes its id there."""

import os
import threading
from typing import Any

from scheduler.planning.make import make_plan
from scheduler.services import replan
from scheduler.worker import app, settings

__all__ = ["app"]


def make_plan_or_hang(*given: Any, **options: Any) -> Any:
    """What `make_plan` does, or never anything."""
    if (settings.state_dir / "hangs").exists():
        (settings.state_dir / "hanging").write_text(str(os.getpid()))
        threading.Event().wait()
    return make_plan(*given, **options)


replan.make_plan = make_plan_or_hang  # type: ignore[assignment]
