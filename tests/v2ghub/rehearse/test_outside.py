"""A grid operator's words in the tables of the rehearsal, however they come."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from random import Random

import pytest

from scheduler.domain.signal import SignalKind
from scheduler.services.accept_signal import SignalRefusal, SignalRequest
from v2ghub.rehearse.mix import drawn
from v2ghub.rehearse.outside import accept
from v2ghub.rehearse.site import make_site
from v2ghub.rehearse.tables import Tables

NOON = datetime(2026, 3, 24, 12, tzinfo=UTC)
SITE, _ = make_site(drawn(4, Random(1)), 300.0)
FIRST = SignalRequest(
    site_id=SITE.site_id, operator="grid", external_id="cap", revision=1,
    kind=SignalKind.ENVELOPE, priority=0, import_max_w=9_000.0,
    starts_at=NOON, ends_at=NOON + timedelta(minutes=10),
)  # fmt: skip
SECOND = replace(FIRST, revision=2, import_max_w=8_000.0)


@pytest.mark.parametrize("order", list(permutations((FIRST, FIRST, SECOND, SECOND))))
def test_the_newest_revision_holds_whatever_comes_first(order: tuple[SignalRequest, ...]) -> None:
    tables = Tables()
    for told in order:
        accept(tables, SITE, told, NOON)
    (held,) = tables.live_signals(NOON)
    assert (held.revision, held.import_max_w) == (2, 8_000.0)
    assert len(tables.outbox) == len({one.revision for one in order[: order.index(SECOND) + 1]})


def test_what_is_over_is_refused_and_asks_nothing() -> None:
    tables = Tables()
    late = NOON + timedelta(hours=1)
    assert accept(tables, SITE, FIRST, late) is SignalRefusal.WINDOW_PAST
    assert accept(tables, SITE, FIRST, NOON) is None
    assert tables.live_signals(late) == ()
