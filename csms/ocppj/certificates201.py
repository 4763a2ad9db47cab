"""OCPP 2.0.1, blocks A and M: certificates, from the wire and back to it.

The hashes that the standard says are hexadecimal come in either case.
"""

from typing import Any

from msgspec import UNSET, UnsetType

from csms.domain import messages_certificates as m
from csms.domain.certificates import CertificateHash, CertificateUse
from csms.ocppj import types_v201 as wire
from csms.ocppj.inbound201 import given


def sign_certificate(request: wire.SignCertificateRequest) -> m.SignCertificate:
    """A02, A03; `requestId` is OCPP 2.1's."""
    use = given(request.certificate_type)
    return m.SignCertificate(
        csr=request.csr,
        use=CertificateUse(use) if use else None,
        request_id=given(getattr(request, "request_id", UNSET)),
    )


def get_15118_ev_certificate(
    request: wire.Get15118EVCertificateRequest,
) -> m.Get15118EVCertificate:
    """M01, M02; what ISO 15118-20 adds is OCPP 2.1's."""
    return m.Get15118EVCertificate(
        schema_version=request.iso15118_schema_version,
        action=request.action,
        exi_request=request.exi_request,
        most_contracts=given(getattr(request, "maximum_contract_certificate_chains", UNSET)),
        emaids=given(getattr(request, "prioritized_emai_ds", UNSET)) or (),
    )


def get_certificate_status(request: wire.GetCertificateStatusRequest) -> m.GetCertificateStatus:
    """M06."""
    asked = request.ocsp_request_data
    return m.GetCertificateStatus(
        certificate=certificate_hash(asked), responder_url=asked.responder_url
    )


def certificate_hash(told: Any) -> CertificateHash:
    """From any type with the four fields of CertificateHashDataType."""
    return CertificateHash(
        hash_algorithm=told.hash_algorithm,
        issuer_name_hash=told.issuer_name_hash.lower(),
        issuer_key_hash=told.issuer_key_hash.lower(),
        serial_number=told.serial_number.lower(),
    )


def answer(told: m.CertificateAnswer) -> wire.Wire:
    """What goes back to the station."""
    match told:
        case m.SignCertificateAnswer(accepted=True):
            return wire.SignCertificateResponse(status="Accepted")
        case m.SignCertificateAnswer(reason=reason):
            code = "InternalError" if reason == m.AUTHORITY_AWAY else "InvalidCSR"
            info = wire.StatusInfoType(reason_code=code, additional_info=reason or UNSET)
            return wire.SignCertificateResponse(status="Rejected", status_info=info)
        case m.Get15118EVCertificateAnswer():
            return wire.Get15118EVCertificateResponse(
                status="Accepted" if told.accepted else "Failed",
                exi_response=told.exi_response,
                status_info=_info(told.reason),
            )
        case m.GetCertificateStatusAnswer(ocsp_result=result, reason=reason):
            return wire.GetCertificateStatusResponse(
                status="Failed" if result is None else "Accepted",
                ocsp_result=UNSET if result is None else result,
                status_info=_info(reason),
            )


def _info(reason_code: str | None) -> wire.StatusInfoType | UnsetType:
    return UNSET if reason_code is None else wire.StatusInfoType(reason_code=reason_code)
