"""A hub in memory: real routes, real codec, a store that forgets on exit."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from csms.domain.authorization import AuthorizationStatus, Token, TokenRef
from csms.domain.certificates import CertificateHash, certificate_hash, read_chain
from csms.domain.discharge import DischargeModels
from csms.domain.facts import StationProvisioned
from csms.domain.ids import ChargingStationId, IdToken
from csms.domain.station import OcppVersion
from csms.handlers.ports import Ports, StationState
from csms.handlers.ports_v21 import PortsV21
from csms.handlers.routing import answer, routes
from csms.ocppj.peer import CallError
from csms.store.memory import MemoryStore
from csms.store.memory_device_model import MemoryDeviceModel
from csms.store.memory_v21 import MemoryV21
from tests import pki

STATION = ChargingStationId("cs1")
T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)
MONITORS = MemoryDeviceModel(monitor_severities={0: 3, 7: 3, 8: 5})
LISTED = {"vendor": "V2GHubSim", "model": "Bidirectional-11", "dialect": "negative_limit"}
MODELS = DischargeModels.parse([LISTED])


def ports(
    store: MemoryStore, v21: MemoryV21 | None = None, *, settles_payments: bool = True
) -> Ports:
    """The store in every place."""
    v21 = v21 or MemoryV21()
    return Ports(
        journal=store,
        transaction_ids=store,
        charging=store,
        projections=store,
        transactions=store,
        tokens=store,
        contracts=store,
        tariffs=store.tariffs,
        limits=store.limits,
        settles_payments=settles_payments,
        stations=store,
        mends=store,
        clocks=store.clocks,
        security=store.security.security(),
        monitors=MONITORS,
        discharge_models=MODELS,
        v21=PortsV21(energy_transfers=v21, dynamic_profiles=v21, payments=v21),
    )


@dataclass(slots=True)
class Hub:
    """One station talks to it."""

    store: MemoryStore
    now: datetime = T0
    station_id: ChargingStationId = STATION
    version: OcppVersion = OcppVersion.V201
    v21: MemoryV21 = field(default_factory=MemoryV21)
    settles_payments: bool = True

    async def tell(self, action: str, payload: dict[str, Any]) -> Any:
        """The answer as JSON values, or the CallError."""
        wired = ports(self.store, self.v21, settles_payments=self.settles_payments)
        table = routes(wired)
        encoded = json.dumps(payload).encode()
        told = await answer(
            self.version, action, encoded, self.station_id, self.now, table, self.v21
        )
        return told if isinstance(told, CallError) else json.loads(told)

    async def boot(self, reason: str = "PowerUp", model: str = "AC-11") -> Any:
        """BootNotification."""
        station = {"vendorName": "V2GHubSim", "model": model}
        return await self.tell("BootNotification", {"reason": reason, "chargingStation": station})

    async def provisioned(self) -> None:
        """What the Provision command leaves behind."""
        await self.store.commit([StationProvisioned(station_id=self.station_id, at=self.now)])

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def kept(self, kind: type[Any]) -> list[Any]:
        """The facts of one kind."""
        return [fact for fact in self.store.facts if isinstance(fact, kind)]


@pytest.fixture
def stranger() -> Hub:
    """A station that never booted."""
    good = Token(ref=TokenRef(IdToken("GOOD")), status=AuthorizationStatus.ACCEPTED)
    return Hub(MemoryStore(tokens={good.ref.id_token: good}))


@pytest.fixture
def hub(stranger: Hub) -> Hub:
    """An accepted station."""
    stranger.store.states[STATION] = StationState(
        registration_status="Accepted", provisioned=True, floor_w=1_400.0, sample_interval_s=60
    )
    return stranger


@pytest.fixture
def hub21(hub: Hub) -> Hub:
    """An accepted station that speaks OCPP 2.1."""
    hub.version = OcppVersion.V21
    return hub


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> pki.Root:
    """A root of trust."""
    return pki.root(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def certificate(issuer: pki.Root) -> CertificateHash:
    """What names a certificate that the issuer signed: its own."""
    (root,) = read_chain(issuer.certificate.read_text())
    return certificate_hash(root, root)


def iso(at: datetime) -> str:
    """As a station writes it."""
    return at.isoformat().replace("+00:00", "Z")
