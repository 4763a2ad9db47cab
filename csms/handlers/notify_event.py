"""NotifyEvent (OCPP 2.0.1, N07 and N08): monitors of the device model speak up.

Each event is kept and tells a value; alerts stay open until they are cleared, and one of severity
0 to 3 concerns the platform. A severity that nobody knows (an event of the firmware's own, a
monitor that was never reported) makes no alarm, but a warning among the notices.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from csms.domain.events import StationAlerted
from csms.domain.facts import (
    ConnectorStatusChanged,
    Fact,
    Noticed,
    Told,
    VariableRow,
    VariablesReported,
)
from csms.domain.facts_monitoring import EventsTold
from csms.domain.ids import ChargingStationId, ConnectorId, EvseId
from csms.domain.messages import Acknowledged
from csms.domain.messages_monitoring import NotifyEvent
from csms.domain.monitoring import ALARMING, StationEvent
from csms.handlers.notice import Severity
from csms.handlers.ports import Journal
from csms.handlers.ports_monitoring import Monitors

CONNECTOR_STATUS: Final = ("connector", "availabilitystate")


@dataclass(frozen=True, slots=True)
class NotifyEventHandler:
    journal: Journal
    monitors: Monitors

    async def handle(
        self, station_id: ChargingStationId, request: NotifyEvent, now: datetime
    ) -> Acknowledged:
        events = await self._with_severities(station_id, request.events)
        facts: list[Fact] = [EventsTold(station_id=station_id, received_at=now, events=events)]
        for event in events:
            facts.append(_value(station_id, event, now))
            facts += _status(station_id, event, now)
        alerts = [event for event in events if event.alerts]
        if alerts:
            facts.append(_notice(station_id, request, alerts, now))
        facts += [_alarm(station_id, event, now) for event in alerts if _alarming(event)]
        await self.journal.commit(facts)
        return Acknowledged()

    async def _with_severities(
        self, station_id: ChargingStationId, events: tuple[StationEvent, ...]
    ) -> tuple[StationEvent, ...]:
        """2.0.1 leaves the severity to the monitor."""
        asked = {
            one.monitor_id for one in events if one.severity is None and one.monitor_id is not None
        }
        if not asked:
            return events
        known = await self.monitors.severities(station_id, asked)
        return tuple(
            replace(one, severity=known.get(one.monitor_id))
            if one.severity is None and one.monitor_id is not None
            else one
            for one in events
        )


def _value(station_id: ChargingStationId, event: StationEvent, now: datetime) -> VariablesReported:
    """A clock that runs ahead must not freeze the value."""
    key = event.key
    row = VariableRow(
        component=key.component,
        component_instance=key.component_instance,
        evse_id=key.evse_id,
        connector_id=key.connector_id,
        variable=key.variable,
        variable_instance=key.variable_instance,
        value=event.actual_value,
    )
    return VariablesReported(
        station_id=station_id, at=min(event.at, now), rows=(row,), told_by="NotifyEvent"
    )


def _status(station_id: ChargingStationId, event: StationEvent, now: datetime) -> Iterator[Fact]:
    """G01: a station may tell its connectors' status this way, too."""
    key = event.key
    if (key.component.lower(), key.variable.lower()) == CONNECTOR_STATUS and key.connector_id:
        yield ConnectorStatusChanged(
            station_id=station_id,
            evse_id=EvseId(key.evse_id),
            connector_id=ConnectorId(key.connector_id),
            status=event.actual_value,
            at=min(event.at, now),
        )


def _notice(
    station_id: ChargingStationId, request: NotifyEvent, alerts: list[StationEvent], now: datetime
) -> Noticed:
    opened = [event for event in alerts if not event.cleared]
    severity = Severity.INFO
    if opened:
        severity = Severity.CRITICAL if any(map(_alarming, opened)) else Severity.WARNING
    return Noticed(
        station_id=station_id,
        kind="NotifyEvent",
        at=min(request.at, now),
        received_at=now,
        severity=severity.value,
        payload=request.payload,
    )


def _alarming(event: StationEvent) -> bool:
    return event.severity is not None and event.severity <= ALARMING


def _alarm(station_id: ChargingStationId, event: StationEvent, now: datetime) -> Told:
    assert event.severity is not None
    alerted = StationAlerted(
        station_id=station_id,
        evse_id=EvseId(event.key.evse_id) if event.key.evse_id else None,
        what=str(event.key),
        severity=event.severity,
        cleared=event.cleared,
    )
    return Told(event=alerted, at=now)
