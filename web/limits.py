"""A token bucket per key, in memory: stops guessing before any password is hashed.

Real time, and per process: with n web processes a guesser gets n times as many tries.
"""

from dataclasses import dataclass

MANY_KEYS = 10_000


@dataclass(slots=True)
class Bucket:
    """Tries left at `at_s`; they come back with time."""

    left: float
    at_s: float


class Limiter:
    """`burst` tries per key at once, then one per `refill_s` seconds."""

    def __init__(self, burst: int, refill_s: float) -> None:
        self._burst = burst
        self._refill_s = refill_s
        self._buckets: dict[str, Bucket] = {}

    def take(self, key: str, now_s: float) -> float:
        """Use one try: 0.0, or how many seconds to wait for the next one (none is used then)."""
        if len(self._buckets) >= MANY_KEYS:
            self._forget_the_full(now_s)
        bucket = self._buckets.setdefault(key, Bucket(self._burst, now_s))
        bucket.left = self._left(bucket, now_s)
        bucket.at_s = now_s
        if bucket.left < 1:
            return (1 - bucket.left) * self._refill_s
        bucket.left -= 1
        return 0.0

    def give_back(self, key: str) -> None:
        """The try succeeded, so it does not count."""
        if key in self._buckets:
            self._buckets[key].left = min(self._burst, self._buckets[key].left + 1)

    def _left(self, bucket: Bucket, now_s: float) -> float:
        return min(self._burst, bucket.left + (now_s - bucket.at_s) / self._refill_s)

    def _forget_the_full(self, now_s: float) -> None:
        full = [k for k, b in self._buckets.items() if self._left(b, now_s) >= self._burst]
        for key in full:
            del self._buckets[key]
