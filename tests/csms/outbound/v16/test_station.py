"""Each action of 2.0.1 in the words of 1.6, its answer in those of 2.0.1, or a refusal by name."""

from typing import Any

import pytest

from csms.domain.errors import CallRefused
from csms.ocppj.types_v201 import REQUESTS
from csms.outbound.v16.station import TRANSLATIONS
from csms.outbound.v16.voice import NotIn16
from tests.csms.outbound.v16.conftest import Bench16

AT = "2026-03-01T08:00:00Z"
TOKEN = {"idToken": "TAG", "type": "Central"}
HASH = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "aa",
    "issuerKeyHash": "bb",
    "serialNumber": "cc",
}
UNKNOWN = CallRefused("NotImplemented", "never heard of it")
FIRMWARE = {"location": "https://hub/fw", "retrieveDateTime": AT}
SIGNED = {"signingCertificate": "PEM", "signature": "c2ln"}
ACCEPTED = {"status": "Accepted"}

PLAIN: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("Reset", {"type": "OnIdle"}, "Reset", {"type": "Soft"}),
    ("Reset", {"type": "Immediate"}, "Reset", {"type": "Hard"}),
    ("ClearCache", {}, "ClearCache", {}),
    (
        "RequestStartTransaction",
        {"idToken": TOKEN, "remoteStartId": 1, "evseId": 2},
        "RemoteStartTransaction",
        {"idTag": "TAG", "connectorId": 2},
    ),
    (
        "RequestStartTransaction",
        {"idToken": TOKEN, "remoteStartId": 1},
        "RemoteStartTransaction",
        {"idTag": "TAG"},
    ),
    (
        "RequestStopTransaction",
        {"transactionId": "1000001"},
        "RemoteStopTransaction",
        {"transactionId": 1_000_001},
    ),
    (
        "ChangeAvailability",
        {"operationalStatus": "Inoperative"},
        "ChangeAvailability",
        {"connectorId": 0, "type": "Inoperative"},
    ),
    (
        "ChangeAvailability",
        {"operationalStatus": "Operative", "evse": {"id": 2, "connectorId": 1}},
        "ChangeAvailability",
        {"connectorId": 2, "type": "Operative"},
    ),
    (
        "TriggerMessage",
        {"requestedMessage": "TransactionEvent", "evse": {"id": 1}},
        "TriggerMessage",
        {"requestedMessage": "MeterValues", "connectorId": 1},
    ),
    (
        "TriggerMessage",
        {"requestedMessage": "SignChargingStationCertificate"},
        "ExtendedTriggerMessage",
        {"requestedMessage": "SignChargePointCertificate"},
    ),
    (
        "SendLocalList",
        {
            "versionNumber": 7,
            "updateType": "Differential",
            "localAuthorizationList": [
                {"idToken": TOKEN},
                {
                    "idToken": {"idToken": "B", "type": "ISO14443"},
                    "idTokenInfo": {
                        "status": "NoCredit",
                        "cacheExpiryDateTime": AT,
                        "groupIdToken": {"idToken": "FLEET", "type": "Central"},
                    },
                },
            ],
        },
        "SendLocalList",
        {
            "listVersion": 7,
            "updateType": "Differential",
            "localAuthorizationList": [
                {"idTag": "TAG"},
                {
                    "idTag": "B",
                    "idTagInfo": {"status": "Blocked", "expiryDate": AT, "parentIdTag": "FLEET"},
                },
            ],
        },
    ),
    (
        "SendLocalList",
        {"versionNumber": 8, "updateType": "Full"},
        "SendLocalList",
        {"listVersion": 8, "updateType": "Full"},
    ),
    (
        "ReserveNow",
        {"id": 3, "expiryDateTime": AT, "idToken": TOKEN, "evseId": 1, "groupIdToken": TOKEN},
        "ReserveNow",
        {
            "reservationId": 3,
            "connectorId": 1,
            "expiryDate": AT,
            "idTag": "TAG",
            "parentIdTag": "TAG",
        },
    ),
    (
        "ReserveNow",
        {"id": 3, "expiryDateTime": AT, "idToken": TOKEN},
        "ReserveNow",
        {"reservationId": 3, "connectorId": 0, "expiryDate": AT, "idTag": "TAG"},
    ),
    ("CancelReservation", {"reservationId": 3}, "CancelReservation", {"reservationId": 3}),
    (
        "UpdateFirmware",
        {"requestId": 5, "firmware": FIRMWARE | SIGNED, "retries": 2},
        "SignedUpdateFirmware",
        {"requestId": 5, "firmware": FIRMWARE | SIGNED, "retries": 2},
    ),
    (
        "CertificateSigned",
        {"certificateChain": "PEM", "certificateType": "ChargingStationCertificate"},
        "CertificateSigned",
        {"certificateChain": "PEM"},
    ),
    (
        "InstallCertificate",
        {"certificateType": "CSMSRootCertificate", "certificate": "PEM"},
        "InstallCertificate",
        {"certificateType": "CentralSystemRootCertificate", "certificate": "PEM"},
    ),
    (
        "DeleteCertificate",
        {"certificateHashData": HASH},
        "DeleteCertificate",
        {"certificateHashData": HASH},
    ),
    (
        "GetLog",
        {
            "logType": "SecurityLog",
            "requestId": 9,
            "log": {"remoteLocation": "https://hub/log", "oldestTimestamp": AT},
        },
        "GetLog",
        {
            "logType": "SecurityLog",
            "requestId": 9,
            "log": {"remoteLocation": "https://hub/log", "oldestTimestamp": AT},
        },
    ),
    (
        "DataTransfer",
        {"vendorId": "v", "messageId": "m", "data": {"x": [1]}},
        "DataTransfer",
        {"vendorId": "v", "messageId": "m", "data": '{"x":[1]}'},
    ),
    (
        "ClearChargingProfile",
        {"chargingProfileId": 12},
        "ClearChargingProfile",
        {"id": 12},
    ),
    (
        "ClearChargingProfile",
        {
            "chargingProfileCriteria": {
                "evseId": 1,
                "chargingProfilePurpose": "ChargingStationMaxProfile",
                "stackLevel": 2,
            }
        },
        "ClearChargingProfile",
        {"connectorId": 1, "chargingProfilePurpose": "ChargePointMaxProfile", "stackLevel": 2},
    ),
]


@pytest.mark.parametrize(("action", "asked", "in_16", "said"), PLAIN)
async def test_an_action_in_the_words_of_1_6(
    bench16: Bench16, action: str, asked: dict[str, Any], in_16: str, said: dict[str, Any]
) -> None:
    assert await bench16.say(action, asked) == ACCEPTED
    assert bench16.heard == [(in_16, said)]


@pytest.mark.parametrize(
    ("action", "payload", "answers", "expected"),
    [
        (
            "UnlockConnector",
            {"evseId": 1, "connectorId": 1},
            {"UnlockConnector": {"status": "NotSupported"}},
            {"status": "UnlockFailed", "statusInfo": {"reasonCode": "NotSupported"}},
        ),
        (
            "UnlockConnector",
            {"evseId": 1, "connectorId": 1},
            {"UnlockConnector": {"status": "Unlocked"}},
            {"status": "Unlocked"},
        ),
        (
            "SendLocalList",
            {"versionNumber": 8, "updateType": "Full"},
            {"SendLocalList": {"status": "NotSupported"}},
            {"status": "Failed", "statusInfo": {"reasonCode": "NotSupported"}},
        ),
        (
            "SendLocalList",
            {"versionNumber": 8, "updateType": "Full"},
            {"SendLocalList": {"status": "VersionMismatch"}},
            {"status": "VersionMismatch"},
        ),
        ("GetLocalListVersion", {}, {"GetLocalListVersion": {"listVersion": 7}},
         {"versionNumber": 7}),
        (
            "UpdateFirmware",
            {"requestId": 5, "firmware": FIRMWARE | SIGNED},
            {"SignedUpdateFirmware": {"status": "InvalidCertificate"}},
            {"status": "InvalidCertificate"},
        ),
        ("ReserveNow", {"id": 3, "expiryDateTime": AT, "idToken": TOKEN},
         {"ReserveNow": {"status": "Occupied"}}, {"status": "Occupied"}),
    ],
)  # fmt: skip
async def test_an_answer_in_the_words_of_2_0_1(
    bench16: Bench16,
    action: str,
    payload: dict[str, Any],
    answers: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    bench16.answers(**answers)
    assert await bench16.say(action, payload) == expected


async def test_unsigned_firmware_is_installed_at_once(bench16: Bench16) -> None:
    bench16.answers(UpdateFirmware={})
    told = await bench16.say("UpdateFirmware", {"requestId": 5, "firmware": FIRMWARE})
    assert told == ACCEPTED
    said = {"location": "https://hub/fw", "retrieveDate": AT}
    assert bench16.heard == [("UpdateFirmware", said)]


async def test_a_station_without_the_security_extension_gives_diagnostics(
    bench16: Bench16,
) -> None:
    bench16.answers(GetLog=UNKNOWN, GetDiagnostics={"fileName": "diag.zip"})
    log = {"remoteLocation": "https://hub/log", "oldestTimestamp": AT}
    payload = {"logType": "DiagnosticsLog", "requestId": 9, "log": log}
    assert await bench16.say("GetLog", payload) == {"status": "Accepted", "filename": "diag.zip"}
    assert bench16.heard[1] == ("GetDiagnostics", {"location": "https://hub/log", "startTime": AT})
    bench16.answers(GetDiagnostics={})
    assert await bench16.say("GetLog", payload) == {"status": "Rejected"}
    with pytest.raises(CallRefused, match="NotImplemented"):
        await bench16.say("GetLog", payload | {"logType": "SecurityLog"})


async def test_without_it_the_diagnostics_status_is_triggered(bench16: Bench16) -> None:
    bench16.answers(ExtendedTriggerMessage=UNKNOWN)
    assert await bench16.say("TriggerMessage", {"requestedMessage": "LogStatusNotification"})
    assert bench16.heard[1:] == [
        ("TriggerMessage", {"requestedMessage": "DiagnosticsStatusNotification"})
    ]
    wanted = {"requestedMessage": "SignChargingStationCertificate"}
    with pytest.raises(CallRefused, match="NotImplemented"):
        await bench16.say("TriggerMessage", wanted)


async def test_installed_certificates_of_both_uses(bench16: Bench16) -> None:
    def listed(request: dict[str, Any]) -> dict[str, Any]:
        if request["certificateType"] == "ManufacturerRootCertificate":
            return {"status": "NotFound"}
        return {"status": "Accepted", "certificateHashData": [HASH]}

    bench16.answers(GetInstalledCertificateIds=listed)
    told = await bench16.say("GetInstalledCertificateIds", {})
    chain = {"certificateType": "CSMSRootCertificate", "certificateHashData": HASH}
    assert told == {"status": "Accepted", "certificateHashDataChain": [chain]}
    assert len(bench16.heard) == 2
    one = {"certificateType": ["ManufacturerRootCertificate"]}
    assert await bench16.say("GetInstalledCertificateIds", one) == {"status": "NotFound"}
    assert len(bench16.heard) == 3


PERIOD = {"startPeriod": 0, "limit": 1.0}
SCHEDULE = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [PERIOD]}
PROFILE = {
    "id": 5,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": [SCHEDULE],
}


def profile(**changes: Any) -> dict[str, Any]:
    return {"evseId": 1, "chargingProfile": PROFILE | changes}


@pytest.mark.parametrize(
    ("action", "payload", "named"),
    [
        ("Reset", {"type": "OnIdle", "evseId": 1}, "Reset of one EVSE"),
        ("RequestStopTransaction", {"transactionId": "abc"}, "transactionId"),
        ("RequestStartTransaction", {"remoteStartId": 1, "idToken": TOKEN | {"idToken": "x" * 21}},
         "RemoteStartTransaction: length"),
        ("TriggerMessage", {"requestedMessage": "SignV2GCertificate"}, "SignV2GCertificate"),
        ("ReserveNow", {"id": 3, "expiryDateTime": AT, "idToken": TOKEN, "connectorType": "cType2"},
         "connector type"),
        ("CertificateSigned", {"certificateChain": "P", "certificateType": "V2GCertificate"},
         "V2GCertificate"),
        ("InstallCertificate", {"certificateType": "MORootCertificate", "certificate": "P"},
         "MORootCertificate"),
        ("GetInstalledCertificateIds", {"certificateType": ["V2GRootCertificate"]},
         "V2GRootCertificate"),
        ("UpdateFirmware", {"requestId": 1, "firmware": FIRMWARE | {"installDateTime": AT}},
         "installDateTime"),
        ("SetChargingProfile", profile(chargingSchedule=[SCHEDULE, SCHEDULE | {"id": 2}]),
         "several schedules"),
        ("SetChargingProfile",
         profile(chargingSchedule=[SCHEDULE | {"chargingSchedulePeriod": [
             PERIOD | {"numberPhases": 1, "phaseToUse": 2}]}]), "phaseToUse"),
        ("SetChargingProfile",
         profile(chargingProfilePurpose="ChargingStationExternalConstraints"),
         "ChargingStationExternalConstraints"),
        ("SetMonitoringLevel", {"severity": 4}, "SetMonitoringLevel"),
    ],
)  # fmt: skip
async def test_what_1_6_cannot_say_is_refused_by_name_and_not_sent(
    bench16: Bench16, action: str, payload: dict[str, Any], named: str
) -> None:
    with pytest.raises(NotIn16, match=named) as refused:
        await bench16.say(action, payload)
    assert refused.value.code.startswith("not_in_ocpp_1_6: ")
    assert bench16.heard == []


async def test_a_station_without_local_lists_says_so_with_minus_one(bench16: Bench16) -> None:
    bench16.answers(GetLocalListVersion={"listVersion": -1})
    with pytest.raises(NotIn16, match="local list"):
        await bench16.say("GetLocalListVersion", {})


def test_only_actions_of_2_0_1_are_translated() -> None:
    assert set(TRANSLATIONS) <= set(REQUESTS)
