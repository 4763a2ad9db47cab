"""Around every request: security headers, a measured duration, and the last catch of a bug."""

import re
from uuid import uuid4

import structlog
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from csms.clock import monotonic_s
from web.errors import problem
from web.metrics import Metrics

log = structlog.get_logger(__name__)

CSP = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000"}
MOST_BODY_BYTES = 1_048_576
UPLOADS = re.compile(r"^/api/v1/(uploads/|logs/[^/]+/file$)")  # they have a limit of their own
MACHINE_PATH = re.compile(r"^/(api|health|metrics)(/|$)")


class Edge:
    """The outermost layer: nothing that happens inside reaches the server as an exception."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_s, status = monotonic_s(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                add_headers(scope, MutableHeaders(scope=message))
            await send(message)

        try:
            bounded = receive if UPLOADS.match(scope["path"]) else limited(receive)
            await self._app(scope, bounded, send_with_headers)
        except Exception:
            instance = f"urn:uuid:{uuid4()}"
            log.exception("request failed", instance=instance, path=scope["path"])
            if not status:
                await problem(500, instance=instance)(scope, receive, send_with_headers)
        finally:
            self._metrics.observe(scope, status, monotonic_s() - started_s)


def limited(receive: Receive) -> Receive:
    """`receive` that refuses a body of more than 1 MiB, however it is announced."""
    got_bytes = 0

    async def counted() -> Message:
        nonlocal got_bytes
        message = await receive()
        got_bytes += len(message.get("body", b""))
        if got_bytes > MOST_BODY_BYTES:
            raise HTTPException(413)
        return message

    return counted


def add_headers(scope: Scope, headers: MutableHeaders) -> None:
    """What a browser must not do with this answer; live answers are never stored."""
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if scope["scheme"] == "https":
        for name, value in HTTPS_ONLY.items():
            headers.setdefault(name, value)
    if MACHINE_PATH.match(scope["path"]):
        headers.setdefault("Cache-Control", "no-store")
