"""Security profiles of a connection (A00), and that a station's only ever rises (A05)."""

from enum import IntEnum


class SecurityProfile(IntEnum):
    """How a station proves who it is."""

    BASIC = 1
    """A password, on a line that others protect."""
    TLS = 2
    """A password inside TLS."""
    CLIENT_CERTIFICATE = 3
    """Its own certificate inside TLS."""


def too_low(profile: int, kept: int) -> bool:
    """Whether a connection of `profile` is below what the station has reached (A05.FR.07)."""
    return profile < kept


def may_move(wanted: int, kept: int) -> bool:
    """Whether a network profile with `wanted` may be sent: never a lower one over OCPP."""
    return SecurityProfile.BASIC <= wanted <= SecurityProfile.CLIENT_CERTIFICATE and not too_low(
        wanted, kept
    )
