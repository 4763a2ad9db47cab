"""VatNumberValidation (OCPP 2.1, C18): whose VAT number is it, for the receipt?"""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.ids import ChargingStationId
from csms.domain.messages_v21 import VatNumberValidation, VatNumberValidationAnswer
from csms.handlers.ports_v21 import Payments


@dataclass(frozen=True, slots=True)
class VatNumberValidationHandler:
    payments: Payments

    async def handle(
        self, station_id: ChargingStationId, request: VatNumberValidation, now: datetime
    ) -> VatNumberValidationAnswer:
        company = await self.payments.company(request.vat_number)
        return VatNumberValidationAnswer(request=request, company=company)
