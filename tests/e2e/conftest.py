import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.hub import Hub, running


@pytest.fixture(scope="module")
def demo_arguments() -> list[str]:
    """What the demo is started with; a module that wants another hour overrides this."""
    return ["--start", "2026-03-24T08:00"]


@pytest.fixture(scope="module")
def hub(
    tmp_path_factory: pytest.TempPathFactory,
    demo_arguments: list[str],
    request: pytest.FixtureRequest,
) -> Iterator[Hub]:
    """One ev36zero demo for a module's tests; its folder stays if one of them failed."""
    state_dir: Path = tmp_path_factory.mktemp("hub")
    failed_before = request.session.testsfailed
    with running(state_dir, "demo", "--speed", "60", *demo_arguments) as one:
        yield one
    if request.session.testsfailed == failed_before:
        shutil.rmtree(state_dir, ignore_errors=True)
