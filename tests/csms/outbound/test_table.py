"""Every kind of command can be carried out; what the station answers decides."""

import pytest

from csms.domain.commands import CommandKind, CommandStatus
from csms.outbound.table import EXECUTORS

CONFIRMED, REFUSED = CommandStatus.CONFIRMED, CommandStatus.REFUSED
TOKEN = {"idToken": "GOOD", "type": "Central"}
PLAIN = [
    (CommandKind.REQUEST_START_TRANSACTION, {"idToken": TOKEN, "remoteStartId": 1, "evseId": 1}),
    (CommandKind.REQUEST_STOP_TRANSACTION, {"transactionId": "tx1"}),
    (CommandKind.TRIGGER_MESSAGE, {"requestedMessage": "Heartbeat"}),
    (CommandKind.RESET, {"type": "OnIdle"}),
    (CommandKind.CHANGE_AVAILABILITY, {"operationalStatus": "Operative"}),
    (CommandKind.GET_BASE_REPORT, {"requestId": 1, "reportBase": "FullInventory"}),
    (CommandKind.CLEAR_CHARGING_PROFILE, {"chargingProfileId": 50}),
]


def test_no_kind_is_forgotten():
    assert set(EXECUTORS) == set(CommandKind)


@pytest.mark.parametrize(("kind", "payload"), PLAIN)
async def test_an_accepted_request_is_confirmed(bench, kind, payload):
    outcome = await bench.run(kind, **payload)
    assert (outcome.status, outcome.response["status"]) == (CONFIRMED, "Accepted")
    assert bench.station.heard == [(kind.value, payload)]


@pytest.mark.parametrize(("kind", "payload"), PLAIN[:6])
async def test_a_rejected_request_is_refused_with_the_reason(bench, kind, payload):
    info = {"reasonCode": "NotNow"}
    bench.station.answers[kind.value] = {"status": "Rejected", "statusInfo": info}
    outcome = await bench.run(kind, **payload)
    assert (outcome.status, outcome.reason) == (REFUSED, "NotNow")


@pytest.mark.parametrize(
    ("kind", "payload", "status", "expected"),
    [
        (CommandKind.UNLOCK_CONNECTOR, {"evseId": 1, "connectorId": 1}, "Unlocked", CONFIRMED),
        (CommandKind.UNLOCK_CONNECTOR, {"evseId": 1, "connectorId": 1}, "UnlockFailed", REFUSED),
        (CommandKind.RESET, {"type": "OnIdle"}, "Scheduled", CONFIRMED),
        (CommandKind.TRIGGER_MESSAGE, {"requestedMessage": "Heartbeat"}, "NotImplemented", REFUSED),
    ],
)
async def test_statuses_of_their_own(bench, kind, payload, status, expected):
    bench.station.answers[kind.value] = {"status": status}
    assert (await bench.run(kind, **payload)).status is expected


async def test_a_call_error_is_a_refusal_with_its_code(bench, refused):
    bench.station.answers["Reset"] = refused
    outcome = await bench.run(CommandKind.RESET, type="OnIdle")
    assert (outcome.status, outcome.reason) == (REFUSED, "NotSupported")


@pytest.mark.parametrize(("kind", "payload"), PLAIN)
async def test_a_bad_payload_never_leaves(bench, kind, payload):
    outcome = await bench.run(kind, **payload, unheardOf=1)
    assert outcome.status is REFUSED
    assert outcome.reason.startswith("bad_payload")
    assert bench.station.heard == []


async def test_a_status_is_asked_of_one_connector(bench):
    outcome = await bench.run(CommandKind.TRIGGER_MESSAGE, requestedMessage="StatusNotification")
    assert (outcome.status, outcome.reason) == (REFUSED, "connector_missing")
    assert bench.station.heard == []


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (CommandKind.GET_DISPLAY_MESSAGES, {"requestId": "first"}),
        (CommandKind.CUSTOMER_INFORMATION, {"idToken": TOKEN, "requestId": "first"}),
        (
            CommandKind.GET_CHARGING_PROFILES,
            {"requestId": "first", "chargingProfile": {"stackLevel": 1}},
        ),
        (CommandKind.TRIGGER_MESSAGE, {"requestedMessage": "Fireworks"}),
        (CommandKind.RESERVE_NOW, {"idToken": TOKEN, "expiryDateTime": "soon"}),
        (CommandKind.GET_LOG, {"requestId": "first"}),
    ],
)
async def test_of_what_is_no_request_nothing_is_remembered(bench, kind, payload):
    outcome = await bench.run(kind, **payload)
    assert outcome.status is REFUSED
    assert (outcome.reason or "").startswith("bad_payload")
    assert (bench.store.facts, bench.station.heard) == ([], [])
