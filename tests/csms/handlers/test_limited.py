"""C17, E16: limits in the answers to events, and stops where a station keeps none."""

from decimal import Decimal

import pytest

from csms.domain.commands import CommandKind
from csms.domain.facts import Noticed
from csms.domain.facts_limits import SettlementDue, TransactionLimitTold
from csms.domain.ids import IdToken
from csms.domain.limits import LimitHeld, TransactionLimit
from csms.domain.settling import NO_COST, NO_PROVIDER
from csms.domain.station import OcppVersion
from csms.domain.tariff import Price, Tariff, TariffInForce
from tests.csms.handlers.conftest import iso

TOKEN = {"idToken": "GOOD", "type": "ISO14443"}
TEN_KWH = TransactionLimit(max_energy_wh=10_000.0)


def event(hub, kind, seq_no, *, wh=None, **more):
    told = {
        "eventType": kind,
        "timestamp": iso(hub.now),
        "triggerReason": "MeterValuePeriodic",
        "seqNo": seq_no,
        "transactionInfo": {"transactionId": "tx1"} | more.pop("info", {}),
        "evse": {"id": 1},
        **more,
    }
    if wh is not None:
        sample = {"value": wh, "context": "Sample.Periodic"}
        told["meterValue"] = [{"timestamp": iso(hub.now), "sampledValue": [sample]}]
    return hub.tell("TransactionEvent", told)


async def test_e16_the_limit_is_told_once_and_a_repeat_hears_it_again(hub21):
    hub21.store.limits.everybody = LimitHeld(wanted=TEN_KWH)
    for _ in range(2):
        told = await event(hub21, "Started", 0, idToken=TOKEN)
        assert told["transactionLimit"] == {"maxEnergy": 10_000}
    assert len(hub21.kept(TransactionLimitTold)) == 1
    confirmed = {"transactionLimit": {"maxEnergy": 10_000}}
    assert "transactionLimit" not in await event(hub21, "Updated", 1, info=confirmed)
    assert "transactionLimit" not in await event(hub21, "Updated", 2)


async def test_a_token_that_is_refused_hears_of_no_limit(hub21):
    hub21.store.limits.everybody = LimitHeld(wanted=TEN_KWH)
    told = await event(hub21, "Started", 0, idToken={"idToken": "BAD", "type": "ISO14443"})
    assert set(told) == {"idTokenInfo"}


@pytest.mark.parametrize("version", [OcppVersion.V201, OcppVersion.V21])
async def test_what_the_station_cannot_keep_is_stopped_by_us_once(hub, version):
    it = hub
    it.version = version
    it.store.limits.everybody = LimitHeld(ours=TransactionLimit(max_cost=Decimal(4)))
    tariff = Tariff(tariff_id="t", currency="GBP", energy=(Price(price=Decimal("0.4")),))
    it.store.tariffs.everybody = TariffInForce(tariff=tariff)
    await event(it, "Started", 0, wh=0, idToken=TOKEN)
    it.later(3_600)
    assert "transactionLimit" not in await event(it, "Updated", 1, wh=9_900)
    assert it.store.commands == []
    for seq_no in (2, 3):
        it.later(3_600)
        await event(it, "Updated", seq_no, wh=10_000 * seq_no)
    (stop,) = it.store.commands
    assert stop.kind is CommandKind.REQUEST_STOP_TRANSACTION
    assert stop.payload == {"transactionId": "tx1"}


def at_a_price(it):
    price = Price(price=Decimal("0.4"))
    tariff = Tariff(tariff_id="t", currency="GBP", energy=(price,))
    it.store.tariffs.everybody = TariffInForce(tariff=tariff)


@pytest.mark.parametrize(("ours", "kind"), [(True, "DirectPayment"), (False, "DirectPayment"),
                                            (True, "ISO14443")])  # fmt: skip
async def test_c21_fr05_a_payment_that_is_ours_is_due_at_the_end(hub21, ours, kind):
    at_a_price(hub21)
    hub21.store.limits.ours = frozenset({IdToken("GOOD")} if ours else ())
    await event(hub21, "Started", 0, idToken=TOKEN | {"type": kind})
    for _ in range(2):
        await event(hub21, "Ended", 1)
    due = {(one.psp_ref, one.transaction_id, one.left_because) for one in hub21.kept(SettlementDue)}
    assert due == ({("GOOD", "tx1", None)} if ours and kind == "DirectPayment" else set())
    assert hub21.kept(Noticed) == []


@pytest.mark.parametrize(("settles", "priced", "why"), [(False, True, NO_PROVIDER),
                                                        (True, False, NO_COST)])  # fmt: skip
async def test_what_nobody_can_be_asked_for_is_left_to_an_operator_who_is_told(
    hub21, settles, priced, why
):
    hub21.settles_payments = settles
    if priced:
        at_a_price(hub21)
    hub21.store.limits.ours = frozenset({IdToken("GOOD")})
    await event(hub21, "Started", 0, idToken=TOKEN | {"type": "DirectPayment"})
    await event(hub21, "Ended", 1)
    assert [one.left_because for one in hub21.kept(SettlementDue)] == [why]
    (told,) = hub21.kept(Noticed)
    assert (told.severity, told.payload["reason"]) == ("warning", why)


async def test_i12_what_the_station_computed_is_the_cost(hub21):
    total = {"exclTax": 15.0, "inclTax": 18.15}
    details = {
        "totalCost": {"currency": "EUR", "typeOfCost": "NormalCost", "total": total},
        "totalUsage": {"energy": 1, "chargingTime": 5, "idleTime": 0},
    }
    await event(hub21, "Started", 0, idToken=TOKEN)
    assert (await event(hub21, "Ended", 1, costDetails=details))["totalCost"] == 18.15
