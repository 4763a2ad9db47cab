"""GetCertificateStatus (OCPP 2.0.1, M06): OCSP for stations, which cannot ask for themselves."""

import base64
from dataclasses import dataclass
from datetime import datetime

from csms.domain.certificates import DerFault
from csms.domain.ids import ChargingStationId
from csms.domain.messages_certificates import GetCertificateStatus, GetCertificateStatusAnswer
from csms.handlers.ports_security import AuthorityUnavailable, CertificateStatuses


@dataclass(frozen=True, slots=True)
class GetCertificateStatusHandler:
    statuses: CertificateStatuses

    async def handle(
        self, station_id: ChargingStationId, request: GetCertificateStatus, now: datetime
    ) -> GetCertificateStatusAnswer:
        try:
            told = await self.statuses.ask(request.certificate, request.responder_url)
        except AuthorityUnavailable:
            return GetCertificateStatusAnswer(reason="NoResponder")
        except DerFault:
            return GetCertificateStatusAnswer(reason="NoAnswer")
        result = base64.b64encode(told.response).decode()
        if len(result) > request.longest:
            return GetCertificateStatusAnswer(reason="AnswerTooLong")
        return GetCertificateStatusAnswer(ocsp_result=result)
