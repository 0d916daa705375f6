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


def tokens(run: Run) -> None:
    """Users who each use several servers, one token for each."""
    users, names = run.options.users, [f"server-{number}" for number in range(SERVERS)]
    paths = [Gateway.path(name) for name in names]

    async def visit(port: int, callers: list[str], connections: int) -> float:
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

    with ExitStack() as stack:
        port = free_port()
        stack.enter_context(nginx("nginx", run.directory, port, backend_server(port)))
        enterprise = stack.enter_context(Enterprise(run.directory, token_bytes=TOKEN_BYTES))
        urls = {name: f"http://127.0.0.1:{port}/{name}" for name in names}
        started = stack.enter_context(gateway(enterprise, run.directory, urls))
        # What any load leaves behind is not the tokens'.
        for _ in range(20):
            asyncio.run(visit(started.port, [enterprise.token("first")] * 50, 32))
        before = started.usage()
        cached = started.total("token_broker_cached_tokens")
        enterprise.forget()
        callers = [enterprise.token(f"user-{number}") for number in range(users)]
        took = asyncio.run(visit(started.port, callers, 32))
        after = started.usage()
        legs, others = counted(enterprise)
        kept = started.total("token_broker_cached_tokens") - cached
        sample = callers[-max(1, users // 20):]
        enterprise.forget()
        asyncio.run(visit(started.port, sample, 32))
        again = sum(counted(enterprise)[0])
    what = f"{users} users × {SERVERS} cached tokens of {TOKEN_BYTES // 1_024} KiB"
    add = run.report.add
    add(GROUP, f"{what}: resident memory in all", mebibytes(after.resident_kib), "MiB", 300 * 1e6 / 2**20,
        f"{mebibytes(before.resident_kib):.0f} MiB before; obtained in {took:.0f} s, {users * SERVERS / took:.0f} a second")
    add(GROUP, f"{what}: resident memory a token", (after.resident_kib - before.resident_kib) / (users * SERVERS), "KiB")
    add(GROUP, f"{what}: tokens kept", kept, "", users * SERVERS, "by the gateway's own count", "all")
    add(GROUP, f"{what}: calls for them", sum(legs), "", 2 * users * SERVERS, f"{legs[0]} + {legs[1]}; {others}")
    add(GROUP, f"{what}: calls when the last {len(sample)} users come again", again, "", 0)


def descriptors(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def streams(run: Run) -> None:
    """Streams on which nothing happens, through the gateway to an MCP server."""
    count, port = run.options.streams, free_port()

    async def hold(gateway_port: int, token: str) -> tuple[int, int, str]:
        """Opens all streams, and closes them when the gateway was looked at; returns how many there were, and the first error."""
        headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {token}"}
        request = encoded("GET", Gateway.path(SERVER), headers)
        held: list[Connection] = []
        error = ""
        for _ in range(count):
            connection = await Connection.open(gateway_port)
            try:
                async with asyncio.timeout(30):
                    status, fields = await connection.head(request)
                    if status != 200 or b": open" not in await connection.chunk():
                        raise RuntimeError(f"{status} {fields}")
            except (RuntimeError, OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as problem:
                error = repr(problem)
                connection.close()
                break
            held.append(connection)
        await asyncio.sleep(3)
        resident, open_streams = started.usage().resident_kib, len(held)
        for connection in held:
            connection.close()
        await asyncio.sleep(3)
        return open_streams, resident, error

    with (
        Background("mcp-server", python("mcp_server.py", port), port, run.directory) as server,
        Enterprise(run.directory) as enterprise,
        gateway(enterprise, run.directory, {SERVER: f"{server.url}/mcp"}) as started,
    ):
        wrk(run.directory, started.url + Gateway.path(SERVER), bearer(enterprise), 64, run.options.seconds)
        time.sleep(1)
        before, files = started.usage().resident_kib, descriptors(started.process.pid)
        found, resident, error = asyncio.run(hold(started.port, enterprise.token("alice")))
        left = descriptors(started.process.pid)
    note = f"{mebibytes(before):.0f} MiB before, {mebibytes(resident):.0f} MiB with them"
    run.report.add(GROUP, "idle streams held", found, "", count, error or "each through a connection of its own on both sides", "all")
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
