"""Secrets of people and programs: made, hashed and compared here, and nowhere else.

Passwords are argon2id (slow, for human words); tokens are 256 random bits, so a keyed hash is
enough and a look-up by it leaks nothing.
"""

import asyncio
import hmac
import secrets
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
NOBODY = HASHER.hash(secrets.token_urlsafe(16))


async def hash_password(password: str) -> str:
    """Argon2id, off the event loop."""
    return await asyncio.to_thread(HASHER.hash, password)


async def verify_password(stored_hash: str | None, password: str) -> bool:
    """Whether `password` is right. Without a stored hash it takes as long, and is not."""
    matches = await asyncio.to_thread(_verify, stored_hash or NOBODY, password)
    return matches and stored_hash is not None


def _verify(stored_hash: str, password: str) -> bool:
    try:
        return HASHER.verify(stored_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def new_secret() -> str:
    """256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def fingerprint(pepper: str, secret: str) -> str:
    """What is stored of a token or session id: HMAC-SHA256 under the server's pepper, hex."""
    return hmac.new(pepper.encode(), secret.encode(), sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Equal, in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())
