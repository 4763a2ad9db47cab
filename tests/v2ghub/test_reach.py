"""URLs are shown without their password."""

import pytest

from v2ghub.errors import HubError
from v2ghub.reach import postgres_now, require_valkey, without_password


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://hub:secret@db:5432/hub", "postgresql://hub@db:5432/hub"),
        ("redis://:secret@cache:6379/0", "redis://@cache:6379/0"),
        ("postgresql://hub@/hub?host=/run/pg", "postgresql://hub@/hub?host=/run/pg"),
    ],
)
def test_no_password_is_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown


async def test_nobody_there_is_a_sentence_with_the_variable() -> None:
    with pytest.raises(HubError, match=r"PostgreSQL at .* V2GHUB_DATABASE_URL") as refused:
        await postgres_now("postgresql://hub:secret@127.0.0.1:1/hub")
    assert "secret" not in str(refused.value)
    with pytest.raises(HubError, match=r"Valkey at .* V2GHUB_REDIS_URL"):
        await require_valkey("redis://127.0.0.1:1/0")
