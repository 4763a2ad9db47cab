"""The set-up compiles the planner's kernels with a problem of its own; whatever that leaves out the
first plan of a site would compile, and might take longer than a planner may."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[4] / "tools" / "kernels.py"
# A kernel that another one calls is compiled with it.
LEFT_OUT = """
import pkgutil, runpy, sys
from importlib import import_module
from numba.core.dispatcher import Dispatcher
from scheduler.planning import decomposition
runpy.run_path(sys.argv[1], run_name="__main__")
names = [one.name for one in pkgutil.walk_packages(decomposition.__path__)]
modules = [import_module(f"{decomposition.__name__}.{name}") for name in names]
kernels = {id(k): k for m in modules for k in vars(m).values() if isinstance(k, Dispatcher)}
within = {name for k in kernels.values() for name in k.py_func.__code__.co_names}
called = {k.__name__: k for k in kernels.values() if k.__name__ not in within}
assert called, "no kernels"
print(*sorted(name for name, k in called.items() if not k.signatures))
"""


def test_the_set_up_leaves_no_kernel_to_the_first_plan() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LEFT_OUT, SCRIPT], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == []
