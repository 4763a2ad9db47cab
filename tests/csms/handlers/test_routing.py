"""The table and the codec name the same actions; every other action gets the right error."""

import pytest

from csms.handlers.routing import routes
from csms.ocppj import codec201
from csms.ocppj.codecs import CODECS
from csms.ocppj.types_v201 import REQUESTS
from tests.csms.handlers.conftest import ports


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
