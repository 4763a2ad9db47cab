"""Block C21 of OCPP 2.1: payments that the csms settles, with a provider over real HTTP."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store import tables
from tests.conformance import v2x
from tests.conformance.conftest import Bench, shared_loop_fixture, until
from tests.conformance.people import Session
from tests.conformance.station import ScriptedStation
from tests.conformance.test_21_block_e_limits import LIMITS, costs
from tests.integration.csms.conftest import running_hub
from tests.provider import Provider, provider

pytestmark = pytest.mark.integration


@dataclass
class PaymentBench(Bench):
    """A csms with a payment provider."""

    provider: Provider = field(default_factory=Provider)

    async def settling(self, station: ScriptedStation) -> dict[str, Any]:
        """The only settlement of the station, once it is no longer due."""

        async def ended() -> dict[str, Any] | None:
            rows = await self.hub.rows(tables.payment_settling, station.station_id)
            return rows[0] if rows and rows[0]["status"] != "Due" else None

        row: dict[str, Any] = await until(ended)
        return row


@shared_loop_fixture(scope="module")
async def paid(
    database_url: str, redis_url: str, engine: AsyncEngine
) -> AsyncIterator[tuple[Bench, Provider]]:
    async with provider() as asked:
        settings = {"payment_url": asked.url}
        async with (
            running_hub(database_url, redis_url, engine, **settings) as hub,
            AsyncExitStack() as stack,
        ):
            yield Bench(hub, stack), asked


@shared_loop_fixture()
async def till(paid: tuple[Bench, Provider]) -> AsyncIterator[PaymentBench]:
    made, asked = paid
    async with AsyncExitStack() as stack:
        yield PaymentBench(made.hub, stack, provider=asked)


async def test_tc21_c_117_csms_settled_by_the_csms_receipt_by_the_csms(till: PaymentBench) -> None:
    """C21.FR.05: once, with the reference in the token, what the station computed."""
    station = await till.station("2.1")
    model = {
        ("PaymentCtrlr", "SettlementByCSMS"): "true",
        ("PaymentCtrlr", "ReceiptByCSMS"): "true",
        ("PaymentCtrlr", "ReceiptServerUrl"): "https://receipts.example",
    }
    await v2x.reports(station, model | LIMITS)
    await costs(till, station)
    payment = {"idToken": f"PSP-{station.station_id}", "type": "DirectPayment"}
    session = Session(station)
    started = await session.tell("Started", "Authorized", id_token=payment, import_wh=0)
    assert started["idTokenInfo"]["status"] == "Accepted"
    session.later(3_600)
    details = {
        "totalCost": {
            "currency": "GBP",
            "typeOfCost": "NormalCost",
            "total": {"exclTax": 5.0, "inclTax": 6.0},
        },
        "totalUsage": {"energy": 10_000, "chargingTime": 3_600, "idleTime": 0},
    }
    await session.tell("Ended", "StopAuthorized", import_wh=10_000, costDetails=details)
    row = await till.settling(station)
    assert (row["status"], row["amount"]) == ("Settled", Decimal("6.00"))
    assert row["receipt_url"] == "https://pay.example/r-1"
    ((key, wish),) = till.provider.of(payment["idToken"])
    assert key
    assert (wish["amount"], wish["currency"]) == ("6.00", "GBP")
    assert wish["transaction"] == session.transaction_id
    assert await till.hub.rows(tables.settlement, station.station_id) == []


async def test_c21_fr05_a_provider_that_refuses_leaves_a_warning(till: PaymentBench) -> None:
    station = await till.station("2.1")
    await v2x.reports(station, {("PaymentCtrlr", "SettlementByCSMS"): "true"})
    await costs(till, station)
    payment = {"idToken": f"PSP-{station.station_id}", "type": "DirectPayment"}
    refused = {"status": "refused", "reason": "reservation expired"}
    till.provider.answers[payment["idToken"]] = (200, refused)
    session = Session(station)
    await session.tell("Started", "Authorized", id_token=payment, import_wh=0)
    session.later(3_600)
    await session.tell("Ended", "StopAuthorized", import_wh=10_000)
    row = await till.settling(station)
    assert (row["status"], row["reason"]) == ("Refused", "reservation expired")
    notices = await till.hub.rows(tables.station_notice, station.station_id)
    assert [one["severity"] for one in notices if one["kind"] == "Settlement"] == ["warning"]
