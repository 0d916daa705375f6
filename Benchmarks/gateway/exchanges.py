# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""How many calls the exchange takes, and how much later a new user is served for it."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Iterator
from contextlib import contextmanager

from calls import Connection, Pool, encoded_call, exchange, expect, paced
from common.processes import free_port
from common.report import quantile
from nginx import backend_server, nginx
from sallyport import Enterprise, Gateway, gateway
from setting import Run

GROUP = "Exchanges"
LEGS = ("provider /token", "server /token")
# Between the two and the gateway, and how long each takes to answer: more than it takes the machine to work on either.
DELAY = 0.02
SERVER = "first"


@contextmanager
def world(run: Run, delay: float) -> Iterator[tuple[Enterprise, Gateway, int]]:
    """An enterprise, a gateway that has served one user, and the backend's port."""
    port = free_port()
    with (
        nginx("nginx", run.directory, port, backend_server(port)),
        Enterprise(run.directory, delay) as enterprise,
        gateway(enterprise, run.directory, {SERVER: f"http://127.0.0.1:{port}/mcp"}) as started,
    ):
        enterprise.forget()
        yield enterprise, started, port


def counted(enterprise: Enterprise) -> tuple[list[int], str]:
    """Calls of the two legs since they were last forgotten, and all others."""
    counts = enterprise.counts()
    others = ", ".join(f"{name}: {count}" for name, count in sorted(counts.items()) if name not in LEGS)
    return [counts.get(leg, 0) for leg in LEGS], others or "nothing else was asked"


def stampede(run: Run) -> None:
    """Many callers of one user at once, whose token nobody has obtained yet."""
    count, longest = run.options.callers, 0.0

    async def call(port: int, request: bytes) -> tuple[dict[int, int], list[float]]:
        connections = [await Connection.open(port) for _ in range(count)]
        delays: list[float] = []

        async def one(number: int) -> int:
            return (await connections[number].send(request)).status

        statuses: list[int] = []

        async def step(number: int) -> None:
            statuses.append(await one(number))

        delays = await paced(count, 1e9, step)
        for connection in connections:
            connection.close()
        return {status: statuses.count(status) for status in set(statuses)}, delays

    for number in range(run.options.rounds):
        with world(run, DELAY) as (enterprise, started, _):
            request = encoded_call(Gateway.path(SERVER), enterprise.token(f"crowd-{number}"))
            statuses, delays = asyncio.run(call(started.port, request))
            legs, others = counted(enterprise)
        longest = max(delays)
        run.report.add(GROUP, f"{count} callers of one user at a cold server: calls for them", sum(legs), "", 2,
                       f"{legs[0]} + {legs[1]}; answers by status: {statuses}; the last after {longest * 1_000:.0f} ms; {others}")


def newcomers(run: Run) -> None:
    """New users at a rate, and beside it a client that does for each what the gateway does."""
    rate, count = run.options.rate, run.options.rate * run.options.newcomer_seconds // run.options.rounds
    direct: list[list[float]] = []
    through: list[list[float]] = []

    async def alone(enterprise: Enterprise, port: int, tokens: list[str]) -> list[float]:
        provider, server, backend = Pool(enterprise.port), Pool(enterprise.server_port), Pool(port)
        for pool in (provider, server, backend):
            await pool.fill(run.options.pool)

        async def step(number: int) -> None:
            resource = f"http://127.0.0.1:{port}/mcp"
            token = await exchange(provider, server, enterprise.server, resource, tokens[number])
            expect(await backend.send(encoded_call("/mcp", token)))

        delays = await paced(len(tokens), rate, step)
        for pool in (provider, server, backend):
            pool.close()
        return delays

    async def served(started: Gateway, tokens: list[str]) -> list[float]:
        pool = Pool(started.port)
        await pool.fill(run.options.pool)

        async def step(number: int) -> None:
            expect(await pool.send(encoded_call(Gateway.path(SERVER), tokens[number])))

        delays = await paced(len(tokens), rate, step)
        pool.close()
        return delays

    with world(run, DELAY) as (enterprise, started, port):
        legs = [0, 0]
        for number in range(run.options.rounds):
            tokens = [enterprise.token(f"new-{number}-{index}") for index in range(count)]
            direct.append(asyncio.run(alone(enterprise, port, tokens[: max(rate, count // 3)])))
            enterprise.forget()
            through.append(asyncio.run(served(started, tokens)))
            found, others = counted(enterprise)
            legs = [before + now for before, now in zip(legs, found)]
    users = count * run.options.rounds
    report, note = run.report, f"{rate} new users a second in {run.options.rounds} rounds"
    report.add(GROUP, f"{users} new users: calls for them", sum(legs), "", 2 * users, f"{legs[0]} + {legs[1]}; {note}; {others}")
    for share, goal in ((0.5, 2.0), (0.99, None)):
        pairs = [(quantile(mine, share) * 1_000, quantile(theirs, share) * 1_000) for mine, theirs in zip(through, direct)]
        mine, theirs = (statistics.median(column) for column in zip(*pairs))
        report.add(GROUP, f"a new user's first call over its three round trips, p{share * 100:.0f}",
                   statistics.median(pair[0] - pair[1] for pair in pairs), "ms", goal,
                   f"{mine:.1f} ms through the gateway, {theirs:.1f} ms by a client that does the same itself; "
                   f"each leg answers after {DELAY * 1_000:.0f} ms")
