"""The last line: for each operation our ratios and statements, as one JSON object."""

import json
from collections.abc import Mapping

from bench.check import Checked
from bench.measure import Results, ratio
from bench.operations import LIMIT, OPERATIONS, OURS, POSTGRAPHILE, REFERENCE

_CONNECTIONS = 8
"""With one process each; the load of the targets."""


def summary(results: Results, checked: Mapping[str, Checked]) -> str:
    """Return the line; null stands for what was not measured."""
    told = {}
    for name in OPERATIONS:
        series = results.find(1, _CONNECTIONS, name)
        over = {
            f"over_{other}": round(ratio(series[OURS], series[other]), 2)
            if other in series
            else None
            for other in (REFERENCE, POSTGRAPHILE, LIMIT)
        }
        told[name] = {**over, "statements": round(checked[name].statements[OURS])}
    return json.dumps(told)
