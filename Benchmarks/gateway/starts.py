# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""How soon after a user's first request all of their servers are connected."""

from __future__ import annotations

import asyncio
import json
import socket
import statistics
import time

from calls import Connection, Pool, encoded, exchange, expect
from common.processes import free_port
from common.report import quantile
from exchanges import counted
from nginx import backend_server, nginx
from sallyport import Enterprise, Gateway, gateway
from setting import Run

GROUP = "The start of a session"
# What each call to the identity provider and to the authorization server takes.
DELAY = 0.05
# At once at each of the two.
CONCURRENCY = 64
PAUSE = 0.005
HANGING = "hanging"


async def connect(port: int, token: str, count: int) -> float:
    """Asks for the list of servers, as a new session, until that many are connected; returns the seconds it took."""
    connection = await Connection.open(port)
    request = encoded("GET", "/servers", {"Authorization": f"Bearer {token}"})
    start = time.perf_counter()
    async with asyncio.timeout(60):
        while True:
            listed = json.loads(expect(await connection.send(request)).body)["servers"]
            if sum(server["state"] == "connected" for server in listed) >= count:
                connection.close()
                return time.perf_counter() - start
            await asyncio.sleep(PAUSE)


async def alone(enterprise: Enterprise, resources: list[str], token: str) -> float:
    """A client does for each resource what the gateway would do, as many at once; returns the seconds it took."""
    pools = [Room(enterprise.port), Room(enterprise.server_port)]
    for pool in pools:
        await pool.fill(CONCURRENCY)
    start = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for resource in resources:
            group.create_task(exchange(pools[0], pools[1], enterprise.server, resource, token))
    took = time.perf_counter() - start
    for pool in pools:
        pool.close()
    return took


class Room(Pool):
    """No more at once than the gateway has."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.room = asyncio.Semaphore(CONCURRENCY)

    async def send(self, request: bytes):  # noqa: ANN201 (as in Pool)
        async with self.room:
            return await super().send(request)


def hole() -> socket.socket:
    """Takes connections, and never says anything on them."""
    return socket.create_server(("127.0.0.1", 0), backlog=4_096)


def start(run: Run) -> None:
    """New users one after the other, and beside them a client that does the same itself; then with a server that hangs."""
    count, users = run.options.servers, run.options.starts
    port = free_port()
    names = [f"server-{number}" for number in range(count)]
    urls = {name: f"http://127.0.0.1:{port}/{name}" for name in names}
    with (
        nginx("nginx", run.directory, port, backend_server(port)),
        Enterprise(run.directory, DELAY) as enterprise,
        hole() as silent,
    ):
        origin = f"http://127.0.0.1:{silent.getsockname()[1]}"
        hanging = enterprise.manifest(HANGING, f"http://127.0.0.1:{port}/{HANGING}")
        block = hanging["spec"]["auth"]["enterpriseIdP"]  # type: ignore[index]
        block |= {"mcpAuthServerIssuer": origin, "mcpAuthServerTokenEndpoint": f"{origin}/token"}
        with gateway(enterprise, run.directory, urls, ahead="all") as started:
            own, times, calls = [], [], []
            for number in range(users):
                own.append(asyncio.run(alone(enterprise, list(urls.values()), enterprise.token(f"alone-{number}"))))
                times.append(timed(started, enterprise, count, f"user-{number}", calls))
        with gateway(enterprise, run.directory, urls, unserved=[hanging], ahead="all") as started:
            hung_calls: list[int] = []
            hung = [timed(started, enterprise, count, f"user-{number}", hung_calls) for number in range(users)]
    report(run, own, times, calls, hung, hung_calls)


def timed(started: Gateway, enterprise: Enterprise, count: int, user: str, calls: list[int]) -> float:
    """The seconds of one user's start, whose calls are added to the list."""
    time.sleep(0.3)
    enterprise.forget()
    took = asyncio.run(connect(started.port, enterprise.token(user), count))
    calls.append(sum(counted(enterprise)[0]))
    return took


def report(run: Run, own: list[float], times: list[float], calls: list[int], hung: list[float], hung_calls: list[int]) -> None:
    count, add = run.options.servers, run.report.add
    what = f"{count} servers connected after a new user's first request"

    def note(seconds: list[float]) -> str:
        shown = ", ".join(f"{quantile(seconds, share) * 1_000:.0f}" for share in (0, 0.5, 0.99))
        return f"{shown} ms at least, in the middle and at most of {len(seconds)} users"

    how = f"each call takes {DELAY * 1_000:.0f} ms, {CONCURRENCY} at once at each endpoint; the list is read every {PAUSE * 1_000:.0f} ms"
    add(GROUP, f"{what}, median", statistics.median(times) * 1_000, "ms", 300, f"{note(times)}; {how}")
    add(GROUP, f"{what}: calls, at least", min(calls), "", 2 * count, "two for each server", "exactly")
    add(GROUP, f"{what}: calls, at most", max(calls), "", 2 * count, "two for each server", "exactly")
    add(GROUP, "the same by a client that does it itself, median", statistics.median(own) * 1_000, "ms",
        note=f"{note(own)}; the gateway's over it: {statistics.median(times) / statistics.median(own):.2f}")
    add(GROUP, "the same beside one more server whose authorization server hangs, median", statistics.median(hung) * 1_000, "ms", 300,
        f"{note(hung)}; over without it: {statistics.median(hung) / statistics.median(times):.2f}")
    add(GROUP, "the same beside it: calls, at most", max(hung_calls), "", 2 * count + 1,
        "one more at the identity provider, unless the endpoint that hangs is known by then")
