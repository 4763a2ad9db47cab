"""C19–C22."""

import pytest

from csms.domain.facts import Noticed
from csms.domain.facts_v21 import PaymentSettled

PAID = {
    "pspRef": "psp-1",
    "status": "Settled",
    "settlementAmount": 12.34,
    "settlementTime": "2026-03-01T08:00:00Z",
    "transactionId": "tx1",
}


async def test_c21_fr03_a_receipt_of_ours_has_an_address_and_keeps_it(hub21):
    hub21.v21.receipts_at = "https://pay.example/r/"
    told = await hub21.tell("NotifySettlement", PAID)
    assert told["receiptUrl"] == f"https://pay.example/r/{told['receiptId']}"
    assert await hub21.tell("NotifySettlement", PAID) == told
    settled = hub21.kept(PaymentSettled)[0]
    assert (settled.psp_ref, settled.amount, settled.transaction_id) == ("psp-1", 12.34, "tx1")
    assert settled.receipt_url == told["receiptUrl"]


async def test_c22_a_receipt_of_the_terminal_is_kept(hub21):
    told = await hub21.tell("NotifySettlement", PAID | {"receiptUrl": "https://t.example/9"})
    assert told == {}
    assert hub21.kept(PaymentSettled)[0].receipt_url == "https://t.example/9"


@pytest.mark.parametrize("status", ["Rejected", "Failed"])
async def test_a_payment_that_failed_is_a_warning_and_has_no_receipt(hub21, status):
    hub21.v21.receipts_at = "https://pay.example/r/"
    assert await hub21.tell("NotifySettlement", PAID | {"status": status}) == {}
    assert hub21.kept(PaymentSettled)[0].status == status
    assert hub21.kept(Noticed)[0].severity == "warning"
