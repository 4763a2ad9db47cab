"""L and N01: the job is durable before the station hears of it, and ends as the station says."""

import pytest

from csms.domain.commands import CommandKind, CommandStatus
from csms.domain.errors import CallTimeout
from csms.domain.facts_jobs import JobAsked, JobProgressed, JobsReplaced

FIRMWARE = {
    "location": "https://firmware.example/one.bin",
    "retrieveDateTime": "2026-03-01T08:00:00Z",
    "signingCertificate": "-----BEGIN CERTIFICATE-----",
    "signature": "c2ln",
}
UPDATE = {"requestId": 5, "firmware": FIRMWARE}


def kept(bench, kind):
    return [fact for fact in bench.store.facts if isinstance(fact, kind)]


@pytest.mark.parametrize("missing", ["signingCertificate", "signature"])
async def test_l01_fr_11_firmware_without_proof_is_not_sent(bench, missing):
    unsigned = {name: value for name, value in FIRMWARE.items() if name != missing}
    outcome = await bench.run(CommandKind.UPDATE_FIRMWARE, requestId=5, firmware=unsigned)
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, "firmware_not_signed")
    assert bench.station.heard == []
    assert bench.store.facts == []


async def test_l01_the_job_is_known_before_the_station_answers(bench):
    bench.station.answers["UpdateFirmware"] = CallTimeout(sent=True)
    outcome = await bench.run(CommandKind.UPDATE_FIRMWARE, **UPDATE)
    assert outcome.status is CommandStatus.UNKNOWN
    (asked,) = kept(bench, JobAsked)
    assert (asked.kind, asked.request_id) == ("UpdateFirmware", 5)
    assert kept(bench, JobProgressed) == []


@pytest.mark.parametrize(
    ("answer", "confirmed", "replaces"),
    [
        ("Accepted", True, False),
        ("AcceptedCanceled", True, True),
        ("Rejected", False, False),
        ("InvalidCertificate", False, False),
    ],
)
async def test_l01_the_answer_is_the_jobs_first_status(bench, answer, confirmed, replaces):
    bench.station.answers["UpdateFirmware"] = {"status": answer}
    outcome = await bench.run(CommandKind.UPDATE_FIRMWARE, **UPDATE)
    assert (outcome.status is CommandStatus.CONFIRMED) == confirmed
    (progress,) = kept(bench, JobProgressed)
    assert (progress.status, progress.answered) == (answer, True)
    assert bool(kept(bench, JobsReplaced)) == replaces


async def test_a_payload_that_is_no_request_starts_no_job(bench):
    outcome = await bench.run(CommandKind.GET_LOG, requestId=5, logType="NoSuchLog", log={})
    assert outcome.reason is not None
    assert outcome.reason.startswith("bad_payload")
    assert bench.store.facts == []
