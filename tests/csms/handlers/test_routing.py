"""The table and the codec name the same actions; every other action gets the right error."""

import pytest

from csms.domain.facts import ChargingNeedsTold, TransactionEventStored
from csms.domain.station import OcppVersion
from csms.handlers.routing import routes
from csms.ocppj import codec201
from csms.ocppj.codecs import CODECS
from csms.ocppj.peer import CallError
from csms.ocppj.types_v201 import REQUESTS
from tests.csms.handlers.conftest import T0, ports


def test_every_action_that_can_be_read_has_a_handler(hub):
    assert set(routes(ports(hub.store))) == {
        action for codec in CODECS.values() for action in codec.ACTIONS
    }


@pytest.mark.parametrize("action", sorted(set(REQUESTS) - codec201.ACTIONS))
async def test_a_known_action_without_handler_is_not_supported(hub, action):
    assert (await hub.tell(action, {})).code == "NotSupported"


@pytest.mark.parametrize("action", ["CustomOperation", "bootnotification", "", "NotifyEventt"])
async def test_an_unknown_action_is_not_implemented(hub, action):
    assert (await hub.tell(action, {})).code == "NotImplemented"


async def test_a_bad_payload_is_refused_and_leaves_nothing(hub):
    told = await hub.tell("StatusNotification", {"evseId": "one"})
    assert told.code == "TypeConstraintViolation"
    assert hub.store.facts == []


NEEDS = {
    "evseId": 1,
    "chargingNeeds": {
        "requestedEnergyTransfer": "DC_BPT",
        "v2xChargingParameters": {"maxChargePower": 11_000, "maxDischargePower": 9_000},
    },
}


async def test_needs_of_2_1_over_2_0_1_are_read_of_stations_that_speak_of_v2x_alone(hub):
    assert isinstance(await hub.tell("NotifyEVChargingNeeds", NEEDS), CallError)
    hub.v21.v2x_words = True
    assert (await hub.tell("NotifyEVChargingNeeds", NEEDS))["status"] == "Processing"
    (needs,) = hub.kept(ChargingNeedsTold)
    assert (needs.requested_energy_transfer, needs.max_discharge_w) == ("DC_BPT", 9_000)


async def test_an_event_of_2_1_over_2_0_1_is_kept_as_what_it_was_read_as(hub):
    event = {
        "eventType": "Started",
        "timestamp": T0.isoformat(),
        "triggerReason": "OperationModeChanged",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "tx1", "operationMode": "CentralSetpoint"},
        "evse": {"id": 1},
    }
    assert isinstance(await hub.tell("TransactionEvent", event), CallError)
    hub.v21.v2x_words = True
    assert await hub.tell("TransactionEvent", event) == {}
    (stored,) = hub.kept(TransactionEventStored)
    assert stored.ocpp_version == OcppVersion.V21
    assert CODECS[OcppVersion.V21].transaction_event(stored.payload).seq_no == 0


async def test_what_has_nothing_to_do_with_v2x_stays_as_strict_as_it_was(hub):
    hub.v21.v2x_words = True
    wrong = {"requestId": 1, "generatedAt": T0.isoformat(), "seqNo": 0, "colour": "red"}
    assert isinstance(await hub.tell("NotifyReport", wrong), CallError)
