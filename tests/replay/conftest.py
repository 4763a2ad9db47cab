"""A csms for recordings to be played against, and marks for versions that nobody speaks yet."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from csms.domain.station import OcppVersion
from csms.ocppj.codecs import CODECS
from tests.conformance.conftest import bench, engine, hub, share_loops
from tests.replay.recording import Recording

__all__ = ["bench", "engine", "hub", "playable"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    share_loops(items, Path(__file__).parent)


def playable(recordings: Iterable[Recording]) -> list[Any]:
    """As parameters of a test; one whose version has no codec yet is skipped by name."""
    return [
        pytest.param(
            one,
            id=f"{one.file}-{one.name}",
            marks=pytest.mark.skipif(
                OcppVersion(one.version) not in CODECS, reason=f"no codec for OCPP {one.version}"
            ),
        )
        for one in recordings
    ]
