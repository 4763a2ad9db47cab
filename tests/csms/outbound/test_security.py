"""A: what is sent, what is durable before it, and what stays true when the station says no."""

import pytest

from csms.domain.commands import CommandKind, CommandStatus
from csms.domain.errors import CallRefused, CallTimeout
from csms.domain.facts_security import (
    CertificateAnswered,
    CertificateIssued,
    PasswordOffered,
    PasswordWithdrawn,
)

ISSUE = {
    "certificate_id": "00000000-0000-0000-0000-000000000007",
    "certificate_type": "ChargingStationCertificate",
    "csr": "a request in PEM",
    "request_id": 4,
}


def kept(bench, kind):
    return [fact for fact in bench.store.facts if isinstance(fact, kind)]


async def test_a01_the_password_is_durable_before_it_is_sent(bench):
    bench.station.answers["SetVariables"] = CallTimeout(sent=True)
    outcome = await bench.run(CommandKind.RENEW_PASSWORD)
    assert outcome.status is CommandStatus.UNKNOWN
    (offered,) = kept(bench, PasswordOffered)
    (asked,) = bench.station.requests("SetVariables")
    sent = asked["setVariableData"][0]["attributeValue"]
    assert offered.password_hmac == sent.encode()[::-1]  # as the fake makes it
    assert kept(bench, PasswordWithdrawn) == []  # the station may have taken it


@pytest.mark.parametrize("refusal", ["Rejected", CallRefused("NotSupported")])
async def test_a01_fr_04_a_refused_password_is_withdrawn(bench, refusal):
    if isinstance(refusal, str):
        bench.station.rejects_words = ("password-of-cs1-0000000000000001",)
    else:
        bench.station.answers["SetVariables"] = refusal
    assert (await bench.run(CommandKind.RENEW_PASSWORD)).status is CommandStatus.REFUSED
    (offered,), (withdrawn,) = kept(bench, PasswordOffered), kept(bench, PasswordWithdrawn)
    assert offered.password_hmac == withdrawn.password_hmac


@pytest.mark.parametrize(("answer", "status"), [("Accepted", "accepted"), ("Rejected", "rejected")])
async def test_a02_the_chain_is_durable_and_so_is_the_answer(bench, answer, status):
    bench.station.answers["CertificateSigned"] = {"status": answer}
    outcome = await bench.run(CommandKind.ISSUE_CERTIFICATE, **ISSUE)
    assert (outcome.status is CommandStatus.CONFIRMED) == (answer == "Accepted")
    (issued,), (answered,) = kept(bench, CertificateIssued), kept(bench, CertificateAnswered)
    (sent,) = bench.station.requests("CertificateSigned")
    assert sent == {
        "certificateChain": issued.chain,
        "certificateType": "ChargingStationCertificate",
    }
    assert answered.status == status


async def test_a02_without_the_authority_nothing_is_sent(bench):
    bench.store.security.away = True
    outcome = await bench.run(CommandKind.ISSUE_CERTIFICATE, **ISSUE)
    assert outcome.reason == "authority_unavailable: gone"
    assert bench.station.heard == []


async def test_a01_nobody_sets_a_password_by_hand(bench):
    data = {
        "attributeValue": "0123456789abcdef",
        "component": {"name": "SecurityCtrlr"},
        "variable": {"name": "BasicAuthPassword"},
    }
    outcome = await bench.run(CommandKind.SET_VARIABLES, setVariableData=[data])
    assert outcome.reason == "renew_password_does_this"
    assert bench.station.heard == []


@pytest.mark.parametrize(("reached", "wanted"), [(2, 1), (3, 2), (3, 1)])
async def test_a05_fr_07_a_lower_profile_is_never_sent(bench, reached, wanted):
    bench.store.security.profiles = {"cs1": reached}
    profile = {
        "configurationSlot": 1,
        "connectionData": {
            "ocppVersion": "OCPP20",
            "ocppTransport": "JSON",
            "ocppCsmsUrl": "wss://hub.example",
            "messageTimeout": 30,
            "securityProfile": wanted,
            "ocppInterface": "Wired0",
        },
    }
    for kind in (CommandKind.SET_NETWORK_PROFILE, CommandKind.UPGRADE_SECURITY_PROFILE):
        outcome = await bench.run(kind, **profile)
        assert outcome.reason == f"less_security: the station has come with profile {reached}"
    assert bench.station.heard == []
