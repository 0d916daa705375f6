# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""What the gateway keeps: tokens, streams, and what it should not."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack
from pathlib import Path

from background import Background, python
from calls import Connection, Pool, encoded, encoded_call, expect
from common.processes import free_port
from exchanges import SERVER, counted, world
from nginx import backend_server, nginx
from sallyport import Enterprise, Gateway, gateway
from setting import Run
from wrk import wrk

GROUP = "Memory"
TOKEN_BYTES = 1_024
SERVERS = 10


def mebibytes(kib: float) -> float:
    return kib / 1_024


async def visit(port: int, callers: list[str], paths: list[str], connections: int = 32) -> float:
    """Has each caller call each server once; returns the seconds it took."""
    requests = ((path, token) for token in callers for path in paths)
    pool = Pool(port)
    await pool.fill(connections)

    async def work() -> None:
        for path, token in requests:
            expect(await pool.send(encoded_call(path, token)))

    start = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(work())
    pool.close()
    return time.monotonic() - start


def tokens(run: Run) -> None:
    """Users who each use several servers, one token for each."""
    users, names = run.options.users, [f"server-{number}" for number in range(SERVERS)]
    with ExitStack() as stack:
        port = free_port()
        stack.enter_context(nginx("nginx", run.directory, port, backend_server(port)))
        enterprise = stack.enter_context(Enterprise(run.directory, token_bytes=TOKEN_BYTES))
        urls = {name: f"http://127.0.0.1:{port}/{name}" for name in names}
        started = stack.enter_context(gateway(enterprise, run.directory, urls))
        # What any load leaves behind is not the tokens'.
        asyncio.run(visit(started.port, [enterprise.token("first")] * 1_000, started.paths))
        before = started.usage()
        cached = started.total("token_broker_cached_tokens")
        enterprise.forget()
        callers = [enterprise.token(f"user-{number}") for number in range(users)]
        took = asyncio.run(visit(started.port, callers, started.paths))
        after = started.usage()
        legs, others = counted(enterprise)
        kept = started.total("token_broker_cached_tokens") - cached
        sample = callers[-max(1, users // 20):]
        enterprise.forget()
        asyncio.run(visit(started.port, sample, started.paths))
        again = sum(counted(enterprise)[0])
    what, count = f"{users} users × {SERVERS} cached tokens of {TOKEN_BYTES // 1_024} KiB", users * SERVERS
    add = run.report.add
    add(GROUP, f"{what}: resident memory in all", mebibytes(after.resident_kib), "MiB", 300 * 1e6 / 2**20,
        f"{mebibytes(before.resident_kib):.0f} MiB before; obtained in {took:.0f} s, {count / took:.0f} a second")
    add(GROUP, f"{what}: resident memory a token", (after.resident_kib - before.resident_kib) / count, "KiB")
    add(GROUP, f"{what}: tokens kept", kept, "", count, "by the gateway's own count", "all")
    add(GROUP, f"{what}: calls for them", sum(legs), "", 2 * count, f"{legs[0]} + {legs[1]}; {others}")
    add(GROUP, f"{what}: calls when the last {len(sample)} users come again", again, "", 0)


def descriptors(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


async def hold(started: Gateway, token: str, count: int) -> tuple[int, int, str]:
    """Opens streams, and closes them after a look at the gateway; returns how many there were, its memory, and what failed."""
    request = encoded("GET", Gateway.path(SERVER), {"Accept": "text/event-stream", "Authorization": f"Bearer {token}"})
    held: list[Connection] = []
    failure = ""
    while len(held) < count and not failure:
        connection = await Connection.open(started.port)
        try:
            async with asyncio.timeout(30):
                status, _ = await connection.head(request)
                piece = await connection.chunk() if status == 200 else b""
            if b": open" not in piece:
                raise RuntimeError(f"status {status} and {piece!r}")
            held.append(connection)
        except (RuntimeError, OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            failure = repr(error)
            connection.close()
    await asyncio.sleep(3)
    resident = started.usage().resident_kib
    for connection in held:
        connection.close()
    await asyncio.sleep(3)
    return len(held), resident, failure


def streams(run: Run) -> None:
    """Streams on which nothing happens, through the gateway to an MCP server."""
    count, port = run.options.streams, free_port()
    with (
        Background("mcp-server", python("mcp_server.py", port), port, run.directory) as server,
        Enterprise(run.directory) as enterprise,
        gateway(enterprise, run.directory, {SERVER: f"{server.url}/mcp"}) as started,
    ):
        wrk(run.directory, started.url + Gateway.path(SERVER), bearer(enterprise), 64, run.options.seconds)
        time.sleep(1)
        before, files = started.usage().resident_kib, descriptors(started.process.pid)
        found, resident, failure = asyncio.run(hold(started, enterprise.token("alice"), count))
        left = descriptors(started.process.pid)
    note = f"{mebibytes(before):.0f} MiB before, {mebibytes(resident):.0f} MiB with them"
    run.report.add(GROUP, "idle streams held", found, "", count, failure or "each through a connection of its own on both sides", "all")
    if found:
        run.report.add(GROUP, f"{found} idle streams: resident memory each", (resident - before) * 1.024 / found, "kB", 50, note)
    run.report.add(GROUP, "descriptors left 3 s after they were closed", left - files, "", note=f"{files} before")


def bearer(enterprise: Enterprise) -> dict[str, str]:
    return {"Authorization": f"Bearer {enterprise.token('alice')}"}


def million(run: Run) -> None:
    """Many requests of one user: the memory at their start, in the middle and at their end."""
    wanted = run.options.requests
    with world(run, 0) as (enterprise, started, _):
        url, headers = started.url + Gateway.path(SERVER), bearer(enterprise)
        wrk(run.directory, url, headers, 64, run.options.seconds)
        sent, failed, sizes = 0, 0, [(0, started.usage())]
        while sent < wanted:
            load = wrk(run.directory, url, headers, 64, run.options.seconds)
            sent, failed = sent + load.requests, failed + load.failed
            sizes.append((sent, started.usage()))
    middle = min(sizes, key=lambda entry: abs(entry[0] - sent / 2))
    points = [sizes[0], middle, sizes[-1]]
    resident, anonymous = (
        " → ".join(f"{mebibytes(getattr(used, name)):.1f}" for _, used in points) for name in ("resident_kib", "anonymous_kib")
    )
    run.report.add(GROUP, f"{sent:,} requests: resident memory more at their end than at their start",
                   mebibytes(points[-1][1].resident_kib - points[0][1].resident_kib), "MiB",
                   note=f"{resident} MiB at start, middle and end, after {run.options.seconds} s of the same before; "
                   f"anonymous {anonymous}; {failed} failed")
