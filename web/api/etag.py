"""Versions as ETags: what If-Match and If-None-Match ask of a change."""

from typing import Annotated

from fastapi import Header

IfMatch = Annotated[str | None, Header(description='the ETag that was read, like "3"')]
IfNoneMatch = Annotated[str | None, Header(description="`*`: only create")]


def version_of(etag: str) -> int:
    """`"3"` → 3. What cannot be ours matches no version."""
    text = etag.strip().removeprefix("W/").strip('"')
    return int(text) if text.isdecimal() and len(text) < 19 else -1


def expected_version(if_match: str | None, if_none_match: str | None) -> int | None:
    """The version that a change must find: 0 for none yet, None for any."""
    if if_none_match == "*":
        return 0
    return None if if_match is None else version_of(if_match)
