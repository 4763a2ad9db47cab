"""Proof by the meter: what each EVSE was meant, told and seen to do."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query

from scheduler.domain.proof import Deviation
from web.api.models import Answer, Page
from web.api.paging import Span, Text, page_of, slice_of
from web.api.routing import api_router
from web.api.sites import KnownSite
from web.auth import Viewer
from web.hub import Transaction
from web.store import proofs
from web.store.paging import Slice

router = api_router("/sites", "sites", 404)


class Proof(Answer):
    """One transaction in one interval of 5 min, or what of it the transaction lasted.

    Powers are means, + into the vehicle: `planned_w` null where no plan knew it, `sent_w` and
    `confirmed_w` the setpoints in force (the floor where there was no lease), `composite_w` null
    where it was never read back. Energies are the registers'; the maxima are what may have flowed
    by all that is known.
    """

    station_id: str
    evse_id: int
    transaction_id: str
    starts_at: datetime
    duration_s: float
    planned_w: float | None
    sent_w: float
    confirmed_w: float
    composite_w: float | None
    import_wh: float
    export_wh: float
    import_max_wh: float
    export_max_wh: float
    reading_count: int
    deviation: Deviation


@router.get("/{site_id}/proof", summary="What EVSEs did with their orders")
async def list_proof(
    _: Viewer,
    site: KnownSite,
    work: Transaction,
    span: Span,
    part: Annotated[Slice, Depends(slice_of)],
    station_id: Text | None = None,
    evse_id: Annotated[int | None, Query(ge=0, le=2**31 - 1)] = None,
    deviation: Annotated[list[Deviation], Query(description="any of these; none: all")] = [],  # noqa: B006
) -> Page[Proof]:
    """Intervals that start in [from, to), newest first; each is judged once it is over, and again
    when readings of it come late."""
    found = await proofs.page(
        work.conn,
        site.site_id,
        part,
        span,
        station_id=station_id,
        evse_id=evse_id,
        deviations=deviation,
    )
    return page_of(found, Proof.model_validate)
