"""E · GetTransactionStatus: what a station still knows, and still has to tell, of a transaction."""

from csms.domain.commands import Command
from csms.domain.facts_evidence import TransactionStatusTold
from csms.domain.ids import TransactionId
from csms.outbound.ask import ask
from csms.outbound.ports import CommandContext, Outcome, StationCaller


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
