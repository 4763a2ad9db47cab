"""N02 to N06 · monitors of the device model: set, cleared, reported, and what runs afterwards."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from csms.domain.commands import Command, CommandStatus
from csms.domain.device_model import VariableKey, key_of
from csms.domain.facts_monitoring import (
    MonitoringBaseSet,
    MonitoringLevelSet,
    MonitorsCleared,
    MonitorsKnown,
)
from csms.domain.monitoring import Monitor
from csms.outbound.ask import ask
from csms.outbound.batches import ask_in_parts
from csms.outbound.device_model import ask_report
from csms.outbound.ports import CommandContext, Outcome, StationCaller

CONTROLLER: Final = "MonitoringCtrlr"
REPORT: Final = "Monitoring"
KEEPS_CUSTOM: Final = "All"  # the other bases delete what we had set (N03.FR.04, N03.FR.05)
Identity = tuple[VariableKey, str, int]


async def get_monitoring_report(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """N02. The report itself comes as NotifyMonitoringReport, under our request id."""
    return await ask_report(command, station, context, REPORT)


async def set_monitoring_base(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """N03."""
    outcome = await ask(command, station, context)
    if outcome.status is CommandStatus.CONFIRMED:
        station_id, base = command.station_id, command.payload["monitoringBase"]
        taken = MonitoringBaseSet(station_id=station_id, at=context.now, monitoring_base=base)
        gone = MonitorsCleared(station_id=station_id, at=context.now, monitor_ids=None)
        await context.journal.commit([taken] if base == KEEPS_CUSTOM else [taken, gone])
    return outcome


async def set_monitoring_level(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """N05. A level out of range is the station's to refuse (N05.FR.02)."""
    outcome = await ask(command, station, context)
    if outcome.status is CommandStatus.CONFIRMED:
        taken = MonitoringLevelSet(
            station_id=command.station_id, at=context.now, severity=command.payload["severity"]
        )
        await context.journal.commit([taken])
    return outcome


async def set_variable_monitoring(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """N04. Each monitor that the station took is kept under the id that it gave; refused if it
    refused any one."""
    answer = await ask_in_parts(
        command, station, context, "setMonitoringData", "setMonitoringResult", CONTROLLER
    )
    if isinstance(answer, Outcome):
        return answer
    asked = {_identity(one): one for one in command.payload["setMonitoringData"]}
    monitors = [
        _monitor(result, asked[_identity(result)])
        for result in answer["setMonitoringResult"]
        if result["status"] == "Accepted" and "id" in result and _identity(result) in asked
    ]
    if monitors:
        known = MonitorsKnown(
            station_id=command.station_id, at=context.now, monitors=tuple(monitors), ours=True
        )
        await context.journal.commit([known])
    return _all_good(answer, "setMonitoringResult", lambda one: str(key_of(one)))


async def clear_variable_monitoring(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """N06. A monitor that the station does not know is as gone as one that it cleared."""
    answer = await ask_in_parts(
        command, station, context, "id", "clearMonitoringResult", CONTROLLER
    )
    if isinstance(answer, Outcome):
        return answer
    gone = [
        one["id"]
        for one in answer["clearMonitoringResult"]
        if one["status"] in ("Accepted", "NotFound")
    ]
    if gone:
        cleared = MonitorsCleared(
            station_id=command.station_id, at=context.now, monitor_ids=tuple(gone)
        )
        await context.journal.commit([cleared])
    return _all_good(answer, "clearMonitoringResult", lambda one: str(one["id"]))


def _identity(one: Mapping[str, Any]) -> Identity:
    """A variable has one monitor of a type and severity (N04.FR.10)."""
    return key_of(one).folded(), one["type"], one["severity"]


def _monitor(result: Mapping[str, Any], asked: Mapping[str, Any]) -> Monitor:
    return Monitor(
        monitor_id=result["id"],
        key=key_of(asked),
        type=asked["type"],
        value=float(asked["value"]),
        severity=asked["severity"],
        during_transaction=asked.get("transaction", False),
    )


def _all_good(
    response: Mapping[str, Any], key: str, name: Callable[[Mapping[str, Any]], str]
) -> Outcome:
    for result in response[key]:
        if result["status"] != "Accepted":
            reason = f"{result['status']}: {name(result)}"
            return Outcome(status=CommandStatus.REFUSED, reason=reason, response=response)
    return Outcome(status=CommandStatus.CONFIRMED, response=response)
