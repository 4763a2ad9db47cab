"""A codec per OCPP version: the wire's payloads on one side, domain messages on the other.

A codec is a module; this table is the list of versions that we speak.
"""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from csms.domain import messages as m
from csms.domain.station import OcppVersion
from csms.domain.transaction import TransactionEvent
from csms.ocppj import codec16, codec21, codec201, types_v21
from csms.ocppj.peer import CallError


class Codec(Protocol):
    """What a version's module offers. Requests and responses of ours are its own structs."""

    @property
    def ACTIONS(self) -> frozenset[str]:  # noqa: N802
        """What stations may call here."""

    def decode(self, action: str, payload: bytes) -> m.Request | CallError:
        """The domain request of a station's CALL, or the CALLERROR to answer with."""

    def transaction_event(self, payload: bytes) -> TransactionEvent:
        """An event from the ledger. Raises msgspec.MsgspecError if `payload` is none."""

    def encode_answer(self, action: str, answer: object) -> bytes:
        """CALLRESULT payload of what a handler of `action` answered."""

    def request_from(self, action: str, values: Mapping[str, Any]) -> Any | CallError:
        """A request of ours from JSON values (an operator's), or what is wrong with them."""

    def encode_request(self, request: Any) -> bytes:
        """CALL payload of a request of ours."""

    def decode_response(self, action: str, payload: bytes) -> Any | CallError:
        """The station's answer to our `action`, or what is wrong with it."""


CODECS: Final[Mapping[OcppVersion, Codec]] = {
    OcppVersion.V16: codec16,
    OcppVersion.V201: codec201,
    OcppVersion.V21: codec21,
}


def codec_of(version: OcppVersion, request: Any) -> Codec:
    """Who is asked in the words of 2.1 answers in them, whatever its link speaks."""
    return codec21 if isinstance(request, types_v21.Wire) else CODECS[version]


SUBPROTOCOLS: Final[Mapping[str, OcppVersion]] = {
    f"ocpp{version.value}": version for version in reversed(OcppVersion) if version in CODECS
}
"""WebSocket subprotocol → version, the newest first."""
