"""The sentences of the API: the console's words, whole and in both languages."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from scheduler.domain.plan import FixChange, RunnerUpAction, WhyCode
from web.why import Alternative, Reason
from web.wording import WORDS, Language, fix_sentence, whole_sentence

CONSOLE = Path(__file__).parents[2] / "web/console/src/lib/i18n"
LONDON = ZoneInfo("Europe/London")
NOON = datetime(2026, 6, 9, 12, tzinfo=UTC)
WAITS = Reason(
    "waits_for_cheaper", "", NOON + timedelta(hours=2), 0.17,
    Alternative("charge_now", NOON + timedelta(hours=14), 0.0124),
)  # fmt: skip


@pytest.mark.parametrize(("language", "file"), [("en-GB", "en.ts"), ("zh-Hans", "zh.ts")])
def test_the_words_are_those_of_the_console(language: str, file: str) -> None:
    told = dict(
        re.findall(r"'((?:why|other|fix)\.\w+)':\s*'([^']*)'", (CONSOLE / file).read_text())
    )
    assert {key: told.get(key) for key in WORDS[language]} == WORDS[language]


@pytest.mark.parametrize("language", WORDS)
def test_every_code_and_every_action_has_words(language: str) -> None:
    keys = {f"why.{code}" for code in WhyCode} | {f"other.{action}" for action in RunnerUpAction}
    keys |= {f"fix.{change}" for change in FixChange}
    assert keys <= set(WORDS[language])


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "en-GB",
            "Waits: energy gets cheaper before the vehicle leaves, until 15:00; energy costs "
            "17.0 p/kWh, the next best (charging now rather than at Wed 03:00) 1.2 p/kWh more",
        ),
        (
            "zh-Hans",
            "等待：发车前会有更低电价，至 15:00；电能成本 17.0 p/kWh，"
            "次优做法（现在充电，而不是 周三 03:00）多花 1.2 p/kWh",
        ),
    ],
)
def test_one_sentence_says_what_binds_until_when_and_what_else(
    language: Language, text: str
) -> None:
    assert whole_sentence(WAITS, language, LONDON, NOON) == text


def test_a_reason_names_what_binds_and_needs_no_alternative() -> None:
    reason = Reason("circuit_limit", "yard", NOON + timedelta(hours=1))
    told = whole_sentence(reason, "en-GB", LONDON, NOON)
    assert told == "Held back because the circuit is at its limit (yard), until 14:00"


def test_what_is_kept_needs_no_other_slot() -> None:
    kept = Reason("peak_discharge", "", NOON, 0.5, Alternative("keep", None, 0.1))
    assert "the next best (keeping it) 10.0 p/kWh more" in whole_sentence(
        kept, "en-GB", LONDON, NOON
    )


@pytest.mark.parametrize(
    ("fix", "en", "zh"),
    [
        (
            {"change": "later_departure", "late_s": 4200.0},
            "ready if it leaves 1 h 10 min later", "推迟 1 h 10 min 离开即可就绪",
        ),
        (
            {"change": "lower_target", "less_wh": 3140.0},
            "ready if 3.1 kWh less will do", "少充 3.1 kWh 即可就绪",
        ),
        (
            {"change": "more_power", "more_w": 1300.0, "where": "yard", "first_slot": 0},
            "ready if circuit yard carries 1.3 kW more (13:00 to 14:00)",
            "回路 yard 多承载 1.3 kW 即可就绪（13:00 至 14:00）",
        ),
        (
            {"change": "more_power", "more_w": 1300.0, "first_slot": 0},
            "ready if the connection carries 1.3 kW more (13:00 to 14:00)",
            "并网点多承载 1.3 kW 即可就绪（13:00 至 14:00）",
        ),
        (
            {"change": "drop_instruction", "first_slot": 0},
            "ready without the grid instruction (13:00 to 14:00)",
            "若无电网指令即可就绪（13:00 至 14:00）",
        ),
    ],
)  # fmt: skip
def test_what_would_have_a_vehicle_ready(fix: dict[str, object], en: str, zh: str) -> None:
    span = (NOON, NOON + timedelta(hours=1)) if "first_slot" in fix else (None, None)
    assert fix_sentence(fix, *span, "en-GB", LONDON) == en
    assert fix_sentence(fix, *span, "zh-Hans", LONDON) == zh
