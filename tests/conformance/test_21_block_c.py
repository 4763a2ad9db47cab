"""Block C of OCPP 2.1: payment at the station."""

import pytest

from csms.domain.messages_v21 import Company
from csms.store import tables
from csms.store.v21 import keep_company
from tests.conformance import v2x
from tests.conformance.conftest import Bench
from tests.conformance.station import Payload, ScriptedStation

pytestmark = pytest.mark.integration
FLEET = Company(name="Wearside Fleet Ltd", address1="1 Quay Road", city="Sunderland", country="GB")


async def test_tc21_c_108_csms_vat_number_validation(bench: Bench) -> None:
    station = await bench.station("2.1")
    async with bench.hub.engine.begin() as conn:
        await keep_company(conn, "GB123456789", FLEET)
    told = await station.call("VatNumberValidation", {"vatNumber": "gb 123456789", "evseId": 2})
    assert (told["status"], told["evseId"]) == ("Accepted", 2)
    assert told["company"]["name"] == "Wearside Fleet Ltd"
    unknown = await station.call("VatNumberValidation", {"vatNumber": "GB000"})
    assert (unknown["status"], "company" in unknown) == ("Rejected", False)


def settlement(status: str, **more: object) -> Payload:
    return {
        "pspRef": "psp-77",
        "status": status,
        "settlementAmount": 12.34,
        "settlementTime": "2026-03-01T08:00:00Z",
        "transactionId": v2x.TRANSACTION,
        **more,
    }


async def terminal(bench: Bench) -> ScriptedStation:
    """A station whose receipts are ours to make."""
    station = await bench.station("2.1")
    model = {
        ("PaymentCtrlr", "ReceiptByCSMS"): "true",
        ("PaymentCtrlr", "ReceiptServerUrl"): "https://receipts.example",
    }
    await v2x.reports(station, model)
    await v2x.starts(station)
    await v2x.event(station, "Ended", 1, "StopAuthorized")
    return station


async def test_tc21_c_118_csms_settled_by_the_station_receipt_by_csms(bench: Bench) -> None:
    station = await terminal(bench)
    told = await station.call("NotifySettlement", settlement("Settled"))
    assert told["receiptUrl"].startswith("https://receipts.example/")
    row = await bench.hub.row(tables.settlement, station.station_id)
    assert (row["status"], row["amount"], row["transaction_id"]) == (
        "Settled",
        12.34,
        v2x.TRANSACTION,
    )
    assert row["receipt_url"] == told["receiptUrl"]


async def test_tc21_c_119_csms_settlement_failed(bench: Bench) -> None:
    await unpaid(bench, "Failed")


async def test_tc21_c_120_csms_settlement_rejected(bench: Bench) -> None:
    await unpaid(bench, "Rejected")


async def unpaid(bench: Bench, status: str) -> None:
    """No receipt, and somebody is told; a later success takes its place."""
    station = await terminal(bench)
    failed = settlement(status, statusInfo="card declined")
    assert await station.call("NotifySettlement", failed) == {}
    row = await bench.hub.row(tables.settlement, station.station_id)
    assert (row["status"], row["receipt_url"]) == (status, None)
    notices = await bench.hub.rows(tables.station_notice, station.station_id)
    assert [one["severity"] for one in notices if one["kind"] == "NotifySettlement"] == ["warning"]
    later = settlement("Settled", settlementTime="2026-03-01T08:05:00Z")
    assert "receiptUrl" in await station.call("NotifySettlement", later)
    row = await bench.hub.row(tables.settlement, station.station_id)
    assert row["status"] == "Settled"


async def test_a_canceled_payment_is_kept(bench: Bench) -> None:
    """A driver who cancels pays nothing: the settlement of 0 is kept."""
    station = await terminal(bench)
    canceled = settlement("Canceled", settlementAmount=0)
    assert await station.call("NotifySettlement", canceled) == {}
    row = await bench.hub.row(tables.settlement, station.station_id)
    assert (row["status"], row["amount"]) == ("Canceled", 0)


async def test_a_web_payment_blocks_its_evse(bench: Bench) -> None:
    station = await bench.station("2.1")
    payload = {"evseId": 1, "timeout": 120}
    asked = await bench.command(station, "NotifyWebPaymentStarted", payload, 1)
    assert await station.expect("NotifyWebPaymentStarted", {}) == payload
    assert (await bench.outcome(asked)).status.value == "confirmed"
    start = {
        "remoteStartId": 5,
        "evseId": 1,
        "idToken": {"idToken": "psp-88", "type": "DirectPayment"},
    }
    asked = await bench.command(station, "RequestStartTransaction", start, 1)
    assert await station.expect("RequestStartTransaction", {"status": "Accepted"}) == start
    assert (await bench.outcome(asked)).status.value == "confirmed"
