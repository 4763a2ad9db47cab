"""What is logged is a line of JSON, whatever is in it; and no log is worth failing for."""

import io
import json
from collections.abc import Iterator
from errno import ENOSPC
from typing import Any

import pytest
import structlog

from csms import log as logs


class Full(io.StringIO):
    """A file on a disk without room."""

    def write(self, _: str) -> int:
        raise OSError(ENOSPC, "No space left on device")

    def flush(self) -> None:
        raise OSError(ENOSPC, "No space left on device")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.mark.parametrize(
    "told", ["plain", "a lone \ud800", 2**70, {1: object}], ids=["text", "half", "huge", "object"]
)
def test_every_fact_is_one_line_of_json(told: Any) -> None:
    stream = io.StringIO()
    logs.configure(stream=stream)
    structlog.get_logger().info("happened", told=told)
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["event"] == "happened"


def test_a_full_disk_is_not_the_fault_of_who_says_something() -> None:
    logs.configure(stream=Full())
    structlog.get_logger().info("happened")
