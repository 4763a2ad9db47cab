"""A list of stations is taken whole or refused with every bad line."""

from pathlib import Path

import pytest

from v2ghub.enrolment import Enrolment, read_csv
from v2ghub.errors import HubError


def csv(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "stations.csv"
    file.write_text(text)
    return file


def test_rows_become_stations_and_empty_cells_take_the_default(tmp_path: Path) -> None:
    file = csv(tmp_path, "station_id,site_id,max_charge_w\nA-1,depot,22000\nA-2,,\n")
    assert read_csv(file) == [
        Enrolment(station_id="A-1", site_id="depot", max_charge_w=22_000.0),
        Enrolment(station_id="A-2"),
    ]


def test_a_byte_order_mark_as_spreadsheets_write_it_is_no_part_of_a_name(tmp_path: Path) -> None:
    file = tmp_path / "stations.csv"
    file.write_text("station_id\nA-1\n", encoding="utf-8-sig")
    assert read_csv(file) == [Enrolment(station_id="A-1")]


def test_every_bad_line_is_named(tmp_path: Path) -> None:
    file = csv(tmp_path, "station_id,phases\nA-1,three\nA-2,3\nA-3,1,9\n")
    with pytest.raises(HubError) as refused:
        read_csv(file)
    assert "line 2: " in str(refused.value)
    assert "line 4: " in str(refused.value)
    assert "line 3" not in str(refused.value)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("max_charge_w", "nan"),
        ("max_discharge_w", "inf"),
        ("min_charge_w", "-1"),
        ("voltage_v", "0"),
        ("voltage_v", "nan"),
        ("phases", "4"),
    ],
)
def test_a_figure_that_is_none_is_refused(tmp_path: Path, column: str, value: str) -> None:
    with pytest.raises(HubError, match=f"line 2: .*{column}"):
        read_csv(csv(tmp_path, f"station_id,{column}\nA-1,{value}\n"))


@pytest.mark.parametrize("header", ["", "id,site_id\n", "station_id,colour\n"])
def test_a_header_that_is_not_ours_lists_the_columns(tmp_path: Path, header: str) -> None:
    with pytest.raises(HubError, match="must name columns of station_id, site_id"):
        read_csv(csv(tmp_path, header))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(HubError, match="No such file"):
        read_csv(tmp_path / "none.csv")
