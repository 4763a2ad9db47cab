"""`python -m web.openapi`: the API's description as JSON, for the console's types and for diffs."""

import sys

import orjson
from pydantic import SecretStr

from csms.bus import Bus
from csms.clock import Clock
from csms.store.engine import make_engine
from web.main import make_app
from web.settings import WebSettings


def main() -> None:
    """Print it; needs no server, no database and no environment."""
    nowhere, nothing = "postgresql://localhost/none", "redis://localhost/0"
    settings = WebSettings(database_url=nowhere, redis_url=nothing, secret=SecretStr("-" * 32))
    described = make_app(settings, make_engine(nowhere), Clock(), Bus(nothing)).openapi()
    text = orjson.dumps(described, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    sys.stdout.buffer.write(text)


if __name__ == "__main__":
    main()
