"""A csms for recordings to be played against, and marks for versions that nobody speaks yet."""

from collections.abc import Iterable
from typing import Any

import pytest

from csms.domain.station import OcppVersion
from csms.ocppj.codecs import CODECS
from tests.integration.csms.conftest import Hub, hub
from tests.replay.recording import Recording

__all__ = ["Hub", "hub", "playable"]


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
