"""Words of the API for what a plan says of itself: one sentence, in English or in Chinese.

The console has the same sentences, with its own times and numbers; a test compares them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from web.why import Reason

Language = Literal["en-GB", "zh-Hans"]
DAYS: Final[dict[str, tuple[str, ...]]] = {
    "en-GB": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "zh-Hans": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
}
WORDS: Final[dict[str, dict[str, str]]] = {
    "en-GB": {
        "why.nothing_to_do": "No vehicle asks for energy here",
        "why.departure": "Charges now so that the vehicle is ready when it leaves",
        "why.surplus": "Takes the site’s own solar and wind surplus",
        "why.cheap_slot": "Charges now because energy is cheap in this slot",
        "why.waits_for_cheaper": "Waits: energy gets cheaper before the vehicle leaves",
        "why.circuit_limit": "Held back because the circuit is at its limit",
        "why.connection_limit": "Held back because the grid connection is at its limit",
        "why.peak_discharge": "Gives energy back while the price is at its peak",
        "why.instruction": "Follows an instruction of the grid operator",
        "why.v2g_floor": "Gives no more: the battery is at its V2G reserve",
        "why.evse_limit": "Charges at the most that charger and vehicle allow",
        "why.taper": "The battery is nearly full and takes less by itself",
        "why.full": "The battery has what it needs",
        "why.fallback_rule": "Set by the fallback rule: no optimised plan was ready in time",
        "why.detail": "{sentence} ({detail})",
        "why.until": "{sentence}, until {time}",
        "why.other": "{sentence}; energy costs {price}, the next best ({other}) {extra} more",
        "other.charge_then": "charging at {time}",
        "other.charge_less": "leaving with less",
        "other.charge_now": "charging now rather than at {time}",
        "other.charge_more": "charging more than asked for",
        "other.give_now": "giving now and charging it back at {time}",
        "other.give_then": "giving at {time}",
        "other.keep": "keeping it and charging less at {time}",
        "other.keep_more": "keeping it",
        "fix.later_departure": "ready if it leaves {span} later",
        "fix.lower_target": "ready if {energy} less will do",
        "fix.more_power": "ready if circuit {where} carries {power} more",
        "fix.more_import": "ready if the connection carries {power} more",
        "fix.drop_instruction": "ready without the grid instruction",
        "fix.during": "{sentence} ({begins} to {ends})",
    },
    "zh-Hans": {
        "why.nothing_to_do": "此处没有车辆需要电能",
        "why.departure": "现在充电，以便车辆发车时就绪",
        "why.surplus": "利用站内光伏和风电的富余电力",
        "why.cheap_slot": "此时段电价低，因此现在充电",
        "why.waits_for_cheaper": "等待：发车前会有更低电价",
        "why.circuit_limit": "回路已达限值，功率受限",
        "why.connection_limit": "并网点已达限值，功率受限",
        "why.peak_discharge": "电价处于高峰，向站点放电",
        "why.instruction": "执行电网运营方的指令",
        "why.v2g_floor": "停止放电：电池已到 V2G 预留电量",
        "why.evse_limit": "按充电桩和车辆允许的最大功率充电",
        "why.taper": "电池接近充满，自身降低了功率",
        "why.full": "电池已达所需电量",
        "why.fallback_rule": "由后备规则设定：优化计划未能及时生成",
        "why.detail": "{sentence}（{detail}）",
        "why.until": "{sentence}，至 {time}",
        "why.other": "{sentence}；电能成本 {price}，次优做法（{other}）多花 {extra}",
        "other.charge_then": "改在 {time} 充电",
        "other.charge_less": "少充一些就离开",
        "other.charge_now": "现在充电，而不是 {time}",
        "other.charge_more": "多充一些",
        "other.give_now": "现在放电，{time} 再充回",
        "other.give_then": "改在 {time} 放电",
        "other.keep": "不放电，{time} 少充",
        "other.keep_more": "不放电",
        "fix.later_departure": "推迟 {span} 离开即可就绪",
        "fix.lower_target": "少充 {energy} 即可就绪",
        "fix.more_power": "回路 {where} 多承载 {power} 即可就绪",
        "fix.more_import": "并网点多承载 {power} 即可就绪",
        "fix.drop_instruction": "若无电网指令即可就绪",
        "fix.during": "{sentence}（{begins} 至 {ends}）",
    },
}


def whole_sentence(reason: Reason, language: Language, zone: ZoneInfo, now: datetime) -> str:
    """The reason of a run as a sentence without full stop: what binds, until when, what a kWh
    costs, and what the next best thing would cost more. Times are local, with their day where it
    is not that of `now`."""
    words = WORDS[language]

    def when(at: datetime | None) -> str:
        return "" if at is None else local_time(at, language, zone, now)

    sentence = words.get(f"why.{reason.code}", reason.code)
    if reason.detail:
        sentence = words["why.detail"].format(sentence=sentence, detail=reason.detail)
    sentence = words["why.until"].format(sentence=sentence, time=when(reason.until))
    other = reason.runner_up
    if other is None or reason.cost_gbp_per_kwh is None:
        return sentence
    action = "keep_more" if other.action == "keep" and other.at is None else other.action
    return words["why.other"].format(
        sentence=sentence,
        price=pence(reason.cost_gbp_per_kwh),
        other=words[f"other.{action}"].format(time=when(other.at)),
        extra=pence(other.extra_gbp_per_kwh),
    )


def fix_sentence(
    fix: Mapping[str, Any],
    begins_at: datetime | None,
    ends_at: datetime | None,
    language: Language,
    zone: ZoneInfo,
) -> str:
    """A change that would have a vehicle ready, as a sentence without full stop."""
    words, change = WORDS[language], fix["change"]
    if change == "more_power" and not fix.get("where"):
        change = "more_import"
    sentence = words[f"fix.{change}"].format(
        span=span(fix.get("late_s", 0.0)),
        energy=f"{fix.get('less_wh', 0.0) / 1000:.1f} kWh",
        power=f"{fix.get('more_w', 0.0) / 1000:.1f} kW",
        where=fix.get("where"),
    )
    if begins_at is None or ends_at is None:
        return sentence
    begins = local_time(begins_at, language, zone, begins_at)
    ends = local_time(ends_at, language, zone, begins_at)
    return words["fix.during"].format(sentence=sentence, begins=begins, ends=ends)


def local_time(at: datetime, language: Language, zone: ZoneInfo, now: datetime) -> str:
    """Wall time, with its day where it is not that of `now`."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    day = "" if local.date() == today.date() else f"{DAYS[language][local.weekday()]} "
    return f"{day}{local:%H:%M}"


def span(late_s: float) -> str:
    """A length in hours and minutes."""
    hours, minutes = divmod(round(late_s / 60), 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"


def pence(gbp_per_kwh: float) -> str:
    """A price in pence to a tenth."""
    return f"{gbp_per_kwh * 100:.1f} p/kWh"
