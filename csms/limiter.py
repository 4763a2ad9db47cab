"""Token buckets in bounded memory: who may try again, and how often."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Limiter:
    """A bucket of `burst` tokens per key that fills by `per_s`; the key charged longest ago is
    forgotten first, which can only be generous to it."""

    burst: float
    per_s: float
    keys: int = 10_000
    _buckets: OrderedDict[Hashable, tuple[float, float]] = field(default_factory=OrderedDict)

    def allows(self, key: Hashable, now_s: float) -> bool:
        """Whether `key` has a token left."""
        return self._tokens(key, now_s) >= 1.0

    def charge(self, key: Hashable, now_s: float) -> None:
        """Take a token of `key`."""
        self._buckets[key] = (max(0.0, self._tokens(key, now_s) - 1.0), now_s)
        self._buckets.move_to_end(key)
        if len(self._buckets) > self.keys:
            self._buckets.popitem(last=False)

    def _tokens(self, key: Hashable, now_s: float) -> float:
        tokens, at_s = self._buckets.get(key, (self.burst, now_s))
        return min(self.burst, tokens + (now_s - at_s) * self.per_s)
