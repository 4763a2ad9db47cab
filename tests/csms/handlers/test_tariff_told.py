"""I01: the tariff in words, at stations that show tariffs."""

import pytest

from csms.domain.tariff import Tariff, TariffInForce

TARIFF = Tariff(tariff_id="t", currency="GBP", description="40p a kWh")


async def authorize(hub, name="GOOD"):
    told = await hub.tell("Authorize", {"idToken": {"idToken": name, "type": "Central"}})
    return told["idTokenInfo"].get("personalMessage")


async def test_i01_the_words_of_the_tariff(hub):
    hub.store.tariffs.everybody = TariffInForce(tariff=TARIFF, shows_tariff=True)
    assert await authorize(hub) == {"format": "UTF8", "content": "40p a kWh"}


@pytest.mark.parametrize("shows", [True, False])
async def test_i01_fr02_not_where_it_is_not_shown_nor_to_whom_may_not_charge(hub, shows):
    hub.store.tariffs.everybody = TariffInForce(tariff=TARIFF, shows_tariff=shows)
    assert await authorize(hub, "OTHER") is None
    if not shows:
        assert await authorize(hub) is None
