"""What the API says of itself, completed: names of operations, tags, and every model."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from web.api.models import StreamMessage
from web.errors import Problem

REF: Final = "#/components/schemas/{model}"
TAGS: Final = {
    "session": "Log in and out; who am I.",
    "sites": "Sites, their power now and before, their alarms.",
    "plans": "The plan in force and the reason behind each setpoint.",
    "stations": "Charging stations, EVSEs, and what each station told.",
    "transactions": "Transactions and their energy, import and export apart.",
    "vehicles": "Departures and needs; ETag and If-Match keep two changes apart.",
    "id_tokens": "Who may charge, where and until when.",
    "tariffs": "What charging costs, and who comes under which tariff.",
    "payments": "Direct payments: taken at a kiosk, charged, settled.",
    "commands": "Commands to stations; Idempotency-Key makes asking again safe.",
    "approvals": "What takes two administrators: asked by one, done when another approves.",
    "firmware": "Firmware campaigns, in stages.",
    "security": "Security profiles, passwords and certificates of stations.",
    "logs": "Logs of stations: asked for, uploaded to us, read.",
    "signals": "Grid signals: acknowledged, held, delivered, settled.",
    "processes": "Signs of life of the platform's processes.",
    "live": "Server-sent events.",
    "health": "For supervisors and for Prometheus.",
}


def operation_id(route: APIRoute) -> str:
    """The endpoint's name: what generated clients call it."""
    return route.name


def complete(app: FastAPI) -> None:
    """Add the models that no route returns by type: problems, and what the stream carries."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            described = plain()
            _, extra = models_json_schema(
                [(Problem, "validation"), (StreamMessage, "serialization")], ref_template=REF
            )
            described["components"]["schemas"] |= extra["$defs"]
        return plain()

    app.openapi = openapi  # type: ignore[method-assign]
