"""The description of the API is complete: it is what clients are made from."""

import re
import subprocess
import sys
from typing import Any

import orjson
import pytest

METHODS = {"get", "put", "post", "patch", "delete"}
NUMBER_UNITS = (
    "_hz", "_w", "_wh", "_s", "_pct", "_gbp", "_gbp_per_kwh", "_ratio", "_m",
    "_w_per_m2", "_m_per_s",
)  # fmt: skip


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "web.openapi"], capture_output=True, check=True, timeout=120
    )
    loaded: dict[str, Any] = orjson.loads(done.stdout)
    return loaded


def operations(described: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation)
        for path, item in described["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def test_every_operation_has_a_summary_a_tag_and_a_name_of_its_own(
    described: dict[str, Any],
) -> None:
    found = operations(described)
    assert len(found) > 30
    for name, operation in found:
        assert operation.get("summary"), name
        assert operation.get("description"), name
        assert operation.get("tags"), name
    names = [operation["operationId"] for _, operation in found]
    assert len(set(names)) == len(names)


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    text = orjson.dumps(described).decode()
    used = set(re.findall(r"#/components/schemas/([^\"]+)", text))
    assert not used - set(described["components"]["schemas"])


def test_errors_are_problems(described: dict[str, Any]) -> None:
    for name, operation in operations(described):
        for status, answer in operation["responses"].items():
            if status.startswith(("4", "5")) and "/health" not in name and "/metrics" not in name:
                assert list(answer["content"]) == ["application/problem+json"], f"{name} {status}"


def test_every_number_of_an_answer_ends_in_its_unit(described: dict[str, Any]) -> None:
    def is_number(schema: dict[str, Any]) -> bool:
        options = [schema, *schema.get("anyOf", []), schema.get("items", {})]
        return any(option.get("type") == "number" for option in options)

    bad = [
        f"{model}.{field}"
        for model, schema in described["components"]["schemas"].items()
        for field, told in schema.get("properties", {}).items()
        if is_number(told) and not field.endswith(NUMBER_UNITS)
    ]
    assert not bad


def test_protected_operations_say_how_to_log_in(described: dict[str, Any]) -> None:
    assert set(described["components"]["securitySchemes"]) == {"session", "token"}
    unprotected = [n for n, operation in operations(described) if not operation.get("security")]
    assert unprotected == [
        "post /api/v1/session", "get /health/live", "get /health/ready", "get /metrics",
    ]  # fmt: skip
