"""The `openssl` command, which does the cryptography of our local authority.

Keys stay in files: none is ever read into this process or named in an argument but by its path.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from csms.handlers.ports_security import AuthorityUnavailable

LIMIT_S: Final = 10.0


class OpenSslFailed(AuthorityUnavailable):
    """It said no: the text is its own last line."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a command printed."""

    out: bytes
    err: bytes


async def openssl(*arguments: str, told: bytes = b"") -> Done:
    """Run it with `told` on its input. Raises AuthorityUnavailable, OpenSslFailed."""
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            "openssl", *arguments, stdin=pipe, stdout=pipe, stderr=pipe
        )
    except OSError as error:
        raise AuthorityUnavailable("there is no openssl command") from error
    try:
        async with asyncio.timeout(LIMIT_S):
            out, err = await process.communicate(told)
    except TimeoutError as late:
        raise AuthorityUnavailable("openssl takes too long") from late
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        lines = err.decode(errors="replace").strip().splitlines()
        raise OpenSslFailed(lines[-1] if lines else "openssl failed")
    return Done(out, err)
