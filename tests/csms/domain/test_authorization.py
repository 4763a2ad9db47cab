"""C: what a token may, where, when and with whom."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from csms.domain.authorization import (
    AuthorizationStatus,
    Presented,
    Token,
    TokenPolicy,
    TokenRef,
    judge,
)
from csms.domain.ids import ChargingStationId, EvseId, IdToken

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
STATION = ChargingStationId("cs1")
STRICT = TokenPolicy(accept_unknown=False)
CARD = Token(ref=TokenRef(IdToken("A")), status=AuthorizationStatus.ACCEPTED)
SHOWN = Presented(id_token=IdToken("A"), station_id=STATION, evse_id=EvseId(1))


def status(token: Token | None = CARD, policy: TokenPolicy = STRICT, **presented: Any) -> str:
    elsewhere = presented.pop("elsewhere", False)
    shown = replace(SHOWN, **presented)
    return judge(token, shown, policy, NOW, charges_elsewhere=elsewhere).status.value


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "Accepted"),
        ({"status": AuthorizationStatus.NO_CREDIT}, "NoCredit"),
        ({"expires_at": NOW}, "Expired"),
        ({"expires_at": NOW + HOUR}, "Accepted"),
        ({"valid_from": NOW + HOUR}, "NotAtThisTime"),
        ({"places": {"cs2": ()}}, "NotAtThisLocation"),
        ({"places": {"cs1": ()}}, "Accepted"),
        ({"places": {"cs1": (2,)}}, "NotAtThisLocation"),
        ({"places": {}}, "NotAtThisLocation"),
        ({"status": AuthorizationStatus.BLOCKED, "expires_at": NOW - HOUR}, "Blocked"),
    ],
)
def test_what_is_listed_of_a_token(changes: dict[str, Any], expected: str) -> None:
    assert status(replace(CARD, **changes)) == expected


def test_a_token_nobody_listed_follows_the_policy() -> None:
    assert status(None) == "Unknown"
    assert status(None, TokenPolicy(accept_unknown=True)) == "Accepted"


def test_c02_fr02_where_no_token_is_needed_none_is_asked_for() -> None:
    assert status(None, type="NoAuthorization") == "Accepted"


def test_c16_fr03_a_master_pass_stops_and_never_starts() -> None:
    master = replace(CARD, group=TokenRef(IdToken("Masters")))
    policy = replace(STRICT, master_pass_group=IdToken("MASTERS"))
    assert status(master, policy) == "Accepted"
    assert status(master, policy, starts=True) == "Invalid"
    assert status(master, STRICT, starts=True) == "Accepted"


def test_one_transaction_at_a_time_if_the_policy_says_so() -> None:
    alone = replace(STRICT, concurrent_transactions=False)
    assert status(policy=alone, starts=True, elsewhere=True) == "ConcurrentTx"
    assert status(policy=alone, starts=False, elsewhere=True) == "Accepted"  # it may want to stop
    assert status(policy=STRICT, starts=True, elsewhere=True) == "Accepted"


def test_no_cache_outlives_its_token() -> None:
    short = replace(CARD, cache_s=7_200, expires_at=NOW + HOUR)
    assert judge(short, SHOWN, STRICT, NOW).cache_expires_at == NOW + HOUR
    long = replace(CARD, cache_s=60)
    assert judge(long, SHOWN, STRICT, NOW).cache_expires_at == NOW + timedelta(seconds=60)


def test_spellings_of_one_token() -> None:
    assert TokenRef(IdToken("aB1")).key == TokenRef(IdToken("Ab1")).key
    contract = TokenRef(IdToken("DE-8AA-C123456-X"), "eMAID")
    assert contract.key == TokenRef(IdToken("de8aac123456x"), "eMAID").key
    assert TokenRef(IdToken("A-1")).key != TokenRef(IdToken("A1")).key


@pytest.mark.parametrize(
    ("spent", "transaction_id", "starts", "status"),
    [
        ("9.99", None, False, AuthorizationStatus.ACCEPTED),
        ("10", None, False, AuthorizationStatus.NO_CREDIT),
        ("10", "tx1", True, AuthorizationStatus.NO_CREDIT),
        ("10", "tx1", False, AuthorizationStatus.ACCEPTED),  # it may always stop what it began
    ],
)
def test_c17_a_prepaid_token_needs_credit_and_stays_in_no_cache(
    spent: str, transaction_id: str | None, starts: bool, status: AuthorizationStatus
) -> None:
    prepaid = replace(CARD, paid_in=Decimal(10), cache_s=600)
    presented = replace(SHOWN, transaction_id=transaction_id, starts=starts)
    info = judge(prepaid, presented, STRICT, NOW, spent=Decimal(spent))
    assert (info.status, info.cache_expires_at) == (status, NOW)
