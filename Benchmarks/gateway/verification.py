# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""What the check of a caller's token costs when it is a new one each time."""

from __future__ import annotations

import statistics

from exchanges import SERVER, world
from sallyport import Gateway
from setting import Run
from wrk import Load, wrk

GROUP = "A caller's token"


def signatures(run: Run) -> None:
    """The same user and session throughout, so that only the callers' own tokens differ."""
    connections = 64
    with world(run, 0) as (enterprise, started, _):
        url = started.url + Gateway.path(SERVER)
        # More than the gateway remembers, so that each is new again when its turn comes.
        many = [enterprise.signer.id_token(enterprise.url, "alice", lifetime=7_200 + number) for number in range(run.options.bearers)]
        found: dict[str, list[tuple[Load, float]]] = {"one token": [], "a new token each time": []}
        for _ in range(run.options.rounds):
            for name, tokens in zip(found, (many[:1], many)):
                before = started.usage().cpu_seconds
                load = wrk(run.directory, url, {}, connections, run.options.seconds, tokens)
                found[name].append((load, (started.usage().cpu_seconds - before) / load.requests * 1e6))
        exchanges = enterprise.counts().get("provider /token", 0)
    note = f"ES256, {connections} connections, medians of {run.options.rounds}"
    costs = {name: statistics.median(cpu for _, cpu in each) for name, each in found.items()}
    for name, each in found.items():
        run.report.add(GROUP, f"{name}: requests a second", statistics.median(load.rate for load, _ in each), note=note)
        failed = sum(load.failed for load, _ in each)
        run.report.add(GROUP, f"{name}: CPU a request", costs[name], "µs", note=f"{failed} calls failed")
    once, always = costs.values()
    run.report.add(GROUP, "CPU of a check that one token's requests do not pay", always - once, "µs", note=f"{exchanges} exchanges in all")
