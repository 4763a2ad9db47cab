"""What counts as a test of a case, and what the list of cases refuses."""

from pathlib import Path

import pytest

from tools.conformance import Refused, cases, key_of, written

CASES = """
[[case]]
id = "TC_B_06"
version = "2.0.1"
profiles = "Core:M AdvDevice:C"
title = "Get | Variables"

[[case]]
id = "TC_N_102_2"
version = "2.1"
profiles = ""
title = "Logs"
"""
GOOD = "async def test_tc_b_06_csms_one(bench):\n    assert bench\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cases.toml").write_text(CASES)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("test_tc_b_06_csms_words", ("2.0.1", "TC_B_06")),
        ("test_tc21_b_100_csms_words", ("2.1", "TC_B_100")),
        ("test_tc21_n_102_2_csms_words", ("2.1", "TC_N_102_2")),
    ],
)
def test_the_name_of_a_test_says_its_case(name: str, key: tuple[str, str]) -> None:
    assert key_of(name) == key


def test_a_case_is_listed_with_its_tests_or_as_open(folder: Path) -> None:
    (folder / "test_block_b.py").write_text(GOOD)
    text = written(cases(folder))
    assert "| Core, mandatory | 1 | 1 | 0 | 0 |" in text
    assert "| Advanced Device Management, conditional | 1 | 1 | 0 | 0 |" in text
    assert "| **2.1, all** | 1 | 0 | 0 | 1 |" in text
    row = "| TC_B_06 | Get \\| Variables | Core M, AdvDevice C |"
    assert f"{row} `test_block_b.py::test_tc_b_06_csms_one` |" in text
    assert "| TC_N_102_2 | Logs | – | open |" in text


def test_a_case_that_does_not_apply_says_why(folder: Path) -> None:
    (folder / "not_applicable.toml").write_text('["2.1"]\nTC_N_102_2 = "no such log"\n')
    text = written(cases(folder))
    assert "| **2.1, all** | 1 | 0 | 1 | 0 |" in text
    assert "| TC_N_102_2 | Logs | – | no such log |" in text


@pytest.mark.parametrize(
    ("test", "fault"),
    [
        ("def test_tc_b_06_csms_one():\n    pass\n", "asserts nothing"),
        ("def test_tc_b_06_csms_one():\n    assert True\n", "asserts nothing"),
        ("@pytest.mark.skip\n" + GOOD, "is skipped"),
        ("@pytest.mark.xfail(reason='later')\n" + GOOD, "is skipped"),
        ("def test_tc_b_99_csms_one(x):\n    assert x\n", "names no case"),
        ("def test_tc_b_06(x):\n    assert x\n", "names no case"),
    ],
)
def test_a_test_that_shows_nothing_is_refused(folder: Path, test: str, fault: str) -> None:
    (folder / "test_block_b.py").write_text(test)
    with pytest.raises(Refused, match=fault):
        cases(folder)


@pytest.mark.parametrize("reason", ['["2.1"]\nTC_X_1 = "?"\n', '["2.0.1"]\nTC_B_06 = "?"\n'])
def test_a_reason_that_fits_no_case_is_refused(folder: Path, reason: str) -> None:
    (folder / "test_block_b.py").write_text(GOOD)
    (folder / "not_applicable.toml").write_text(reason)
    with pytest.raises(Refused):
        cases(folder)


HELPED = "async def test_tc_b_06_csms_one(bench):\n    await {call}(bench)\n"
HELPER = "async def asked(bench):\n    assert bench\n"


@pytest.mark.parametrize(
    ("test", "counts"),
    [
        (HELPER + HELPED.format(call="asked"), True),
        ("async def asked(x):\n    x()\n\n" + HELPED.format(call="asked"), False),
        ("from a.test_more import asked\n" + HELPED.format(call="asked"), True),
        ("from a import test_more as more\n" + HELPED.format(call="more.asked"), True),
        ("from a.station import asked\n" + HELPED.format(call="asked"), False),
        ("async def asked(x):\n    await asked(x)\n" + HELPED.format(call="asked"), False),
    ],
    ids=["helper", "idle helper", "of another file", "by its file", "harness", "endless"],
)
def test_a_test_asserts_by_itself_or_by_a_function_of_the_test_files(
    folder: Path, test: str, counts: bool
) -> None:
    (folder / "test_block_b.py").write_text(test)
    (folder / "test_more.py").write_text(HELPER)
    (folder / "station.py").write_text(HELPER)
    if counts:
        assert cases(folder)[0].tests
    else:
        with pytest.raises(Refused, match="asserts nothing"):
            cases(folder)


def test_a_case_of_2_0_1_may_be_tried_with_2_1(folder: Path) -> None:
    (folder / "test_block_b.py").write_text(GOOD.replace("test_tc_", "test_tc21_"))
    assert cases(folder)[0].tests == ["test_block_b.py::test_tc21_b_06_csms_one"]


def test_pytest_raises_is_an_assertion(folder: Path) -> None:
    test = "def test_tc_b_06_csms_one(x):\n    with pytest.raises(ValueError):\n        x()\n"
    (folder / "test_block_b.py").write_text(test)
    assert cases(folder)[0].tests == ["test_block_b.py::test_tc_b_06_csms_one"]
