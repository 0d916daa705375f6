# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""How many calls the exchange takes, and how much later a new user is served for it."""

from __future__ import annotations

import asyncio
import math
import statistics
from collections import Counter
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


async def rush(port: int, request: bytes, count: int) -> tuple[Counter[int], list[float]]:
    """Sends a request on many connections at once; returns the answers' statuses, and the seconds that each took."""
    connections = [await Connection.open(port) for _ in range(count)]
    statuses: Counter[int] = Counter()

    async def step(number: int) -> None:
        statuses[(await connections[number].send(request)).status] += 1

    delays = await paced(count, math.inf, step)
    for connection in connections:
        connection.close()
    return statuses, delays


def stampede(run: Run) -> None:
    """Many callers of one user at once, whose token nobody has obtained yet."""
    count = run.options.callers
    for number in range(run.options.rounds):
        with world(run, DELAY) as (enterprise, started, _):
            request = encoded_call(Gateway.path(SERVER), enterprise.token(f"crowd-{number}"))
            statuses, delays = asyncio.run(rush(started.port, request, count))
            legs, others = counted(enterprise)
        answers = ", ".join(f"{answered} × {status}" for status, answered in sorted(statuses.items()))
        run.report.add(GROUP, f"{count} callers of one user at a cold server: calls for them", sum(legs), "", 2,
                       f"{legs[0]} + {legs[1]}; {answers}, the last after {max(delays) * 1_000:.0f} ms; {others}")


async def alone(run: Run, enterprise: Enterprise, backend_port: int, tokens: list[str]) -> list[float]:
    """A client does for each token what the gateway would do; returns the seconds that each took."""
    pools = [Pool(port) for port in (enterprise.port, enterprise.server_port, backend_port)]
    for pool in pools:
        await pool.fill(run.options.pool)
    provider, server, backend = pools

    async def step(number: int) -> None:
        resource = f"http://127.0.0.1:{backend_port}/mcp"
        token = await exchange(provider, server, enterprise.server, resource, tokens[number])
        expect(await backend.send(encoded_call("/mcp", token)))

    delays = await paced(len(tokens), run.options.rate, step)
    for pool in pools:
        pool.close()
    return delays


async def served(run: Run, started: Gateway, tokens: list[str]) -> list[float]:
    """The same through the gateway."""
    pool = Pool(started.port)
    await pool.fill(run.options.pool)

    async def step(number: int) -> None:
        expect(await pool.send(encoded_call(Gateway.path(SERVER), tokens[number])))

    delays = await paced(len(tokens), run.options.rate, step)
    pool.close()
    return delays


def newcomers(run: Run) -> None:
    """New users at a rate, and beside it a client that does for each what the gateway does."""
    rate, rounds = run.options.rate, run.options.rounds
    count = rate * run.options.newcomer_seconds // rounds
    direct: list[list[float]] = []
    through: list[list[float]] = []
    with world(run, DELAY) as (enterprise, started, port):
        legs = [0, 0]
        for number in range(rounds):
            tokens = [enterprise.token(f"new-{number}-{index}") for index in range(count)]
            direct.append(asyncio.run(alone(run, enterprise, port, tokens[: max(rate, count // 3)])))
            enterprise.forget()
            through.append(asyncio.run(served(run, started, tokens)))
            found, others = counted(enterprise)
            legs = [before + now for before, now in zip(legs, found)]
    users = count * rounds
    run.report.add(GROUP, f"{users} new users: calls for them", sum(legs), "", 2 * users,
                   f"{legs[0]} + {legs[1]}; {rate} new users a second in {rounds} rounds; {others}")
    for share, goal in ((0.5, 2.0), (0.99, None)):
        pairs = [(quantile(mine, share) * 1_000, quantile(theirs, share) * 1_000) for mine, theirs in zip(through, direct)]
        mine, theirs = (statistics.median(column) for column in zip(*pairs))
        run.report.add(GROUP, f"a new user's first call over its three round trips, p{share * 100:.0f}",
                       statistics.median(pair[0] - pair[1] for pair in pairs), "ms", goal,
                       f"{mine:.1f} ms through the gateway, {theirs:.1f} ms by a client that does the same itself; "
                       f"each leg answers after {DELAY * 1_000:.0f} ms")
