"""The sentences of the API: the console's words, whole and in both languages."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from scheduler.domain.plan import RunnerUpAction, WhyCode
from web.why import Alternative, Reason
from web.wording import WORDS, Language, whole_sentence

CONSOLE = Path(__file__).parents[2] / "web/console/src/lib/i18n"
LONDON = ZoneInfo("Europe/London")
NOON = datetime(2026, 6, 9, 12, tzinfo=UTC)
WAITS = Reason(
    "waits_for_cheaper", "", NOON + timedelta(hours=2), 0.17,
    Alternative("charge_now", NOON + timedelta(hours=14), 0.0124),
)  # fmt: skip


@pytest.mark.parametrize(("language", "file"), [("en-GB", "en.ts"), ("zh-Hans", "zh.ts")])
def test_the_words_are_those_of_the_console(language: str, file: str) -> None:
    told = dict(re.findall(r"'((?:why|other)\.\w+)':\s*'([^']*)'", (CONSOLE / file).read_text()))
    assert {key: told.get(key) for key in WORDS[language]} == WORDS[language]


@pytest.mark.parametrize("language", WORDS)
def test_every_code_and_every_action_has_words(language: str) -> None:
    keys = {f"why.{code}" for code in WhyCode} | {f"other.{action}" for action in RunnerUpAction}
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
