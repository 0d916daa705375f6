# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""What was measured, beside what it should be."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

FIGURES = ["what", "goal", "measured", "ratio", "how"]


def log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


@dataclass
class Table:
    headers: list[str]
    rows: list[list[str]] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Markdown whose columns line up, except for the last."""
        rows = [self.headers, *self.rows]
        widths = [max(len(row[column]) for row in rows) for column in range(len(self.headers) - 1)]
        rows.insert(1, ["-" * width for width in [*widths, 3]])
        return ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, [*widths, 0])) + " |" for row in rows]


@dataclass
class Report:
    """Figures and other rows, by the group they are printed in, after how they were taken."""

    method: str
    tables: dict[str, Table] = field(default_factory=dict)

    def add(
        self, group: str, what: str, value: float, unit: str = "", goal: float | None = None, note: str = "", bound: str = ""
    ) -> None:
        """A figure; `bound` is what a goal is called that is no upper bound."""
        limit = "" if goal is None else f"{bound} {number(goal)} {unit}".strip()
        ratio = f"{value / goal:.2f}" if goal else ""
        self.add_row(group, FIGURES, [what, limit, f"{number(value)} {unit}".rstrip(), ratio, note])

    def add_delays(self, group: str, what: str, seconds: list[float], goals: dict[float, float], note: str = "") -> None:
        """One figure in milliseconds for each share in `goals`, such as 0.99."""
        for share, goal in goals.items():
            self.add(group, f"{what}, p{share * 100:.0f}", quantile(seconds, share) * 1_000, "ms", goal, note)

    def add_row(self, group: str, headers: list[str], cells: list[str]) -> None:
        """A row of a group whose columns are its own."""
        log("  " + " | ".join(cell for cell in cells if cell))
        self.tables.setdefault(group, Table(headers)).rows.append(cells)

    def print(self) -> None:
        print("\n" + self.method)
        for group, table in self.tables.items():
            print(f"\n### {group}\n")
            print("\n".join(table.lines()))
