"""Numba where it is installed; where not, the same functions as plain Python: exact, but slow."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

try:
    from numba import njit
except ImportError:
    njit = None

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function in machine code, kept on disk for the next process; other threads run on."""
    if njit is None:
        return function
    return cast("F", njit(cache=True, nogil=True)(function))
