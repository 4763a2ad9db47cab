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
