"""C18."""

from csms.domain.messages_v21 import Company

FLEET = Company(name="Fleet Ltd", address1="1 Quay Rd", city="Sunderland", country="GB")


async def test_c18_fr10_a_known_company_is_named_and_so_is_the_evse(hub21):
    hub21.v21.companies["GB123"] = FLEET
    told = await hub21.tell("VatNumberValidation", {"vatNumber": "GB123", "evseId": 2})
    assert told["status"] == "Accepted"
    assert (told["vatNumber"], told["evseId"]) == ("GB123", 2)
    assert told["company"]["name"] == "Fleet Ltd"
    assert "address2" not in told["company"]


async def test_c18_a_number_that_nobody_knows_is_refused(hub21):
    told = await hub21.tell("VatNumberValidation", {"vatNumber": "GB999"})
    assert (told["status"], told["vatNumber"]) == ("Rejected", "GB999")
    assert "company" not in told
