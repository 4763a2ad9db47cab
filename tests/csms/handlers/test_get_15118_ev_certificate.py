"""M01, M02."""

import pytest

from csms.domain.facts import Noticed

ASKED = {
    "iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef",
    "action": "Install",
    "exiRequest": "YQ==",
}


async def test_m01_the_pools_answer_is_passed_back(hub):
    hub.store.security.contracts = {"YQ==": "Yg=="}
    told = await hub.tell("Get15118EVCertificate", ASKED)
    assert told == {"status": "Accepted", "exiResponse": "Yg=="}
    (notice,) = hub.kept(Noticed)
    assert notice.payload == {"action": "Install", "result": "Accepted"}


@pytest.mark.parametrize(("away", "reason"), [(False, "NoContract"), (True, "PoolUnavailable")])
async def test_m01_without_an_answer_it_failed(hub, away, reason):
    hub.store.security.away = away
    told = await hub.tell("Get15118EVCertificate", ASKED)
    assert told == {
        "status": "Failed",
        "exiResponse": "",
        "statusInfo": {"reasonCode": reason},
    }
    (notice,) = hub.kept(Noticed)
    assert notice.severity == "warning"


async def test_m01_fr04_a_vehicle_of_iso_15118_20_hears_how_many_remain(hub21):
    hub21.store.security.contracts = {"YQ==": "Yg=="}
    told = await hub21.tell(
        "Get15118EVCertificate", ASKED | {"maximumContractCertificateChains": 3}
    )
    assert told == {"status": "Accepted", "exiResponse": "Yg==", "remainingContracts": 0}


@pytest.mark.parametrize(("kind", "longest"), [("hub", 7_500), ("hub21", 17_000)])
async def test_m01_an_answer_that_the_station_cannot_take_failed(kind, longest, request):
    hub = request.getfixturevalue(kind)
    for length, status in ((longest, "Accepted"), (longest + 4, "Failed")):
        hub.store.security.contracts = {"YQ==": "a" * length}
        assert (await hub.tell("Get15118EVCertificate", ASKED))["status"] == status
    assert hub.kept(Noticed)[-1].payload["result"] == "AnswerTooLong"
