"""What is known of one EVSE: what it holds, what flows there now, and what it may take.

A reading is as old as its station's last word; orders since then are told apart from what was done.
"""

from math import inf, isnan

from scheduler.planning.guard_types import EvseState, GuardInput

TINY_W = 1.0
DEFIES_W = 500.0
DEFIES_RATIO = 0.1


def known_held_w(given: GuardInput, state: EvseState) -> float:
    """The setpoint in force; without one, or after its lease, the floor."""
    leased = state.setpoint_until is not None and state.setpoint_until > given.now
    if state.setpoint_w is None or not leased:
        return state.unheard_w if state.plugged or not state.connected else 0.0
    return state.setpoint_w


def known_planned_w(state: EvseState) -> float:
    """What the plan has for it; the floor where it does not know it, or says no number. One that
    must charge now to be ready gives nothing for a plan that thought it fuller."""
    planned_w = state.planned_w
    if planned_w is None or isnan(planned_w):
        return state.floor_w
    return max(planned_w, 0.0) if state.laxity_s <= 0 else planned_w


def known_in_flight_w(state: EvseState, held_w: float) -> float:
    """A setpoint below the one that is held; it may come into force at any second."""
    low_w = state.setpoint_low_w
    return low_w if low_w is not None and low_w < held_w else inf


def known_worst_w(given: GuardInput, state: EvseState, held_w: float) -> float:
    """What an EVSE that cannot be told, or does not obey, may take: its meter's word if fresh, or
    the worst."""
    if state.connected and not state.plugged:
        return 0.0
    if state.power is not None and state.power.fresh(given.evse_fresh_s):
        return state.power.power_w
    return max(held_w, state.unheard_w)


def is_defiant(given: GuardInput, state: EvseState) -> bool:
    """Whether a fresh reading, taken when the newest order had settled, is beyond what that
    allows; without such a reading, what the last one of them was."""
    power, age_s, newest_w = state.power, state.setpoint_age_s, state.ordered_w
    if age_s is None or newest_w is None:
        return False
    fresh = power is not None and power.fresh(given.evse_fresh_s)
    if power is None or not fresh or age_s - power.age_s < given.evse_settle_s:
        return state.defied
    room_w = DEFIES_W + DEFIES_RATIO * abs(newest_w)
    lowest_w = min(newest_w - state.falls_w, 0.0) - room_w
    return not lowest_w <= power.power_w <= max(newest_w + state.rises_w, 0.0) + room_w


def is_unheard(given: GuardInput, state: EvseState) -> bool:
    """Whether it was lowered and has not confirmed that when it should have been followed: nobody
    may count on it."""
    age_s, newest_w = state.setpoint_age_s, state.ordered_w
    if age_s is None or newest_w is None or age_s < given.evse_follow_s or state.defied:
        return False
    if state.followed_w is not None and newest_w < state.followed_w - DEFIES_W:
        return True
    if state.power is None:
        return False
    flying_w = known_in_flight_w(state, known_held_w(given, state))
    return flying_w <= newest_w < state.power.power_w - state.rises_w - DEFIES_W


def known_flow_w(given: GuardInput, state: EvseState, held_w: float) -> tuple[float, float]:
    """The least and the most that may flow now. A meter reading from before a setpoint was followed
    is news of yesterday: to believe it for longer than that takes is to answer one's own orders,
    back and forth. One from after it stands beside what was ordered: whichever is wrong, a bound
    then holds by the site's meter."""
    followed_w, age_s = state.followed_w, state.setpoint_age_s
    if followed_w is None:
        seen_w = _seen_w(given, state, held_w)
        return seen_w, seen_w
    power = state.power
    if power is None or not power.fresh(given.evse_fresh_s):
        return followed_w, followed_w
    if age_s is not None and age_s - power.age_s < given.evse_follow_s:
        return followed_w, followed_w
    return min(power.power_w, followed_w), max(power.power_w, followed_w)


def known_now_w(given: GuardInput, state: EvseState) -> float:
    """The least that flows now, whether it does what it is told or not."""
    held_w = known_held_w(given, state)
    told = state.connected and state.plugged
    if told and not (is_unheard(given, state) or is_defiant(given, state)):
        return known_flow_w(given, state, held_w)[0]
    return known_worst_w(given, state, held_w)


def known_under_way_w(given: GuardInput, state: EvseState) -> tuple[float, float]:
    """How far below (≤ 0) and above (≥ 0) what it confirmed last it may be by now: it was told so,
    and that it does is only not confirmed yet."""
    followed_w, age_s = state.followed_w, state.setpoint_age_s
    if followed_w is None or age_s is None or age_s >= given.evse_settle_s or state.defied:
        return 0.0, 0.0
    held_w = known_held_w(given, state)
    low_w = min(held_w, known_in_flight_w(state, held_w))
    return min(low_w - followed_w, 0.0), max(held_w - followed_w, 0.0)


def known_followed_w(given: GuardInput, state: EvseState) -> float:
    """What it gives if it does as it is told."""
    if state.followed_w is not None:
        return state.followed_w
    held_w = known_held_w(given, state)
    if state.connected and state.plugged:
        return _seen_w(given, state, held_w)
    return known_worst_w(given, state, held_w)


def known_awaited_w(given: GuardInput, state: EvseState) -> float:
    """What it is to give once it answers: until that would have settled nobody knows better."""
    age_s, newest_w = state.setpoint_age_s, state.ordered_w
    if state.defied or age_s is None or newest_w is None or age_s >= given.evse_settle_s:
        return known_followed_w(given, state)
    return newest_w


def _seen_w(given: GuardInput, state: EvseState, held_w: float) -> float:
    """What flows now, as far as meter and setpoint tell."""
    if state.power is None or not state.power.fresh(given.evse_fresh_s):
        return held_w
    age_s, low_w, newest_w = state.setpoint_age_s, state.setpoint_low_w, state.ordered_w
    if age_s is None or age_s - state.power.age_s >= given.evse_follow_s:
        return state.power.power_w
    if age_s >= given.evse_follow_s:
        return held_w
    if low_w is not None and newest_w is not None and low_w < held_w - TINY_W <= newest_w:
        return min(state.power.power_w, low_w)  # a rise under way
    return state.power.power_w


def known_most_w(given: GuardInput, state: EvseState, held_w: float) -> float:
    """How far it may rise. One that was lowered, and may not have followed yet, stays there: what
    fell at the connection may be its own power, and no room. One that was raised since stays, too:
    it is not lowered again for what it took before."""
    low_w, age_s = min(held_w, known_in_flight_w(state, held_w)), state.setpoint_age_s
    if state.ordered_w is not None:
        low_w = max(low_w, min(held_w, state.ordered_w))
    if state.power is None or age_s is None or age_s >= given.evse_settle_s:
        return inf
    lowered = age_s <= state.power.age_s and state.power.power_w > low_w + TINY_W
    return max(low_w, 0.0) if lowered else inf
