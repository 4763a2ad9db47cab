"""Prometheus reads here."""

from fastapi import APIRouter
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST

from web.auth import Public
from web.hub import Transaction
from web.store.figures import figures

router = APIRouter(tags=["health"], dependencies=[Public])


@router.get("/metrics", summary="Prometheus metrics", response_class=Response)
async def metrics(work: Transaction) -> Response:
    """Text exposition. It names sites and processes, and nothing of a person or vehicle."""
    found = await figures(work.conn, work.hub.clock.now())
    text = work.hub.metrics.exposition(found, work.hub.live.streams)
    return Response(text, media_type=CONTENT_TYPE_LATEST)
