"""Token buckets in bounded memory: who may try again, and how often."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Limiter:
    """A bucket of `burst` tokens per key that fills by `per_s`; the key longest unused is forgotten
    first, which can only be generous to it."""

    burst: float
    per_s: float
    keys: int = 10_000
    _buckets: OrderedDict[Hashable, tuple[float, float]] = field(default_factory=OrderedDict)

    def take(self, key: Hashable, now_s: float) -> bool:
        """Take a token of `key`; False if there is none."""
        tokens, at_s = self._buckets.pop(key, (self.burst, now_s))
        tokens = min(self.burst, tokens + (now_s - at_s) * self.per_s)
        granted = tokens >= 1.0
        self._keep(key, tokens - granted, now_s)
        return granted

    def give_back(self, key: Hashable) -> None:
        """The token was not needed after all."""
        if key in self._buckets:
            tokens, at_s = self._buckets.pop(key)
            self._keep(key, min(self.burst, tokens + 1.0), at_s)

    def _keep(self, key: Hashable, tokens: float, at_s: float) -> None:
        self._buckets[key] = (tokens, at_s)
        if len(self._buckets) > self.keys:
            self._buckets.popitem(last=False)
