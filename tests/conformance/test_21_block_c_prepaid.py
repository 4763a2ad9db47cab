"""Block C17 and C20 of OCPP 2.1: prepaid cards, and a payment that is canceled."""

from decimal import Decimal

import pytest

from csms.clock import wall_now
from csms.domain.ids import ChargingStationId
from csms.store import tables
from csms.store.local_lists import PostgresLocalLists
from tests.conformance.conftest import Bench, until
from tests.conformance.people import Session, token
from tests.conformance.test_21_block_e_limits import costs, keeps_limits

pytestmark = pytest.mark.integration


async def test_tc21_c_103_csms_a_prepaid_card_with_credit(bench: Bench) -> None:
    """In no cache, and not more than is left; what one transaction cost, the next cannot spend."""
    station = await keeps_limits(bench)
    await costs(bench, station)
    card = await token(bench, paid_in=Decimal(10), cache_s=86_400)
    told = (await station.call("Authorize", {"idToken": card}))["idTokenInfo"]
    answered = await station.call("Heartbeat", {})
    assert told["status"] == "Accepted"
    assert told["cacheExpiryDateTime"] <= answered["currentTime"]  # C17.FR.01
    session = Session(station)
    started = await session.tell("Started", "Authorized", id_token=card, import_wh=0)
    assert started["idTokenInfo"]["status"] == "Accepted"
    assert started["transactionLimit"] == {"maxCost": 10}  # C17.FR.03
    session.later(3_600)
    again = await session.tell("Updated", "MeterValuePeriodic", import_wh=5_000)
    assert "transactionLimit" not in again  # only one time
    session.later(3_600)
    ended = await session.tell("Ended", "StopAuthorized", id_token=card, import_wh=15_000)
    assert (ended["totalCost"], ended["idTokenInfo"]["status"]) == (6, "Accepted")
    session = Session(station)
    started = await session.tell("Started", "Authorized", id_token=card, import_wh=15_000)
    assert started["transactionLimit"] == {"maxCost": 4}


async def test_tc21_c_104_csms_a_prepaid_card_without_credit(bench: Bench) -> None:
    station = await keeps_limits(bench)
    await costs(bench, station)
    card = await token(bench, paid_in=Decimal(4))
    session = Session(station)
    await session.tell("Started", "Authorized", id_token=card, import_wh=0)
    session.later(3_600)
    assert (await session.tell("Ended", "CostLimitReached", import_wh=10_000))["totalCost"] == 4
    told = (await station.call("Authorize", {"idToken": card}))["idTokenInfo"]
    answered = await station.call("Heartbeat", {})
    assert told["status"] == "NoCredit"
    assert told["cacheExpiryDateTime"] <= answered["currentTime"]  # C17.FR.02
    started = await Session(station).tell("Started", "Authorized", id_token=card)
    assert started["idTokenInfo"]["status"] == "NoCredit"
    assert "transactionLimit" not in started


async def test_c17_a_prepaid_card_stands_in_no_local_list(bench: Bench) -> None:
    station = await bench.station("2.1")
    card, prepaid = await token(bench), await token(bench, paid_in=Decimal(4))
    wanted = await PostgresLocalLists(bench.hub.engine).wanted(
        ChargingStationId(station.station_id), wall_now()
    )
    listed = [entry["idToken"] for entry in wanted]
    assert card in listed
    assert prepaid not in listed


async def test_tc21_c_113_csms_a_payment_that_is_canceled_after_the_start(bench: Bench) -> None:
    """Nothing was charged: the cost is 0, as the station computed it, whatever our tariff says."""
    station = await keeps_limits(bench)
    await costs(bench, station, fixed=[{"price": "1"}])
    payment = {
        "idToken": f"psp-{station.station_id}",
        "type": "DirectPayment",
        "additionalInfo": [{"additionalIdToken": "1234", "type": "CardLast4Digits"}],
    }
    session = Session(station)
    limit = {"chargingState": "EVConnected", "transactionLimit": {"maxCost": 50}}
    started = await session.tell("Started", "CablePluggedIn", id_token=payment, info=limit)
    assert started["idTokenInfo"]["status"] == "Accepted"
    assert "transactionLimit" not in started
    nothing = {"exclTax": 0, "inclTax": 0}
    details = {
        "totalCost": {"currency": "GBP", "typeOfCost": "NormalCost", "total": nothing},
        "totalUsage": {"energy": 0, "chargingTime": 0, "idleTime": 0},
    }
    stopped = {"stoppedReason": "Local"}
    ended = await session.tell(
        "Ended", "StopAuthorized", id_token=payment, costDetails=details, info=stopped
    )
    assert ended["totalCost"] == 0  # C20.FR.03
    canceled = {
        "transactionId": session.transaction_id,
        "pspRef": payment["idToken"],
        "status": "Canceled",
        "settlementAmount": 0,
        "settlementTime": (await station.call("Heartbeat", {}))["currentTime"],
    }
    assert await station.call("NotifySettlement", canceled) == {}
    row = await bench.hub.row(tables.settlement, station.station_id)
    assert (row["status"], row["amount"]) == ("Canceled", 0)

    async def known() -> bool:
        rows = await bench.hub.rows(tables.transaction_cost, station.station_id)
        return [(row["total_with_tax"], row["final"]) for row in rows] == [(0, True)]

    assert await until(known)
