"""NotifySettlement (OCPP 2.1, C19–C22): a payment terminal settled, or could not.

Where receipts are ours to make the answer says where to find this one (C21.FR.03).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from csms.domain.facts import Fact, Noticed
from csms.domain.facts_v21 import PaymentSettled
from csms.domain.ids import ChargingStationId
from csms.domain.messages_v21 import NotifySettlement, NotifySettlementAnswer
from csms.handlers.notice import Severity
from csms.handlers.ports import Journal
from csms.handlers.ports_v21 import Payments

PAID: Final = "Settled"
NOT_PAID: Final = frozenset({"Rejected", "Failed"})


@dataclass(frozen=True, slots=True)
class NotifySettlementHandler:
    journal: Journal
    payments: Payments

    async def handle(
        self, station_id: ChargingStationId, request: NotifySettlement, now: datetime
    ) -> NotifySettlementAnswer:
        ours = await self._receipt(station_id, request)
        settled = PaymentSettled(
            station_id=station_id,
            psp_ref=request.psp_ref,
            status=request.status,
            amount=request.amount,
            at=request.at,
            transaction_id=request.transaction_id,
            receipt_id=ours.receipt_id or request.receipt_id,
            receipt_url=ours.receipt_url or request.receipt_url,
            payload=request.payload,
        )
        facts: list[Fact] = [settled]
        if request.status in NOT_PAID:
            facts.append(_unpaid(station_id, request, now))
        await self.journal.commit(facts)
        return ours

    async def _receipt(
        self, station_id: ChargingStationId, request: NotifySettlement
    ) -> NotifySettlementAnswer:
        if request.status != PAID:
            return NotifySettlementAnswer()
        server_url = await self.payments.receipt_server_url(station_id)
        if server_url is None:
            return NotifySettlementAnswer()
        receipt_id = uuid5(NAMESPACE_URL, f"v2ghub:receipt:{station_id}:{request.psp_ref}").hex
        return NotifySettlementAnswer(
            receipt_id=receipt_id, receipt_url=f"{server_url.rstrip('/')}/{receipt_id}"
        )


def _unpaid(station_id: ChargingStationId, request: NotifySettlement, now: datetime) -> Noticed:
    return Noticed(
        station_id=station_id,
        kind="NotifySettlement",
        at=request.at,
        received_at=now,
        severity=Severity.WARNING.value,
        payload=request.payload,
    )
