"""J01."""

from csms.domain.facts import ReadingsTaken
from csms.domain.facts_evidence import SignedValuesTaken


def values(*samples):
    return {
        "evseId": 1,
        "meterValue": [{"timestamp": "2026-03-01T08:00:00Z", "sampledValue": list(samples)}],
    }


async def test_j01_readings_outside_a_transaction_are_kept(hub):
    assert await hub.tell("MeterValues", values({"value": 12})) == {}
    (taken,) = hub.kept(ReadingsTaken)
    assert (taken.evse_id, taken.transaction_id, taken.readings[0].import_wh) == (1, None, 12)


async def test_what_holds_nothing_of_use_is_acknowledged(hub):
    assert await hub.tell("MeterValues", values({"value": 50, "measurand": "Frequency"})) == {}
    assert hub.store.facts == []


async def test_j01_fr21_signed_values_are_kept_letter_for_letter(hub):
    signed = {
        "signedMeterData": "T0NNRnx7IkZWIjoiMS4wIn0K\t\u00e9 =",
        "signingMethod": "ECDSA-secp256r1-SHA256",
        "encodingMethod": "OCMF",
        "publicKey": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE",
    }
    sample = {"value": 12, "context": "Sample.Clock", "signedMeterValue": signed}
    assert await hub.tell("MeterValues", values(sample)) == {}
    (taken,) = hub.kept(SignedValuesTaken)
    (value,) = taken.values
    assert (taken.evse_id, value.context) == (1, "Sample.Clock")
    assert value.measurand == "Energy.Active.Import.Register"
    assert {
        "signedMeterData": value.signed_meter_data,
        "signingMethod": value.signing_method,
        "encodingMethod": value.encoding_method,
        "publicKey": value.public_key,
    } == signed


async def test_j01_evse_0_is_the_main_meter(hub):
    unit = {"unit": "kW"}
    told = values({"value": 3.5, "measurand": "Power.Active.Import", "unitOfMeasure": unit})
    assert await hub.tell("MeterValues", told | {"evseId": 0}) == {}
    (taken,) = hub.kept(ReadingsTaken)
    assert (taken.evse_id, taken.readings[0].power_w) == (0, 3500)
