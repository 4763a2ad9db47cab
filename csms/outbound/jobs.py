"""L and N01 · work that a station does for a while and tells of by our request id.

The job is durable before the station hears of it, so that no word about it comes too early.
"""

from dataclasses import replace
from typing import Final

from csms.domain.commands import Command, CommandStatus
from csms.domain.facts import Fact
from csms.domain.facts_jobs import JobAsked, JobKind, JobProgressed, JobsReplaced
from csms.outbound.ask import ask, bad_request
from csms.outbound.ports import CommandContext, Outcome, StationCaller

REPLACED: Final = "AcceptedCanceled"
"""The station takes it, and gives up what it was at (L01.FR.24, N01.FR.12)."""


async def update_firmware(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """L01. Only signed firmware is asked for: certificate and signature go along (L01.FR.11)."""
    firmware = command.payload.get("firmware", {})
    if not {"signingCertificate", "signature"} <= set(firmware):
        return Outcome.refused("firmware_not_signed")
    return await _start(JobKind.UPDATE_FIRMWARE, command, station, context)


async def update_unsigned_firmware(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """L02: OCPP 1.6 may be asked for firmware that nobody signed, too."""
    return await _start(JobKind.UPDATE_FIRMWARE, command, station, context)


async def publish_firmware(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """L03."""
    return await _start(JobKind.PUBLISH_FIRMWARE, command, station, context)


async def unpublish_firmware(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """L04. `NoFirmware` and `DownloadOngoing` are refusals: nothing was taken back."""
    outcome = await ask(command, station, context)
    if outcome.response.get("status") == "Unpublished":
        return Outcome(status=CommandStatus.CONFIRMED, response=outcome.response)
    return outcome


async def get_log(command: Command, station: StationCaller, context: CommandContext) -> Outcome:
    """N01. The upload itself comes to the web process."""
    return await _start(JobKind.GET_LOG, command, station, context)


async def _start(
    kind: JobKind, command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    if (bad := bad_request(command, station)) is not None:
        return bad
    station_id, request_id = command.station_id, int(command.payload["requestId"])
    asked = JobAsked(
        station_id=station_id,
        kind=kind,
        request_id=request_id,
        command_id=command.command_id,
        at=context.now,
        payload=command.payload,
    )
    await context.journal.commit([asked])
    outcome = await ask(command, station, context)
    status = str(outcome.response.get("status", ""))
    facts: list[Fact] = [
        JobProgressed(
            station_id=station_id,
            kind=kind,
            request_id=request_id,
            status=status,
            at=context.now,
            answered=True,
            detail=dict(outcome.response),
        )
    ]
    if status == REPLACED:
        facts.append(JobsReplaced(station_id=station_id, kind=kind, by=request_id, at=context.now))
        outcome = replace(outcome, status=CommandStatus.CONFIRMED, reason=None)
    await context.journal.commit(facts)
    return outcome
