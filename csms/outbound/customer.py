"""N · CustomerInformation (N09, N10): what a station knows of a customer, and that it forgets."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from csms.domain.commands import Command, CommandKind, CommandStatus
from csms.domain.facts import CommandAsked, Fact
from csms.domain.facts_people import CustomerAsked, CustomerCleared
from csms.domain.local_list import key_of
from csms.outbound.ask import ask_with, bad_request, request_id
from csms.outbound.ports import CommandContext, Outcome, StationCaller

REFERENCES: Final = ("idToken", "customerCertificate", "customerIdentifier")


async def customer_information(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """The parts of a report come as NotifyCustomerInformation. Who was cleared leaves the
    station's local list, too (N10.FR.02), and what was reported before is emptied."""
    values = {"requestId": request_id(command), "report": True, "clear": False} | command.payload
    customer = {name: values[name] for name in REFERENCES if name in values}
    if not customer:
        return Outcome.refused("no_customer_named")  # N09.FR.04, N10.FR.08
    if values["report"] is not True and values["clear"] is not True:
        return Outcome.refused("neither_report_nor_clear")
    if (bad := bad_request(command, station, values)) is not None:
        return bad
    asked = CustomerAsked(
        station_id=command.station_id,
        at=context.now,
        request_id=values["requestId"],
        customer_hash=customer_hash(customer),
        report=values["report"] is True,
        clear=values["clear"] is True,
    )
    await context.journal.commit([asked])
    outcome = await ask_with(command, station, values)
    if outcome.status is CommandStatus.CONFIRMED and asked.clear:
        await context.journal.commit(await _cleared(command, asked, customer, context))
    return outcome


async def _cleared(
    command: Command, asked: CustomerAsked, customer: Mapping[str, Any], context: CommandContext
) -> list[Fact]:
    facts: list[Fact] = [
        CustomerCleared(
            station_id=asked.station_id,
            at=asked.at,
            request_id=asked.request_id,
            customer_hash=asked.customer_hash,
        )
    ]
    if "idToken" not in customer:
        return facts
    entry = {"idToken": customer["idToken"]}
    held = await context.local_lists.held(command.station_id)
    if held is None or held.entries is None or key_of(entry) not in held.entries:
        return facts
    removal = Command(
        command_id=uuid5(NAMESPACE_URL, f"urn:v2ghub:clear:{command.command_id}"),
        station_id=command.station_id,
        kind=CommandKind.SEND_LOCAL_LIST,
        payload={"updateType": "Differential", "localAuthorizationList": [entry]},
        priority=command.priority,
        created_at=context.now,
        deadline_at=context.now + (command.deadline_at - command.created_at),
    )
    return [*facts, CommandAsked(command=removal)]


def customer_hash(customer: Mapping[str, Any]) -> str:
    """Knows a customer again without naming them."""
    text = json.dumps(customer, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
