"""The cost of calls against the number of apps, as a picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.calls import create_app, create_presigned_url, get_q_app, upload_app
from benchmarks.growth import apps_in, list_page, without_quotas
from benchmarks.timing import best

# Each number of apps has its own region, so that the rounds can alternate.
_REGIONS = {
    10: "us-east-1",
    100: "us-east-2",
    1_000: "us-west-1",
    10_000: "us-west-2",
    100_000: "eu-west-1",
}
_SIZES = tuple(_REGIONS)
_COLOURS = {
    "ListQApps, a page of 10": "#d55e00",
    "CreatePresignedUrl": "#0072b2",
    "CreateQApp": "#009e73",
    "GetQApp": "#cc79a7",
}
_LEFT, _TOP, _WIDTH, _HEIGHT = 60, 40, 540, 300


def draw() -> str:
    """Measure, and return the picture as SVG."""
    costs = _milliseconds()
    top = math.ceil(max(max(each.values()) for each in costs) * 2) / 2
    parts = [*_axes(top), *_lines(costs, top)]
    frame = (
        f'viewBox="0 0 {_LEFT + _WIDTH + 40} {_TOP + _HEIGHT + 60}" font-family="sans-serif" font-size="13"'
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg" {frame}>\n' + "\n".join(parts) + "\n</svg>\n"


def _milliseconds() -> list[dict[str, float]]:
    """Return the cost of each boto3 call at each number of apps; the measurement adds about fifty apps."""
    with without_quotas() as qapps:
        calls = [call for size, region in _REGIONS.items() for call in _calls(apps_in(qapps, region, size))]
        milliseconds = iter([seconds * 1000 for seconds in best(*calls, times=1, rounds=40)])
    return [{name: next(milliseconds) for name in _COLOURS} for _ in _SIZES]


def _calls(client: Any) -> list[Callable[[], object]]:
    presign, get = create_presigned_url(client), get_q_app(client)
    return [
        lambda: list_page(client),
        lambda: presign(client),
        lambda: create_app(client, upload_app()),
        lambda: get(client),
    ]


def _axes(top: float) -> Iterator[str]:
    yield '<rect width="100%" height="100%" fill="white"/>'
    yield f'<text x="{_LEFT}" y="20">milliseconds a call, against the number of apps</text>'
    for step in range(6):
        y, value = _y(top * step / 5, top), f"{top * step / 5:.1f}"
        yield f'<path d="M{_LEFT} {y:.0f}h{_WIDTH}" stroke="#ddd"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.0f}" text-anchor="end">{value}</text>'
    for size in _SIZES:
        yield f'<text x="{_x(size):.0f}" y="{_TOP + _HEIGHT + 20}" text-anchor="middle">{size:,}</text>'


def _lines(costs: list[dict[str, float]], top: float) -> Iterator[str]:
    for place, (name, colour) in enumerate(_COLOURS.items()):
        points = " ".join(
            f"{_x(size):.0f},{_y(cost[name], top):.1f}" for size, cost in zip(_SIZES, costs, strict=True)
        )
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
        yield f'<text x="{_LEFT + place * 150}" y="{_TOP + _HEIGHT + 48}" fill="{colour}">{name}</text>'


def _x(size: int) -> float:
    return _LEFT + _WIDTH * math.log10(size / _SIZES[0]) / math.log10(_SIZES[-1] / _SIZES[0])


def _y(value: float, top: float) -> float:
    return _TOP + _HEIGHT * (1 - value / top)
