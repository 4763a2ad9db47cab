"""The errors of the CSMS.

CsmsError
├── StoreUnavailable   the database cannot be reached or is full: nothing was stored, ask again
├── StationUnknown     no such station, or a wrong password (the caller learns no difference)
├── ConnectionLost     the station's socket closed while we waited for its answer
├── CallRefused        the station answered a call of ours with CALLERROR
└── CallTimeout        no (readable) answer in time; `sent` says whether it may have been heard
"""


class CsmsError(Exception):
    """Root of all errors that the CSMS raises on purpose."""


class StoreUnavailable(CsmsError):  # noqa: N818 - the state of the world, not a mistake of ours
    """The database cannot be reached, or has no room: nothing was stored."""


class StationUnknown(CsmsError):  # noqa: N818
    """No station with this identity and password."""


class ConnectionLost(CsmsError):  # noqa: N818
    """The socket closed before the answer came."""


class CallRefused(CsmsError):  # noqa: N818
    """CALLERROR in answer to our call."""

    def __init__(self, code: str, description: str = "") -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description


class CallTimeout(CsmsError):  # noqa: N818
    """No readable answer before the deadline. Not `sent`: it never left our queue."""

    def __init__(self, *, sent: bool) -> None:
        super().__init__("no answer in time" if sent else "not sent in time")
        self.sent = sent
