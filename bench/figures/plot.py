"""The plot of the README: how much of the limit each engine reaches, as SVG."""

import statistics
from collections.abc import Mapping

from bench.measuring.measure import Series
from bench.operations import KEPT, LIMIT, OURS, POSTGRAPHILE, REFERENCE

NAMES = {
    OURS: "Abruf",
    REFERENCE: "Abruf on graphql-core",
    POSTGRAPHILE: "PostGraphile 5",
    LIMIT: "limit: one statement by hand",
    KEPT: "Abruf, answers kept",
}
_CLASSES = {OURS: "a", REFERENCE: "r", POSTGRAPHILE: "p", LIMIT: "l"}
_LEFT, _WIDTH, _RIGHT, _BAR, _GAP, _TOP = 90, 440, 170, 16, 22, 64
_STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .page { fill: #ffffff } .small { font-size: 12px; fill: #57606a } .bold { font-weight: 600 }
  .a { fill: #0b7a4b } .p { fill: #8250df } .r { fill: #bf8700 } .l { fill: #afb8c1 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .page { fill: #0d1117 } .small { fill: #9198a1 }
    .a { fill: #3fb950 } .p { fill: #a371f7 } .r { fill: #d29922 } .l { fill: #6e7681 }
  }
"""


def svg(series: Mapping[str, Mapping[str, Series]], caption: str) -> str:
    """Draw a group of bars for each operation: of those who read. series: operation -> engine."""
    drawn, y = [_legend()], _TOP
    for operation, every in series.items():
        of = {engine: every[engine] for engine in _CLASSES if engine in every}
        most = max(statistics.median(it.throughput) for it in of.values())
        drawn.append(f'<text class="bold" x="14" y="{y + 12}">{operation}</text>')
        for engine, its in of.items():
            much = statistics.median(its.throughput)
            length = max(1.0, _WIDTH * much / most)
            at = f'x="{_LEFT + length + 6:.1f}" y="{y + 12}"'
            drawn.append(
                f'<rect class="{_CLASSES[engine]}" x="{_LEFT}" y="{y}" width="{length:.1f}"'
                f' height="{_BAR}" rx="2"/><text class="small" {at}>{much:,.0f} requests/s</text>'
            )
            y += _BAR + 3
        y += _GAP
    width = _LEFT + _WIDTH + _RIGHT
    drawn.append(f'<text class="small" x="14" y="{y}">{caption}</text>')
    size = f'width="{width}" height="{y + 16}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
            f"<title>Requests per second. {caption}</title><style>{_STYLE}</style>",
            f'<rect class="page" {size} rx="8"/>',
            *drawn,
            "</svg>\n",
        ]
    )


def _legend() -> str:
    drawn, x = [], 14
    for engine, class_ in _CLASSES.items():
        name = NAMES[engine]
        drawn.append(
            f'<rect class="{class_}" x="{x}" y="22" width="12" height="12" rx="2"/>'
            f'<text x="{x + 18}" y="33">{name}</text>'
        )
        x += 36 + 7 * len(name)
    return "\n".join(drawn)
