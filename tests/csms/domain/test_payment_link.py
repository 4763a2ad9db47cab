"""Links of QR codes: their form, their limits, and how long a password is good."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.ids import ChargingStationId
from csms.domain.limits import UNLIMITED, TransactionLimit
from csms.domain.payment_link import (
    LENGTH,
    VALIDITY_S,
    LinkRefusal,
    PaymentLink,
    is_current,
    read,
    shared_secret,
    template_fault,
    totp,
)

PATH = "https://pay.example/{chargingstationid}/{evse}/{totp}/{version}"
QUERY = "https://pay.example/start?cs={chargingstationid}&code={totp}&v={version}"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECRET = shared_secret("pepper", ChargingStationId("cs1"))


@pytest.mark.parametrize(
    ("template", "url", "evse_id", "limit"),
    [
        (PATH, "https://pay.example/cs%201/2/abc/v1", 2, UNLIMITED),
        (PATH, "https://pay.example/cs%201/2/abc/v1/?maxenergy=20000", 2,
         TransactionLimit(max_energy_wh=20_000.0)),
        (QUERY, "https://pay.example/start?cs=cs+1&code=abc&v=v1&maxtime=60&maxcost=9.5&x=y", None,
         TransactionLimit(max_time_s=60, max_cost=Decimal("9.5"))),
    ],
    ids=["by path", "with a limit", "by query"],
)  # fmt: skip
def test_c25_fr09_a_link_says_where_and_how_much(template, url, evse_id, limit):
    station_id = ChargingStationId("cs 1")
    expected = PaymentLink(station_id=station_id, evse_id=evse_id, limit=limit, password="abc")
    assert read(template, url) == expected


@pytest.mark.parametrize(
    ("url", "refusal"),
    [
        ("https://fake.example/cs1/2/abc/v1", LinkRefusal.NOT_OURS),
        ("https://pay.example/cs1/2/abc", LinkRefusal.NOT_OURS),
        ("https://pay.example/cs1/2/abc/v2", LinkRefusal.NOT_OURS),
        ("https://pay.example/%00/2/abc/v1", LinkRefusal.NOT_OURS),
        ("https://pay.example/cs1/0/abc/v1", LinkRefusal.BAD_EVSE),
        ("https://pay.example/cs1/-1/abc/v1", LinkRefusal.BAD_EVSE),
        ("https://pay.example/cs1/2/abc/v1?maxcost=0", LinkRefusal.BAD_LIMIT),
        ("https://pay.example/cs1/2/abc/v1?maxtime=1.5", LinkRefusal.BAD_LIMIT),
        ("https://pay.example/cs1/2/abc/v1?maxenergy=", LinkRefusal.BAD_LIMIT),
    ],
)
def test_another_form_is_refused_by_name(url, refusal):
    assert read(PATH, url) is refusal


@given(st.text())
def test_no_text_is_more_than_refused(text):
    assert isinstance(read(PATH, text), LinkRefusal | PaymentLink)


@pytest.mark.parametrize(
    ("template", "dynamic", "fault"),
    [
        (PATH, True, None),
        (PATH, False, "it must not have {totp}"),
        ("https://pay.example/{chargingstationid}", True, "it lacks {totp}"),
        ("https://pay.example/{chargingstationid}", False, None),
        ("pay.example/{chargingstationid}", False, "it must be a URL"),
        (PATH + "/{roamingevseid}", True, "it must not have {roamingevseid}"),
        (PATH + "/{evse}", True, "it names a place twice"),
    ],
)
def test_c25_fr50_what_a_template_must_have(template, dynamic, fault):
    assert template_fault(template, dynamic=dynamic) == fault


@pytest.mark.parametrize(
    ("intervals_ago", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_c25_fr07_a_password_is_good_in_its_own_interval_and_the_two_beside_it(intervals_ago, good):
    then = NOON - timedelta(seconds=VALIDITY_S * intervals_ago)
    password = totp(SECRET, int(then.timestamp()) // VALIDITY_S, LENGTH)
    assert is_current(password, SECRET, NOON) is good
    assert not is_current(password, shared_secret("pepper", ChargingStationId("cs2")), NOON)


def test_a_password_is_as_the_standard_computes_it():
    """By hand: the HMAC of eight bytes, from the offset that its last byte names."""
    told = totp("a shared secret", 29_000_000, 40)
    assert len(told) == 40
    assert told[:8] == told[32:]  # the hash has 32 bytes, and then it begins anew
    assert "o" not in told
