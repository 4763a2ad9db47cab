"""A, L, M, N · certificates, firmware and logs in the words of OCPP 1.6 and its security extension
(security whitepaper, edition 3)."""

from typing import Final, Literal

from csms.domain.errors import CallRefused
from csms.ocppj import types_v16 as wire
from csms.ocppj import types_v201 as asked
from csms.outbound.v16.voice import NotIn16, Voice

_CsmsRoot = Literal["CSMSRootCertificate"]
_ManufacturerRoot = Literal["ManufacturerRootCertificate"]
USES: Final[dict[str, wire.CertificateUseEnumType]] = {
    "CSMSRootCertificate": "CentralSystemRootCertificate",
    "ManufacturerRootCertificate": "ManufacturerRootCertificate",
}
"""InstallCertificateUseEnumType → CertificateUseEnumType; 1.6 knows no others."""
_LISTED: Final[tuple[_CsmsRoot | _ManufacturerRoot, ...]] = (
    "CSMSRootCertificate",
    "ManufacturerRootCertificate",
)


async def certificate_signed(
    voice: Voice, request: asked.CertificateSignedRequest
) -> asked.CertificateSignedResponse:
    """Whitepaper 4.2."""
    if request.certificate_type == "V2GCertificate":
        raise NotIn16("V2GCertificate")
    chain = wire.CertificateSignedRequest(certificate_chain=request.certificate_chain)
    told: wire.CertificateSignedResponse = await voice.say("CertificateSigned", chain)
    return asked.CertificateSignedResponse(status=told.status)


async def install_certificate(
    voice: Voice, request: asked.InstallCertificateRequest
) -> asked.InstallCertificateResponse:
    """Whitepaper 4.5."""
    install = wire.InstallCertificateRequest(
        certificate_type=_use(request.certificate_type), certificate=request.certificate
    )
    told: wire.InstallCertificateResponse = await voice.say("InstallCertificate", install)
    return asked.InstallCertificateResponse(status=told.status)


async def delete_certificate(
    voice: Voice, request: asked.DeleteCertificateRequest
) -> asked.DeleteCertificateResponse:
    """Whitepaper 4.3."""
    named = request.certificate_hash_data
    delete = wire.DeleteCertificateRequest(
        certificate_hash_data=wire.CertificateHashDataType(
            hash_algorithm=named.hash_algorithm,
            issuer_name_hash=named.issuer_name_hash,
            issuer_key_hash=named.issuer_key_hash,
            serial_number=named.serial_number,
        )
    )
    told: wire.DeleteCertificateResponse = await voice.say("DeleteCertificate", delete)
    return asked.DeleteCertificateResponse(status=told.status)


async def get_installed_certificate_ids(
    voice: Voice, request: asked.GetInstalledCertificateIdsRequest
) -> asked.GetInstalledCertificateIdsResponse:
    """Whitepaper 4.4: one call per use, where 2.0.1 needs one for all."""
    wanted = request.certificate_type
    for one in wanted or ():
        _use(one)
    found: list[asked.CertificateHashDataChainType] = []
    for use in _LISTED:
        if wanted and use not in wanted:
            continue
        question = wire.GetInstalledCertificateIdsRequest(certificate_type=USES[use])
        told: wire.GetInstalledCertificateIdsResponse = await voice.say(
            "GetInstalledCertificateIds", question
        )
        found.extend(_chain(use, one) for one in told.certificate_hash_data or ())
    if not found:
        return asked.GetInstalledCertificateIdsResponse(status="NotFound")
    return asked.GetInstalledCertificateIdsResponse(
        status="Accepted", certificate_hash_data_chain=tuple(found)
    )


async def update_firmware(
    voice: Voice, request: asked.UpdateFirmwareRequest
) -> asked.UpdateFirmwareResponse:
    """With a signature SignedUpdateFirmware (whitepaper 4.16), else UpdateFirmware (5.19), which
    installs at once and is answered with nothing."""
    firmware = request.firmware
    if firmware.signing_certificate and firmware.signature:
        signed = wire.SignedUpdateFirmwareRequest(
            request_id=request.request_id,
            retries=request.retries,
            retry_interval=request.retry_interval,
            firmware=wire.FirmwareType(
                location=firmware.location,
                retrieve_date_time=firmware.retrieve_date_time,
                install_date_time=firmware.install_date_time,
                signing_certificate=firmware.signing_certificate,
                signature=firmware.signature,
            ),
        )
        told: wire.SignedUpdateFirmwareResponse = await voice.say("SignedUpdateFirmware", signed)
        return asked.UpdateFirmwareResponse(status=told.status)
    if firmware.install_date_time:
        raise NotIn16("installDateTime of unsigned firmware")
    plain = wire.UpdateFirmwareRequest(
        location=firmware.location,
        retrieve_date=firmware.retrieve_date_time,
        retries=request.retries,
        retry_interval=request.retry_interval,
    )
    await voice.say("UpdateFirmware", plain)
    return asked.UpdateFirmwareResponse(status="Accepted")


async def get_log(voice: Voice, request: asked.GetLogRequest) -> asked.GetLogResponse:
    """Whitepaper 4.6; a station without it may know GetDiagnostics (5.9)."""
    log = wire.GetLogRequest(
        log_type=request.log_type,
        request_id=request.request_id,
        retries=request.retries,
        retry_interval=request.retry_interval,
        log=wire.LogParametersType(
            remote_location=request.log.remote_location,
            oldest_timestamp=request.log.oldest_timestamp,
            latest_timestamp=request.log.latest_timestamp,
        ),
    )
    try:
        told: wire.GetLogResponse = await voice.say("GetLog", log)
    except NotIn16:
        raise
    except CallRefused:
        if request.log_type != "DiagnosticsLog":
            raise
        return await _get_diagnostics(voice, request)
    return asked.GetLogResponse(status=told.status, filename=told.filename)


async def _get_diagnostics(voice: Voice, request: asked.GetLogRequest) -> asked.GetLogResponse:
    """No file name: there is nothing to upload."""
    diagnostics = wire.GetDiagnosticsRequest(
        location=request.log.remote_location,
        retries=request.retries,
        retry_interval=request.retry_interval,
        start_time=request.log.oldest_timestamp,
        stop_time=request.log.latest_timestamp,
    )
    told: wire.GetDiagnosticsResponse = await voice.say("GetDiagnostics", diagnostics)
    status: asked.LogStatusEnumType = "Accepted" if told.file_name else "Rejected"
    return asked.GetLogResponse(status=status, filename=told.file_name)


def _use(certificate_type: str) -> wire.CertificateUseEnumType:
    use = USES.get(certificate_type)
    if use is None:
        raise NotIn16(certificate_type)
    return use


def _chain(
    use: _CsmsRoot | _ManufacturerRoot, told: wire.CertificateHashDataType
) -> asked.CertificateHashDataChainType:
    return asked.CertificateHashDataChainType(
        certificate_type=use,
        certificate_hash_data=asked.CertificateHashDataType(
            hash_algorithm=told.hash_algorithm,
            issuer_name_hash=told.issuer_name_hash,
            issuer_key_hash=told.issuer_key_hash,
            serial_number=told.serial_number,
        ),
    )
