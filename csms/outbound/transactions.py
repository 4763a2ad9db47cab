"""E · what a station still has to tell of a transaction, and a limit that it shall keep."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from csms.domain.commands import Command, CommandStatus
from csms.domain.errors import CallRefused
from csms.domain.facts_evidence import TransactionStatusTold
from csms.domain.facts_limits import TransactionLimitWanted
from csms.domain.ids import TransactionId
from csms.domain.limits import TransactionLimit
from csms.ocppj.types_v21 import TransactionLimitType
from csms.outbound.ask import ask, ask_with
from csms.outbound.ports import CommandContext, Outcome, StationCaller

NOT_OPEN: Final = "transaction_not_open"


async def set_transaction_limit(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """E16: durable first. The station hears it with the answer to its next event, so it is asked
    for one now; whether it tells one or not, the limit holds."""
    limit = limit_in(command.payload)
    if limit is None:
        return Outcome.refused("bad_payload: not a TransactionLimitType")
    if context.transaction_id is None or context.transaction_id != command.payload["transactionId"]:
        return Outcome.refused(NOT_OPEN)
    wanted = TransactionLimitWanted(
        station_id=command.station_id,
        transaction_id=context.transaction_id,
        limit=limit,
        at=context.now,
    )
    await context.journal.commit([wanted])
    told = {"requestedMessage": "TransactionEvent", "evse": {"id": command.evse_id}}
    try:
        outcome = await ask_with(command, station, told, "TriggerMessage")
    except CallRefused as refused:
        outcome = Outcome.refused(refused.code)
    return Outcome(status=CommandStatus.CONFIRMED, response={"trigger": outcome.reason or "told"})


def limit_in(payload: Mapping[str, Any]) -> TransactionLimit | None:
    """The limit that an operator means; None: there is none in it."""
    if not isinstance(payload.get("transactionId"), str):
        return None
    try:
        told = msgspec.convert(payload.get("transactionLimit"), TransactionLimitType)
    except msgspec.ValidationError:
        return None
    values = msgspec.to_builtins(told)
    max_cost = values.get("maxCost")
    limit = TransactionLimit(
        max_cost=None if max_cost is None else Decimal(str(max_cost)),
        max_energy_wh=values.get("maxEnergy"),
        max_time_s=values.get("maxTime"),
        max_soc_pct=values.get("maxSoC"),
    )
    return limit or None


async def get_transaction_status(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """E14. Without `transactionId`: is anything queued? With it, the answer is stored: a
    transaction that neither goes on nor has messages waiting will never be ended by its station."""
    outcome = await ask(command, station, context)
    transaction_id = command.payload.get("transactionId")
    if transaction_id is not None and "messagesInQueue" in outcome.response:
        told = TransactionStatusTold(
            station_id=command.station_id,
            transaction_id=TransactionId(transaction_id),
            evse_id=command.evse_id,
            at=context.now,
            ongoing=bool(outcome.response.get("ongoingIndicator")),
            messages_in_queue=bool(outcome.response["messagesInQueue"]),
        )
        await context.journal.commit([told])
    return outcome
