"""When a certificate is renewed, and how its station is asked."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.commands import CommandStatus
from csms.domain.ids import ChargingStationId
from csms.domain.renewal import Asked, HeldCertificate, renewal

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
YEAR = timedelta(days=365)


ONE = UUID(int=1)


def held(certificate_id: UUID = ONE, kind: str = "ChargingStationCertificate"):
    return HeldCertificate(
        certificate_id=certificate_id,
        station_id=ChargingStationId("cs1"),
        certificate_type=kind,
        since=NOW,
        not_after=NOW + YEAR,
    )


@given(st.uuids())
def test_each_has_a_moment_of_its_own_in_good_time(certificate_id):
    left = NOW + YEAR - held(certificate_id).due_at
    assert YEAR / 6 <= left <= YEAR / 3
    assert held(certificate_id).due_at == held(certificate_id).due_at


def test_those_of_one_day_are_spread():
    due = {held(UUID(int=n << 120)).due_at.date() for n in range(256)}
    assert len(due) > 50


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("ChargingStationCertificate", "SignChargingStationCertificate"),
        ("V2GCertificate", "SignV2GCertificate"),
        ("V2G20Certificate", "SignV2G20Certificate"),
        ("Combined", "SignCombinedCertificate"),
    ],
)
def test_a02_the_station_is_asked_by_trigger_message(kind, message):
    command = renewal(held(kind=kind), NOW, timedelta(days=90))
    assert (command.kind, command.payload) == ("TriggerMessage", {"requestedMessage": message})
    assert command.deadline_at == NOW + timedelta(days=90)
    assert renewal(held(kind=kind), NOW + YEAR, YEAR).command_id == command.command_id
    again = {renewal(held(kind=kind), NOW, YEAR, times).command_id for times in (1, 1, 2)}
    assert len(again | {command.command_id}) == 3


@pytest.mark.parametrize(
    ("times", "hours"), [(1, 1), (2, 2), (3, 4), (5, 16), (6, 24), (7, 24), (90, 24)]
)
def test_a_station_of_which_nothing_came_is_asked_again_later_each_time(times, hours):
    asked = Asked(times, CommandStatus.CONFIRMED, NOW)
    assert not asked.is_to_be_repeated(NOW + timedelta(hours=hours) - timedelta(seconds=1))
    assert asked.is_to_be_repeated(NOW + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("status", "ended_at"),
    [
        (CommandStatus.REFUSED, NOW),
        (CommandStatus.PENDING, None),  # it is not there
        (CommandStatus.SENT, None),
    ],
)
def test_a_station_that_refused_or_has_yet_to_answer_is_left_alone(status, ended_at):
    assert not Asked(1, status, ended_at).is_to_be_repeated(NOW + YEAR)
