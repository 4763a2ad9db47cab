"""Rules of this code base that no linter knows. Each failure says what to do."""

import ast
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ["csms", "scheduler", "web", "v2ghub", "simulator"]
PURE = ["csms/domain", "csms/ocppj", "scheduler/domain", "scheduler/planning"]
NEEDS_ENVIRONMENT = (".__main__", "scheduler.beat", "scheduler.worker")
UNITS = (
    "_w", "_wh", "_kw", "_kwh", "_var", "_a", "_v", "_hz", "_pct", "_ratio", "_s", "_deg", "_m",
    "_gbp", "_gbp_per_kwh", "_per_kwh", "_g", "_gbp_per_t", "_gbp_per_kw",
)  # fmt: skip
UNIT_WORDS = {unit.removeprefix("_") for unit in UNITS}
LONGEST_MODULE = 400
GENERATED = "types_v*.py"


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not path.match(GENERATED) and not {"migrations", "node_modules"} & set(path.parts):
                yield path


def annotated(tree: ast.Module) -> Iterator[tuple[int, str, ast.expr]]:
    for node in ast.walk(tree):
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                yield node.lineno, name, annotation
            case ast.arg(arg=name, annotation=ast.expr() as annotation):
                yield node.lineno, name, annotation
            case ast.FunctionDef(name=name, returns=ast.expr() as annotation):
                yield node.lineno, name, annotation
            case _:
                continue


def floats_without_unit(tree: ast.Module) -> Iterator[str]:
    for line, name, annotation in annotated(tree):
        plain = ast.unparse(annotation) in {"float", "float | None"}
        if plain and not name.lower().endswith(UNITS) and name.lower() not in UNIT_WORDS:
            yield f"line {line}: {name}"


def test_every_float_in_the_pure_core_ends_in_its_unit() -> None:
    bad = {str(p): list(floats_without_unit(ast.parse(p.read_text()))) for p in modules(*PURE)}
    assert not {path: names for path, names in bad.items() if names}


def test_no_module_outgrows_one_sitting() -> None:
    lengths = {str(p): len(p.read_text().splitlines()) for p in modules(*PACKAGES)}
    assert not {path: n for path, n in lengths.items() if n > LONGEST_MODULE}, "split it by topic"


def test_every_module_says_what_it_is() -> None:
    silent = [
        str(p)
        for p in modules(*PACKAGES)
        if p.name != "__init__.py" and not ast.get_docstring(ast.parse(p.read_text()))
    ]
    assert not silent, f"give {silent} a docstring: what the file is and what it promises"


def test_every_handler_has_its_own_test_file() -> None:
    handlers = {p.stem for p in (ROOT / "csms/handlers").glob("*.py")} - {"__init__"}
    handlers = {name for name in handlers if not name.startswith("ports")}
    tested = {p.stem.removeprefix("test_") for p in (ROOT / "tests/csms/handlers").glob("*.py")}
    assert handlers <= tested, f"write tests/csms/handlers/ for {handlers - tested}"


def test_importing_any_module_opens_nothing_and_needs_no_environment() -> None:
    names = [
        module.name
        for package in PACKAGES
        for module in pkgutil.walk_packages([str(ROOT / package)], f"{package}.")
        if "migrations" not in module.name and not module.name.endswith(NEEDS_ENVIRONMENT)
    ]
    code = "import importlib\n" + "\n".join(f"importlib.import_module({n!r})" for n in names)
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=bare,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.splitlines()]


@pytest.mark.parametrize(
    "lock", ["requirements/run.txt", "requirements/dev.txt", "requirements/node.txt"]
)
def test_python_locks_have_hashes_and_name_no_index(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "--hash=sha256:" in text
    assert "://" not in text, "compile with tools/lock.sh"


def test_the_npm_lock_names_no_registry() -> None:
    assert '"resolved"' not in (ROOT / "web/console/package-lock.json").read_text()


def test_no_tracked_file_is_large() -> None:
    large = {
        p.name: p.stat().st_size
        for p in tracked_files()
        if p.exists() and p.stat().st_size > 1_500_000
    }
    assert not large, "ship a sample, not the whole"


def test_the_generated_types_are_current() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools/generate_types.py"), "--check"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"run tools/generate_types.py: {done.stdout}{done.stderr}"


def test_the_conformance_table_is_current() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools/conformance.py"), "--check"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"run tools/conformance.py: {done.stdout}{done.stderr}"


def test_each_decision_has_a_number_of_its_own() -> None:
    numbers = [path.name[:4] for path in sorted((ROOT / "docs/adr").glob("[0-9]*.md"))]
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]
