"""Blocks C21, C24 and C25 of OCPP 2.1: payments that the csms settles with a provider over HTTP, of
terminals, and of a kiosk and a web page that speak to the API."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.bus import Bus
from csms.clock import Clock, wall_now
from csms.store import tables
from csms.store.engine import make_engine
from tests.conformance import v2x
from tests.conformance.conftest import Bench, shared_loop_fixture, until
from tests.conformance.people import Session
from tests.conformance.station import Payload, ScriptedStation
from tests.conformance.test_21_block_e_limits import LIMITS, costs
from tests.integration.csms.conftest import SECRET, running_hub
from tests.provider import Provider, provider
from web.main import make_app
from web.roles import Role, Scope
from web.settings import WebSettings
from web.store.accounts import create_token

pytestmark = pytest.mark.integration
DYNAMIC = "https://pay.example/{chargingstationid}/{evse}/{totp}/{version}"
STATIC = "https://pay.example/sticker/{chargingstationid}/{evse}"


@dataclass
class PaymentBench(Bench):
    """A csms with a payment provider."""

    provider: Provider = field(default_factory=Provider)
    database_url: str = ""
    redis_url: str = ""

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
        settings = {"payment_url": asked.url, "payment_link": DYNAMIC}
        async with (
            running_hub(database_url, redis_url, engine, **settings) as hub,
            AsyncExitStack() as stack,
        ):
            yield Bench(hub, stack), asked


@shared_loop_fixture()
async def till(
    paid: tuple[Bench, Provider], database_url: str, redis_url: str
) -> AsyncIterator[PaymentBench]:
    made, asked = paid
    async with AsyncExitStack() as stack:
        yield PaymentBench(
            made.hub, stack, provider=asked, database_url=database_url, redis_url=redis_url
        )


def cost(net: float, gross: float) -> Payload:
    """CostDetailsType of an hour and 10 kWh."""
    total = {"exclTax": net, "inclTax": gross}
    return {
        "totalCost": {"currency": "GBP", "typeOfCost": "NormalCost", "total": total},
        "totalUsage": {"energy": 10_000, "chargingTime": 3_600, "idleTime": 0},
    }


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
    await session.tell("Ended", "StopAuthorized", import_wh=10_000, costDetails=cost(5.0, 6.0))
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


async def kiosk(till: PaymentBench) -> httpx.AsyncClient:
    """A program that may take payments, and nothing else."""
    async with till.hub.engine.begin() as conn:
        name = f"kiosk-{uuid4().hex[:8]}"
        token = await create_token(conn, SECRET, name, Role.VIEWER, [Scope.PAYMENTS])
    settings = WebSettings(
        database_url=till.database_url,
        redis_url=till.redis_url,
        secret=SecretStr(SECRET),
        payment_link=DYNAMIC,
        static_payment_link=STATIC,
    )
    bus = Bus(settings.redis_url)
    engine = make_engine(settings.database_url)
    till.stack.push_async_callback(engine.dispose)
    till.stack.push_async_callback(bus.close)
    app = make_app(settings, engine, Clock(), bus)
    await till.stack.enter_async_context(app.router.lifespan_context(app))
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://hub/api/v1",
        headers={"Authorization": f"Bearer {token}"},
    )
    return await till.stack.enter_async_context(client)


async def with_evse(till: PaymentBench) -> ScriptedStation:
    """A station with an EVSE, a price and limits that it can keep."""
    station = await till.station("2.1")
    await v2x.reports(station, LIMITS)
    await costs(till, station)
    status = {"timestamp": v2x.now(), "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
    await station.call("StatusNotification", status)
    return station


async def pays(
    till: PaymentBench,
    station: ScriptedStation,
    client: httpx.AsyncClient | None = None,
    **more: Any,
) -> tuple[httpx.AsyncClient, Session, Payload]:
    """At a kiosk; the station starts as asked (C24.FR.01), and hears the limit (C24.FR.02)."""
    client = client or await kiosk(till)
    reference = f"PSP-{station.station_id}"
    paid = {"psp_ref": reference, "station_id": station.station_id, "amount": "5.00"}
    paid |= {"currency": "GBP", **more}
    posted = asyncio.create_task(client.post("/payments", json=paid))
    start = await station.expect("RequestStartTransaction", {"status": "Accepted"})
    assert (await posted).status_code == 202, (await posted).text
    payment = {"idToken": reference, "type": "DirectPayment"}
    assert start["idToken"] == payment
    assert start.get("evseId") == more.get("evse_id")
    session = Session(station)
    remote = {"remoteStartId": start["remoteStartId"]}
    started = await session.tell(
        "Started", "RemoteStart", id_token=payment, import_wh=0, info=remote
    )
    assert started["idTokenInfo"]["status"] == "Accepted"
    assert started["transactionLimit"] == {"maxCost": 5}
    confirmed = {"transactionLimit": {"maxCost": 5}}
    assert "transactionLimit" not in await session.tell("Updated", "LimitSet", info=confirmed)
    session.later(3_600)
    return client, session, payment


async def is_settled(
    till: PaymentBench, client: httpx.AsyncClient, session: Session, payment: Payload, amount: str
) -> None:
    """Once, and the kiosk finds the receipt (C24.FR.10)."""
    row = await till.settling(session.station)
    assert (row["status"], row["amount"]) == ("Settled", Decimal(amount))
    ((_, wish),) = till.provider.of(payment["idToken"])
    assert (wish["amount"], wish["transaction"]) == (amount, session.transaction_id)
    told = (await client.get(f"/payments/{payment['idToken']}")).json()
    assert told["start_status"] == "confirmed"
    (settled,) = told["settlements"]
    assert settled["receipt_url"] == "https://pay.example/r-1"


async def test_tc21_c_125_csms_a_kiosk_central_cost_calculation(till: PaymentBench) -> None:
    """The cost is ours, and told; the payment starts nothing more."""
    station = await with_evse(till)
    client, session, payment = await pays(till, station, evse_id=1)
    ended = await session.tell("Ended", "EVDeparted", import_wh=10_000)
    assert ended["totalCost"] == 4
    await is_settled(till, client, session, payment, "4.00")
    again = await client.post(
        "/payments",
        json={
            "psp_ref": payment["idToken"],
            "station_id": station.station_id,
            "evse_id": 1,
            "amount": "5.00",
            "currency": "GBP",
        },
    )
    assert again.status_code == 200
    starts = [action for action, _ in station.heard if action == "RequestStartTransaction"]
    assert len(starts) == 1


async def test_tc21_c_126_csms_a_kiosk_local_cost_calculation(till: PaymentBench) -> None:
    """The cost is what the station computed and showed; the driver chose the EVSE there."""
    station = await with_evse(till)
    client, session, payment = await pays(till, station)
    await session.tell("Ended", "EVDeparted", import_wh=10_000, costDetails=cost(2.5, 3.0))
    await is_settled(till, client, session, payment, "3.00")


def qr_code(station: ScriptedStation, at_s: float, evse: str = "1", query: str = "") -> str:
    """What the station shows: the template it was set, filled in by the standard's algorithm."""
    (request,) = [
        told for action, told in station.heard
        if action == "SetVariables" and "WebPaymentsCtrlr" in str(told)
    ]  # fmt: skip
    was_set = {
        one["variable"]["name"]: one["attributeValue"]
        for one in request["setVariableData"]
        if one["component"]["name"] == "WebPaymentsCtrlr"
    }
    assert (was_set["Enabled"], was_set["TOTPVersion"]) == ("true", "v1")
    interval = int(at_s // int(was_set["ValidityTime"]))
    key = was_set["SharedSecret"].encode()
    digest = hmac.new(key, interval.to_bytes(8, "big"), hashlib.sha256).digest()
    letters = "0123456789abcdefghijklmnpqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    password, offset = "", digest[31] & 15
    for place in range(int(was_set["Length"])):
        password += letters[digest[(offset + place) % 32] % len(letters)]
    filled = {
        "{chargingstationid}": station.station_id, "{evse}": evse, "{totp}": password,
        "{version}": "v1",
    }  # fmt: skip
    url: str = was_set["URLTemplate"]
    for place_name, value in filled.items():
        url = url.replace(place_name, value)
    return url + query


@pytest.mark.parametrize("dynamic", [True, False], ids=["dynamic", "static"])
async def test_tc21_c_131_csms_a_qr_code_success(till: PaymentBench, dynamic: bool) -> None:
    """Checked, the station told that somebody pays (C25.FR.21), then as at a kiosk."""
    station = await with_evse(till)
    page = await kiosk(till)
    query = "?maxenergy=20000&maxcost=5&colour=red"
    url = qr_code(station, wall_now().timestamp(), query=query)
    if not dynamic:
        url = f"https://pay.example/sticker/{station.station_id}/1{query}"
    posted = asyncio.create_task(page.post("/payments/links", json={"url": url}))
    told = await station.expect("NotifyWebPaymentStarted", {})
    assert told == {"evseId": 1, "timeout": 300}
    assert (await posted).json() == {
        "station_id": station.station_id, "evse_id": 1, "dynamic": dynamic, "max_cost": "5",
        "max_energy_wh": 20_000, "max_time_s": None,
    }  # fmt: skip
    if dynamic:  # a page that is loaded again
        assert (await page.post("/payments/links", json={"url": url})).status_code == 200
        notified = [kind for kind in await kinds(till, station) if "WebPayment" in kind]
        assert len(notified) == 1
    client, session, payment = await pays(till, station, page, evse_id=1)
    await session.tell("Ended", "EVDeparted", import_wh=10_000)
    await is_settled(till, client, session, payment, "4.00")


async def kinds(till: PaymentBench, station: ScriptedStation) -> list[str]:
    """What the station is asked to do, each time."""
    return [row["kind"] for row in await till.hub.rows(tables.command, station.station_id)]


async def refused(till: PaymentBench, station: ScriptedStation, url: str, name: str) -> None:
    """With this name, and the station hears of nothing (C25.FR.08)."""
    page = await kiosk(till)
    told = await page.post("/payments/links", json={"url": url})
    assert (told.status_code, told.json()["type"]) == (422, f"urn:v2ghub:problem:{name}")
    assert "NotifyWebPaymentStarted" not in await kinds(till, station)


async def test_tc21_c_132_csms_a_qr_code_invalid_parameters(till: PaymentBench) -> None:
    station = await with_evse(till)
    at_s = wall_now().timestamp()
    good = qr_code(station, at_s)
    await refused(till, station, qr_code(station, at_s, "0"), "link-evse-invalid")
    await refused(till, station, qr_code(station, at_s, "one"), "link-evse-invalid")
    await refused(till, station, good + "?maxenergy=-1", "link-limit-invalid")
    await refused(till, station, good + "?maxtime=soon", "link-limit-invalid")
    await refused(till, station, good.replace("/v1", "/v9"), "link-not-ours")
    await refused(till, station, good.replace("pay.example", "fake.example"), "link-not-ours")
    page = await kiosk(till)
    unknown = {"url": "https://pay.example/sticker/nobody/1"}
    assert (await page.post("/payments/links", json=unknown)).status_code == 404


async def test_tc21_c_133_csms_a_qr_code_invalid_totp(till: PaymentBench) -> None:
    """Made up, too old, of the future, or another station's."""
    station, other = await with_evse(till), await with_evse(till)
    at_s = wall_now().timestamp()
    *_, password, _ = qr_code(station, at_s).split("/")
    made_up = qr_code(station, at_s).replace(password, password[::-1] + "x")
    theirs = qr_code(other, at_s).replace(other.station_id, station.station_id)
    for url in (made_up, qr_code(station, at_s - 300), qr_code(station, at_s + 300), theirs):
        await refused(till, station, url, "link-totp-invalid")
