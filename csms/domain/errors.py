"""The errors of the CSMS.

CsmsError
├── StoreUnavailable   the database cannot be reached or is full: nothing was stored, ask again
├── StationUnknown     no such station, or a wrong password (the caller learns no difference)
└── ConnectionLost     the station's socket closed while we waited for its answer
"""


class CsmsError(Exception):
    """Root of all errors that the CSMS raises on purpose."""


class StoreUnavailable(CsmsError):  # noqa: N818 - the state of the world, not a mistake of ours
    """The database cannot be reached, or has no room: nothing was stored."""


class StationUnknown(CsmsError):  # noqa: N818
    """No station with this identity and password."""


class ConnectionLost(CsmsError):  # noqa: N818
    """The socket closed before the answer came."""
