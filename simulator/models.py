"""StationModel: how the stations that a site file can name behave."""

from dataclasses import dataclass
from typing import Final

from simulator.profiles import NegativeLimit


@dataclass(frozen=True, slots=True, kw_only=True)
class StationModel:
    """`tells_soc`: the vehicle speaks to the station (ISO 15118 or CHAdeMO), so that it can tell
    state of charge and needs; otherwise it knows what its meter and its display know."""

    name: str
    connector_type: str
    energy_transfer: str
    tells_soc: bool
    negative_limit: NegativeLimit
    firmware_version: str
    ocpp_version: str = "2.0.1"
    two_way_transfer: str | None = None
    """What a vehicle that can give power back asks for in OCPP 2.1 (EnergyTransferModeEnumType);
    None: the station has no V2XChargingCtrlr and follows no setpoint."""
    takes_currents: bool = False
    """Whether it follows the vendor's own message (`simulator/vendor.py`)."""


MODELS: Final = {
    model.name: model
    for model in (
        StationModel(
            name="Bidirectional-11",
            connector_type="cCCS2",
            energy_transfer="DC",
            tells_soc=True,
            negative_limit=NegativeLimit.DISCHARGES,
            firmware_version="2.4.1",
        ),
        StationModel(
            name="V2X-11",
            connector_type="cCCS2",
            energy_transfer="DC",
            tells_soc=True,
            negative_limit=NegativeLimit.DISCHARGES,
            firmware_version="3.0.2",
            ocpp_version="2.1",
            two_way_transfer="DC_BPT",
        ),
        StationModel(
            name="Vendor-11",
            connector_type="cCCS2",
            energy_transfer="DC",
            tells_soc=True,
            negative_limit=NegativeLimit.READS_NO_LIMIT,
            firmware_version="5.1.0",
            takes_currents=True,
        ),
        StationModel(
            name="AC-11",
            connector_type="sType2",
            energy_transfer="AC_three_phase",
            tells_soc=False,
            negative_limit=NegativeLimit.READS_NO_LIMIT,
            firmware_version="1.9.0",
        ),
        StationModel(
            name="AC-22",
            connector_type="sType2",
            energy_transfer="AC_three_phase",
            tells_soc=False,
            negative_limit=NegativeLimit.READS_NO_LIMIT,
            firmware_version="1.9.0",
        ),
    )
}


def model_named(name: str) -> StationModel:
    """The model of that name. Raises ValueError with the names there are."""
    if name not in MODELS:
        raise ValueError(f"unknown station model {name!r}; known: {', '.join(MODELS)}")
    return MODELS[name]
