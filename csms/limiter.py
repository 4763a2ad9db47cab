"""Token buckets: who may try again, and how often (in bounded memory); and how fast one may be."""

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
        self._keep(key, max(0.0, self._tokens(key, now_s) - 1.0), now_s)

    def take(self, key: Hashable, now_s: float) -> bool:
        """Take a token of `key`, if it has one."""
        tokens = self._tokens(key, now_s)
        if tokens < 1.0:
            return False
        self._keep(key, tokens - 1.0, now_s)
        return True

    def _keep(self, key: Hashable, tokens: float, now_s: float) -> None:
        self._buckets[key] = (tokens, now_s)
        self._buckets.move_to_end(key)
        if len(self._buckets) > self.keys:
            self._buckets.popitem(last=False)

    def _tokens(self, key: Hashable, now_s: float) -> float:
        tokens, at_s = self._buckets.get(key, (self.burst, now_s))
        return min(self.burst, tokens + (now_s - at_s) * self.per_s)


@dataclass(slots=True)
class Pace:
    """One bucket of `burst` tokens that fills by `per_s`. It may be overdrawn: then its user waits
    until the debt is paid, which keeps the rate however much is taken at once."""

    burst: float
    per_s: float
    _tokens: float = field(init=False)
    _at_s: float = 0.0

    def __post_init__(self) -> None:
        self._tokens = self.burst

    def wait_s(self, cost: float, now_s: float) -> float:
        """Take `cost` tokens; how long to wait before the next time."""
        filled = self._tokens + (now_s - self._at_s) * self.per_s
        self._tokens, self._at_s = min(self.burst, filled) - cost, now_s
        return max(0.0, -self._tokens / self.per_s)
