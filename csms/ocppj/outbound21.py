"""What OCPP 2.1 says of limits, tariffs and revocations in our answers: JSON values, by type."""

from collections.abc import Iterable
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

import msgspec

from csms.domain.limits import TransactionLimit
from csms.domain.messages_v21 import RevocationTold
from csms.domain.tariff import Price, Tariff
from csms.domain.units import wire_time
from csms.ocppj.outbound201 import present

DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MIN_PER_H: Final = 60
DIGITS: Final = 12


def transaction_limit(limit: TransactionLimit) -> dict[str, Any]:
    """TransactionLimitType."""
    return present(
        maxCost=None if limit.max_cost is None else float(limit.max_cost),
        maxEnergy=limit.max_energy_wh,
        maxTime=limit.max_time_s,
        maxSoC=limit.max_soc_pct,
    )


def revocation(told: RevocationTold) -> dict[str, Any]:
    """CertificateStatusType."""
    certificate = told.asked.certificate
    return {
        "certificateHashData": {
            "hashAlgorithm": certificate.hash_algorithm,
            "issuerNameHash": certificate.issuer_name_hash,
            "issuerKeyHash": certificate.issuer_key_hash,
            "serialNumber": certificate.serial_number,
        },
        "source": told.asked.source,
        "status": told.status,
        "nextUpdate": wire_time(told.until),
    }


def tariff_type(tariff: Tariff) -> dict[str, Any]:
    """TariffType of a driver's tariff: without validFrom (I08.FR.09), and under an id that changes
    with what it says (I08.FR.08). What is earned by export has no place in it."""
    tax = [{"type": "VAT", "tax": float(tariff.vat_pct)}] if tariff.vat_pct else None
    said = present(
        currency=tariff.currency,
        description=_description(tariff),
        energy=_element(tariff.energy, "priceKwh", 1, None, tax),
        chargingTime=_element(tariff.charging_time, "priceMinute", MIN_PER_H, "Charging", tax),
        idleTime=_element(tariff.idle_time, "priceMinute", MIN_PER_H, "Idle", tax),
        fixedFee=_element(tariff.fixed, "priceFixed", 1, None, tax),
        minCost=_price(tariff.min_cost, tariff.vat_pct),
        maxCost=_price(tariff.max_cost, tariff.vat_pct),
    )
    digest = sha256(msgspec.json.encode(said)).hexdigest()[:DIGITS]
    return {"tariffId": f"{tariff.tariff_id[: 59 - DIGITS]}:{digest}", **said}


def _description(tariff: Tariff) -> list[dict[str, str]] | None:
    words = tariff.description
    return [{"format": "UTF8", "content": words}] if words else None


def _element(
    prices: Iterable[Price], name: str, parts: int, state: str | None, tax: list[Any] | None
) -> dict[str, Any] | None:
    told = [
        present(**{name: float(one.price / parts)}, conditions=_conditions(one, state) or None)
        for one in prices
    ]
    return present(prices=told, taxRates=tax) if told else None


def _conditions(price: Price, state: str | None) -> dict[str, Any]:
    """Local time, as ours; of times to pay for, only what goes beyond the first `after_s`."""
    start, end = price.from_time, price.to_time
    return present(
        startTimeOfDay=None if start is None else f"{start:%H:%M}",
        endTimeOfDay=None if end is None else f"{end:%H:%M}",
        dayOfWeek=[DAYS[day - 1] for day in price.days] or None,
        **({f"min{state}Time": price.after_s} if state and price.after_s else {}),
    )


def _price(amount: Decimal | None, vat_pct: Decimal) -> dict[str, float] | None:
    """PriceType."""
    if amount is None:
        return None
    return {"exclTax": float(amount), "inclTax": float(amount * (1 + vat_pct / 100))}
