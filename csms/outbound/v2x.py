"""C, K, Q, S · what else OCPP 2.1 lets us ask: leave for V2X, frequency support, priority charging,
a web payment's beginning, a battery swap."""

from dataclasses import replace

from csms.domain.commands import Command, CommandStatus
from csms.domain.facts_v21 import EnergyTransferAllowed
from csms.domain.ids import TransactionId
from csms.domain.units import wire_time
from csms.outbound.ask import ask, request_id
from csms.outbound.ports import CommandContext, Outcome, StationCaller


async def notify_allowed_energy_transfer(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """Q02.FR.05: what a transaction may use changed; the vehicle then tells its needs anew."""
    outcome = await ask(command, station, context)
    if outcome.status is CommandStatus.CONFIRMED:
        allowed = EnergyTransferAllowed(
            station_id=command.station_id,
            transaction_id=TransactionId(command.payload["transactionId"]),
            modes=tuple(command.payload["allowedEnergyTransfer"]),
            at=context.now,
        )
        await context.journal.commit([allowed])
    return outcome


async def afrr_signal(command: Command, station: StationCaller, context: CommandContext) -> Outcome:
    """Q08.FR.12: the grid's signal, of now unless it says otherwise."""
    now = wire_time(context.now).isoformat()
    asked = replace(command, payload={"timestamp": now, **command.payload})
    return await ask(asked, station, context)


async def use_priority_charging(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """K21: NotifyPriorityCharging tells when it holds."""
    return await ask(command, station, context)


async def notify_web_payment_started(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """C25.FR.21: a driver pays for this EVSE: let nobody else in for a while."""
    return await ask(command, station, context)


async def request_battery_swap(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """S02: the BatterySwap messages that follow have the same request id (S02.FR.02)."""
    asked = replace(command, payload={"requestId": request_id(command), **command.payload})
    return await ask(asked, station, context)
