"""Numba where it is installed; where not, the same functions as plain Python: exact, but slow."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

njit: Any = None
with suppress(ImportError):
    from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function in machine code, kept on disk for the next process; other threads run on."""
    if njit is None:
        return function
    return cast("F", njit(cache=True, nogil=True)(function))
