"""I · tariffs that a station of OCPP 2.1 computes cost by: which it holds, and where."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from csms.domain.commands import Command, CommandStatus
from csms.domain.facts import Fact
from csms.domain.facts_v21 import (
    StationTariffCleared,
    StationTariffSet,
    TransactionTariffChanged,
)
from csms.outbound.ask import ask
from csms.outbound.ports import CommandContext, Outcome, StationCaller

NO_TARIFF = "NoTariff"
DEFAULT_TARIFF = "DefaultTariff"


async def set_default_tariff(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """I07."""
    outcome = await ask(command, station, context)
    if outcome.status is CommandStatus.CONFIRMED:
        tariff = command.payload["tariff"]
        held = _held(
            command, context, command.payload["evseId"], tariff["tariffId"], DEFAULT_TARIFF, tariff
        )
        await context.journal.commit([held])
    return outcome


async def get_tariffs(command: Command, station: StationCaller, context: CommandContext) -> Outcome:
    """I09: having none is an answer, too."""
    outcome = await ask(command, station, context)
    if outcome.response.get("status") == NO_TARIFF:
        return replace(outcome, status=CommandStatus.CONFIRMED, reason=NO_TARIFF)
    facts: list[Fact] = [
        _held(command, context, evse_id, one["tariffId"], one["tariffKind"], one)
        for one in outcome.response.get("tariffAssignments", ())
        for evse_id in one.get("evseIds", (command.payload["evseId"],))
    ]
    await context.journal.commit(facts)
    return outcome


async def clear_tariffs(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """I10: each result counts by itself; what is not there is gone as well."""
    outcome = await ask(command, station, context)
    results = outcome.response.get("clearTariffsResult", ())
    evse_id = command.payload.get("evseId")
    gone: list[Fact] = [
        StationTariffCleared(
            station_id=command.station_id,
            tariff_id=one["tariffId"],
            evse_id=evse_id or None,
            at=context.now,
        )
        for one in results
        if "tariffId" in one and one["status"] != "Rejected"
    ]
    await context.journal.commit(gone)
    refused = [one for one in results if one["status"] == "Rejected"]
    if not refused:
        return outcome
    reason = f"Rejected: {refused[0].get('tariffId', 'all')}"
    return replace(outcome, status=CommandStatus.REFUSED, reason=reason)


async def change_transaction_tariff(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """I11."""
    outcome = await ask(command, station, context)
    if outcome.status is CommandStatus.CONFIRMED:
        tariff = command.payload["tariff"]
        changed = TransactionTariffChanged(
            station_id=command.station_id,
            transaction_id=command.payload["transactionId"],
            tariff_id=tariff["tariffId"],
            payload=tariff,
            at=context.now,
        )
        await context.journal.commit([changed])
    return outcome


def _held(
    command: Command,
    context: CommandContext,
    evse_id: int,
    tariff_id: str,
    kind: str,
    payload: Mapping[str, Any],
) -> StationTariffSet:
    return StationTariffSet(
        station_id=command.station_id,
        evse_id=evse_id,
        tariff_id=tariff_id,
        kind=kind,
        payload=payload,
        at=context.now,
    )
