"""A station of OCPP 1.6 in memory; whatever is said to it must be valid by the official schemas."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from csms.domain.commands import CommandPriority
from csms.domain.station import OcppVersion
from csms.ocppj import codec16, codec201
from csms.ocppj.peer import CallError
from csms.outbound.v16.station import Station16
from tests.conformance.station import require_valid

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


@dataclass(slots=True)
class MemoryStation16:
    """Answers `Accepted` unless `answers` says otherwise; keeps what it heard."""

    answers: dict[str, Any] = field(default_factory=dict)
    """Action → what to answer, a function of the request, or an exception to raise."""
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    version: OcppVersion = OcppVersion.V16

    async def call(
        self, action: str, request: Any, *, priority: CommandPriority, deadline_at: datetime
    ) -> Any:
        payload = json.loads(codec16.encode_request(request))
        require_valid("1.6", f"{action}Request", payload)
        self.heard.append((action, payload))
        answer = self.answers.get(action, {"status": "Accepted"})
        if callable(answer):
            answer = answer(payload)
        if isinstance(answer, Exception):
            raise answer
        require_valid("1.6", f"{action}Response", answer)
        return codec16.decode_response(action, json.dumps(answer).encode())


@dataclass(slots=True)
class Bench16:
    """Says a request of 2.0.1 to the station; its answer as JSON values of 2.0.1."""

    station: MemoryStation16 = field(default_factory=MemoryStation16)

    async def say(self, action: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        request = codec201.request_from(action, payload)
        assert not isinstance(request, CallError), request
        response = await Station16(self.station, NOW).call(
            action,
            request,
            priority=CommandPriority.OPERATOR,
            deadline_at=NOW + timedelta(minutes=1),
        )
        values: dict[str, Any] = json.loads(msgspec.json.encode(response))
        require_valid("2.0.1", f"{action}Response", values)
        return values

    def answers(self, **by_action: Any) -> None:
        """What the station says from now on."""
        self.station.answers |= by_action

    @property
    def heard(self) -> list[tuple[str, dict[str, Any]]]:
        """What the station heard."""
        return self.station.heard


@pytest.fixture
def bench16() -> Bench16:
    return Bench16()
