"""SortedRun: a sorted set that grows, mostly at its end, without being copied each time."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")


class SortedRun(Generic[_T]):
    """A value: whoever holds one sees it unchanged for ever.

    Runs that grew from each other share one list, of which each sees its own length; the longest
    of them grows in place (amortised O(1)), any other growth copies.
    """

    __slots__ = ("_items", "_length")

    def __init__(self, items: Iterable[_T] = ()) -> None:
        self._items: list[_T] = sorted(set(items))  # type: ignore[type-var]
        self._length = len(self._items)

    def with_item(self, item: _T) -> "SortedRun[_T]":
        """This run and `item`; this very object if `item` is in it."""
        index = self.place_of(item)
        if index == self._length:
            shared = self._items
            if index == 0 or len(shared) > index:  # somebody else has grown it, or will
                shared = shared[:index]
            shared.append(item)
        elif self._items[index] == item:
            return self
        else:
            shared = [*self._items[:index], item, *self._items[index : self._length]]
        return self._on(shared, self._length + 1)

    def place_of(self, item: Any) -> int:
        """The index of the first item that is not below `item`."""
        if self._length and self._items[self._length - 1] < item:
            return self._length
        return bisect_left(self._items, item, 0, self._length)

    def since(self, index: int) -> list[_T]:
        """The items from the `index`th on."""
        return self._items[index : self._length]

    @classmethod
    def _on(cls, shared: list[_T], length: int) -> "SortedRun[_T]":
        made: SortedRun[_T] = cls.__new__(cls)
        made._items, made._length = shared, length
        return made

    def __len__(self) -> int:
        return self._length

    def __contains__(self, item: object) -> bool:
        index = self.place_of(item)
        return index < self._length and self._items[index] == item

    def __getitem__(self, index: int) -> _T:
        found = index + self._length if index < 0 else index
        if not 0 <= found < self._length:
            raise IndexError(index)
        return self._items[found]

    def __iter__(self) -> Iterator[_T]:
        return iter(self._items[: self._length])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SortedRun) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"SortedRun({list(self)!r})"
