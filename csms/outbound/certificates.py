"""M · certificates in a station: InstallCertificate, DeleteCertificate, GetInstalledCertificateIds.

What the station answers is kept: the hub knows which roots each station trusts.
"""

from collections.abc import Mapping
from typing import Any

from csms.domain.certificates import CertificateHash, certificate_hash, read_chain
from csms.domain.commands import Command, CommandStatus
from csms.domain.facts_security import (
    CertificateDeleted,
    CertificateInstalled,
    InstalledCertificate,
    InstalledCertificatesTold,
)
from csms.outbound.ask import ask
from csms.outbound.ports import CommandContext, Outcome, StationCaller


async def install_certificate(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """M05. A root's hashes are known from itself; of others the station tells (M03)."""
    try:
        (certificate,) = read_chain(str(command.payload.get("certificate", "")))
    except ValueError:  # DerFault is one
        return Outcome.refused("bad_payload: not one certificate in PEM")
    outcome = await ask(command, station, context)
    if outcome.status is CommandStatus.CONFIRMED and certificate.self_issued:
        told = InstalledCertificate(
            certificate_type=command.payload["certificateType"],
            certificate=certificate_hash(certificate, certificate),
        )
        installed = CertificateInstalled(
            station_id=command.station_id, at=context.now, certificate=told
        )
        await context.journal.commit([installed])
    return outcome


async def delete_certificate(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """M04. `NotFound` also says that it is there no longer."""
    outcome = await ask(command, station, context)
    if outcome.response.get("status") in ("Accepted", "NotFound"):
        deleted = CertificateDeleted(
            station_id=command.station_id,
            at=context.now,
            certificate=_hash(command.payload["certificateHashData"]),
        )
        await context.journal.commit([deleted])
    return outcome


async def get_installed_certificate_ids(
    command: Command, station: StationCaller, context: CommandContext
) -> Outcome:
    """M03. The answer is whole: what it does not name is not there. `NotFound`: none is."""
    outcome = await ask(command, station, context)
    if outcome.response.get("status") not in ("Accepted", "NotFound"):
        return outcome
    told = InstalledCertificatesTold(
        station_id=command.station_id,
        at=context.now,
        certificate_types=tuple(command.payload.get("certificateType", ())),
        certificates=tuple(
            InstalledCertificate(
                certificate_type=chain["certificateType"],
                certificate=_hash(chain["certificateHashData"]),
                children=tuple(_hash(one) for one in chain.get("childCertificateHashData", ())),
            )
            for chain in outcome.response.get("certificateHashDataChain", ())
        ),
    )
    await context.journal.commit([told])
    return Outcome(status=CommandStatus.CONFIRMED, response=outcome.response)


def _hash(told: Mapping[str, Any]) -> CertificateHash:
    """Hexadecimal comes in either case."""
    return CertificateHash(
        hash_algorithm=told["hashAlgorithm"],
        issuer_name_hash=told["issuerNameHash"].lower(),
        issuer_key_hash=told["issuerKeyHash"].lower(),
        serial_number=told["serialNumber"].lower(),
    )
