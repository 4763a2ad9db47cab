"""Line charts as SVG text, coloured by the page's own style: no script, no library."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
WIDTH, HEIGHT = 920, 280
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 14, 30
TICKS = 5


@dataclass(frozen=True, slots=True)
class Line:
    """A series over equal steps. `style`: the class that colours it."""

    name: str
    style: str
    values: Numbers


def line_chart(
    title: str, unit: str, lines: Sequence[Line], labels: Sequence[tuple[float, str]]
) -> str:
    """Lines over a common time; `labels` are (place from 0 to 1, word)."""
    drawn = [line for line in lines if len(line.values)]
    values = np.concatenate([line.values for line in drawn] or [np.zeros(1)])
    low, high, step = scale(float(values.min()), float(values.max()))
    parts = [_grid(low, high, step), *(_label(place, word) for place, word in labels)]
    parts += [_path(line, low, high) for line in drawn]
    legend = "".join(f'<li><i class="{line.style}"></i>{escape(line.name)}</li>' for line in drawn)
    return (
        f"<figure><figcaption>{escape(title)} <span>{escape(unit)}</span></figcaption>"
        f'<ul class="legend">{legend}</ul>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg></figure>"
    )


def scale(low: float, high: float) -> tuple[float, float, float]:
    """Bounds that hold all and zero, and the step between ticks: 1, 2 or 5 times a power of 10."""
    low, high = min(low, 0.0), max(high, 0.0)
    span = max(high - low, 1e-9)
    power = 10.0 ** floor(log10(span / TICKS))
    step = next(m * power for m in (1, 2, 5, 10) if span / (m * power) <= TICKS)
    return floor(low / step) * step, max(ceil(high / step), 1) * step, step


def _grid(low: float, high: float, step: float) -> str:
    rows = []
    for k in range(round((high - low) / step) + 1):
        value = low + k * step
        y = _y(value, low, high)
        style = "zero" if abs(value) < step / 2 else "rule"
        rows.append(
            f'<line class="{style}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_number(value, step)}</text>'
        )
    return "".join(rows)


def _number(value: float, step: float) -> str:
    digits = max(0, -floor(log10(step)))
    return f"{value:,.{digits}f}".replace(",", "\N{NARROW NO-BREAK SPACE}").replace("-", "−")


def _label(place: float, word: str) -> str:
    x = LEFT + place * (WIDTH - LEFT - RIGHT)
    anchor = "end" if place > 0.97 else "start" if place < 0.03 else "middle"
    return f'<text x="{x:.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{escape(word)}</text>'


def _path(line: Line, low: float, high: float) -> str:
    count = max(len(line.values) - 1, 1)
    points = " ".join(
        f"{LEFT + k / count * (WIDTH - LEFT - RIGHT):.1f},{_y(float(value), low, high):.1f}"
        for k, value in enumerate(line.values)
    )
    return f'<polyline class="{line.style}" points="{points}"/>'


def _y(value: float, low: float, high: float) -> float:
    return TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM)
