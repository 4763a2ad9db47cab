"""Q01."""

import pytest

from csms.domain.ids import IdToken

REQUEST = {"idToken": {"idToken": "GOOD", "type": "ISO14443"}}


async def test_q01_fr01_the_answer_lists_what_the_token_may_use(hub21):
    hub21.v21.token_modes[IdToken("GOOD")] = ("DC", "DC_BPT")
    told = await hub21.tell("Authorize", REQUEST)
    assert told["idTokenInfo"]["status"] == "Accepted"
    assert told["allowedEnergyTransfer"] == ["DC", "DC_BPT"]


async def test_q01_fr08_nothing_is_said_where_nobody_has_said(hub21):
    assert "allowedEnergyTransfer" not in await hub21.tell("Authorize", REQUEST)


async def test_a_token_that_may_not_charge_is_not_told_how(hub21):
    hub21.v21.token_modes[IdToken("BAD")] = ("DC_BPT",)
    told = await hub21.tell("Authorize", {"idToken": {"idToken": "BAD", "type": "ISO14443"}})
    assert "allowedEnergyTransfer" not in told


@pytest.mark.parametrize("token", ["GOOD"])
async def test_before_2_1_there_is_no_such_list(hub, token):
    hub.v21.token_modes[IdToken(token)] = ("DC_BPT",)
    assert set(await hub.tell("Authorize", REQUEST)) == {"idTokenInfo"}
