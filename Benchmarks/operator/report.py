# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""What was measured, beside what it should be."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field

METHOD = """\
One run on one machine, on {cpus} CPUs that the API server, etcd, the contenders and the readers share. CPU is user and system
time of the process from its start, from /proc; wall time is from the start of the process. Goals are upper bounds, and the
ratio is measured over goal. The operator is asked for its metrics four times a second, which is part of its figures."""


def log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


@dataclass
class Figure:
    what: str
    value: float
    unit: str
    goal: float | None
    note: str

    def cells(self) -> list[str]:
        goal = "" if self.goal is None else f"{number(self.goal)} {self.unit}".rstrip()
        ratio = f"{self.value / self.goal:.2f}" if self.goal else ""
        return [self.what, goal, f"{number(self.value)} {self.unit}".rstrip(), ratio, self.note]


@dataclass
class Report:
    """Figures by the group they are printed in."""

    groups: dict[str, list[Figure]] = field(default_factory=dict)

    def add(self, group: str, what: str, value: float, unit: str = "", goal: float | None = None, note: str = "") -> None:
        figure = Figure(what, value, unit, goal, note)
        log("  " + " | ".join(cell for cell in figure.cells() if cell))
        self.groups.setdefault(group, []).append(figure)

    def add_delays(self, group: str, what: str, seconds: list[float], goals: dict[float, float], note: str = "") -> None:
        """One figure in milliseconds for each share in `goals`, such as 0.99."""
        for share, goal in goals.items():
            self.add(group, f"{what}, p{share * 100:.0f}", quantile(seconds, share) * 1_000, "ms", goal, note)

    def print(self) -> None:
        print("\n" + METHOD.format(cpus=os.cpu_count()))
        for group, figures in self.groups.items():
            rows = [["what", "goal", "measured", "ratio", "how"], *(figure.cells() for figure in figures)]
            widths = [max(len(row[column]) for row in rows) for column in range(4)]
            rows.insert(1, ["-" * width for width in [*widths, 3]])
            print(f"\n### {group}\n")
            for row in rows:
                print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, [*widths, 0])) + " |")
