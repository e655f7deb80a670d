"""Draws how a contract is drawn down, for the README: `python -m web.burn_down URL TOKEN OUT.svg`.

URL is the address of /graphql on a running server with the demo. What is drawn is what the API
answers: of each line how much is left of what was agreed, after each call-off.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from html import escape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import Request, urlopen

QUERY = """{ contract(number: "RV-KOESTER") { number validFrom validTo party { name }
  lines { lineNo product { name } unit agreed calledOff delivered remaining }
  callOffs(first: 250, sort: PLACED_AT) { nodes { placedAt
    lines { contractLine { lineNo } ordered cancelled } } } } }"""
WIDTH, HEIGHT, LEFT, TOP, BELOW, BESIDE = 860, 360, 56, 66, 44, 250
_STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .page { fill: #ffffff } .small { font-size: 12px; fill: #57606a } .bold { font-weight: 600 }
  .axis { stroke: #d0d7de } .pace { stroke: #8c959f; stroke-dasharray: 5 4 }
  path { fill: none; stroke-width: 2.5 }
  .l0 { stroke: #0b7a4b } .l1 { stroke: #0969da } .l2 { stroke: #8250df } .l3 { stroke: #bf5700 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .page { fill: #0d1117 } .small { fill: #9198a1 }
    .axis { stroke: #30363d } .l0 { stroke: #3fb950 } .l1 { stroke: #58a6ff }
    .l2 { stroke: #a371f7 } .l3 { stroke: #f0883e }
  }
"""


class Step(NamedTuple):
    """How much is left of a line from a day on, as a part of what was agreed."""

    on: date
    left: float


def steps(contract: Mapping[str, Any], line: Mapping[str, Any]) -> list[Step]:
    """Return what is left of a line, from the contract's first day on, after each call-off."""
    agreed = left = float(line["agreed"])
    found = [Step(date.fromisoformat(contract["validFrom"]), 1.0)]
    for call_off in contract["callOffs"]["nodes"]:
        of = [it for it in call_off["lines"] if it["contractLine"]["lineNo"] == line["lineNo"]]
        drawn = sum(float(it["ordered"]) - float(it["cancelled"]) for it in of)
        if drawn:
            left -= drawn
            on = datetime.fromisoformat(call_off["placedAt"]).date()
            found.append(Step(on, left / agreed))
    return found


def svg(contract: Mapping[str, Any], today: date) -> str:
    """Draw the lines of a contract over its validity."""
    first, last = (date.fromisoformat(contract[it]) for it in ("validFrom", "validTo"))
    inner = (WIDTH - LEFT - BESIDE, HEIGHT - TOP - BELOW)

    def x(day: date) -> float:
        return LEFT + inner[0] * (day - first).days / (last - first).days

    def y(left: float) -> float:
        return TOP + inner[1] * (1 - left)

    named = f"Contract {contract['number']} of {contract['party']['name']}"
    title = escape(f"{named}: what is left of it")
    below = "in percent of what was agreed, after each call-off; dashed: an even pace"
    size = f'width="{WIDTH}" height="{HEIGHT}"'
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        f"<title>{title}</title><style>{_STYLE}</style>",
        f'<rect class="page" {size} rx="8"/><text class="bold" x="14" y="28">{title}</text>',
        f'<text class="small" x="14" y="48">{below}</text>',
    ]
    for part in (0, 0.5, 1):
        at = f'x1="{LEFT}" x2="{LEFT + inner[0]}" y1="{y(part):.1f}" y2="{y(part):.1f}"'
        drawn.append(f'<line class="axis" {at}/>')
        drawn.append(f'<text class="small" x="14" y="{y(part) + 4:.1f}">{part:.0%}</text>')
    ends = f'x1="{x(first)}" y1="{y(1)}" x2="{x(last)}" y2="{y(0)}"'
    drawn.append(f'<line class="pace" {ends}/>')
    for day, anchor in ((first, "start"), (today, "middle"), (last, "end")):
        at = f'x="{x(day):.1f}" y="{HEIGHT - 18}" text-anchor="{anchor}"'
        drawn.append(f'<text class="small" {at}>{day}</text>')
    drawn += _lines(contract, today, x, y)
    return "\n".join([*drawn, "</svg>\n"])


def _lines(contract: Mapping[str, Any], today: date, x: Any, y: Any) -> Iterator[str]:
    """Yield a staircase for each line, and what it is called beside the plot."""
    for number, line in enumerate(contract["lines"]):
        path, found = "", steps(contract, line)
        for step, after in zip(found, [*found[1:], Step(today, found[-1].left)], strict=True):
            path += f"{'L' if path else 'M'}{x(step.on):.1f},{y(step.left):.1f}H{x(after.on):.1f}"
        text, height = escape(line["product"]["name"]), TOP + 14 + 58 * number
        of = f"{line['remaining']} of {line['agreed']} left, {line['delivered']} delivered"
        at = f'x="{WIDTH - BESIDE + 44}"'
        mark = f"M{WIDTH - BESIDE + 16},{height - 4}h18"
        yield f'<path class="l{number}" d="{path}"/><path class="l{number}" d="{mark}"/>'
        yield f'<text {at} y="{height}">{text}</text>'
        yield f'<text class="small" {at} y="{height + 17}">{of}</text>'


def main(words: Sequence[str]) -> None:
    """Ask the server and write the picture."""
    url, token, out = words
    head = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = Request(url, json.dumps({"query": QUERY}).encode(), head)  # noqa: S310 -- ours.
    with urlopen(request, timeout=30) as answer:  # noqa: S310
        contract = json.load(answer)["data"]["contract"]
    today = datetime.now().astimezone().date()
    Path(out).write_text(svg(contract, today), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
