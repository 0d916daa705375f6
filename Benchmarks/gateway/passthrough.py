# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""What a tool call costs on its way through the gateway, and through others."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from background import Background, python
from common.processes import Usage, free_port
from common.report import Report, log
from contextforge import ContextForge
from mcp_server import TOOL
from nginx import backend_server, nginx, proxy_server
from sallyport import Enterprise, Gateway, gateway, manifest
from setting import Run
from wrk import Load, wrk

CONNECTIONS = (1, 8, 64)
HEADERS = ["who", "req/s", "over nginx", "p50", "p99", "p50 over direct", "CPU a request", "memory", "how"]
GOALS = "Goals"
# What the parts of the gateway reached when they were tried out, without identity, tokens or rules, over nginx at 64.
PROTOTYPE = 0.53
NGINX, SALLYPORT = "nginx", "sallyport"
REAL = "a real MCP server"


@dataclass
class Measurement:
    load: Load
    # Of the process and those it started; microseconds of CPU a request.
    cpu: float
    resident_kib: int


@dataclass
class Target:
    """Something that answers tool calls."""

    name: str
    # What it stands before, itself a target, or it itself.
    direct: str
    url: str
    headers: dict[str, str]
    note: str
    usage: Callable[[], Usage] | None = None
    tool: str = TOOL
    connections: tuple[int, ...] = CONNECTIONS
    # How many times as long its turns are: so long that slow ones answer often enough.
    turns: int = 1
    # By the number of connections, one a round.
    found: dict[int, list[Measurement]] = field(default_factory=dict)

    def measure(self, directory: Path, connections: int, seconds: int) -> None:
        before = self.usage().cpu_seconds if self.usage else 0
        load = wrk(directory, self.url, self.headers, connections, seconds * self.turns, tool=self.tool)
        after = self.usage() if self.usage else None
        cpu = (after.cpu_seconds - before) / max(load.requests, 1) * 1e6 if after else 0
        self.found.setdefault(connections, []).append(Measurement(load, cpu, after.resident_kib if after else 0))
        self._settle()

    def _settle(self, seconds: float = 30) -> None:
        """Waits until it has done with what was asked last, whose answers nobody waits for, so that others have the machine."""
        deadline, pause = time.monotonic() + seconds, 0.3
        while self.usage and time.monotonic() < deadline:
            before = self.usage().cpu_seconds
            time.sleep(pause)
            if self.usage().cpu_seconds - before < pause / 10:
                return

    def median(self, connections: int, value: Callable[[Measurement], float]) -> float:
        return statistics.median(value(measurement) for measurement in self.found[connections])

    def rate(self, connections: int) -> float:
        return self.median(connections, lambda measurement: measurement.load.rate)

    def p50(self, connections: int) -> float:
        return self.median(connections, lambda measurement: measurement.load.p50)

    def cpu(self, connections: int) -> float:
        return self.median(connections, lambda measurement: measurement.cpu)

    def over(self, other: Target, connections: int) -> float:
        """The median of the rounds' ratios of requests a second."""
        pairs = zip(self.found[connections], other.found[connections])
        return statistics.median(mine.load.rate / theirs.load.rate for mine, theirs in pairs if theirs.load.rate)


class Targets:
    """All that could be started, and why the others could not, until the block ends."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.stack = ExitStack()
        self.targets: dict[str, Target] = {}
        self.missing: dict[str, str] = {}

    def __enter__(self) -> Targets:
        try:
            self._start()
        except BaseException:
            self.stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def _start(self) -> None:
        directory = self.run.directory
        enterprise = self.stack.enter_context(Enterprise(directory))
        token = {"Authorization": f"Bearer {enterprise.token('alice')}"}
        port, proxy, apart, server = (free_port() for _ in range(4))
        first = nginx("nginx", directory, port, backend_server(port), proxy_server(proxy, port))
        self.stack.enter_context(first)
        second = self.stack.enter_context(nginx("nginx-apart", directory, apart, proxy_server(apart, port)))
        real = self.stack.enter_context(Background("mcp-server", python("mcp_server.py", server), server, directory))
        canned, url = f"http://127.0.0.1:{port}/mcp", f"{real.url}/mcp"
        self._add(Target("direct", "direct", canned, token, "wrk to the backend, nginx with answers made beforehand"))
        self._add(Target(NGINX, "direct", f"http://127.0.0.1:{proxy}/mcp", token,
                         "reverse proxy in the backend's own worker, as when the prototype was measured; CPU is of both", first.usage))
        self._add(Target("nginx, apart", "direct", f"{second.url}/mcp", token, "the same in a process of its own", second.usage))
        self._try(SALLYPORT, lambda: self._start_sallyport(enterprise, canned, url, token))
        self._add(Target(f"direct to {REAL}", f"direct to {REAL}", url, token, "a small one in Python, for who speaks the protocol"))
        self._try("fastmcp", lambda: self._start_fastmcp(url, token))
        self._try("ContextForge", lambda: self._start_contextforge(url))
        self._try("ContextForge, in a session", lambda: self._start_contextforge(url, session=True))

    def _start_sallyport(self, enterprise: Enterprise, canned: str, real: str, token: dict[str, str]) -> None:
        servers, more = {"canned": canned, "real": real}, [manifest("open", real, {"type": "none"})]
        started = self.stack.enter_context(gateway(enterprise, self.run.directory, servers, more))

        def target(name: str, direct: str, server: str, note: str) -> Target:
            return Target(name, direct, started.url + Gateway.path(server), token, note, started.usage)

        self._add(target(SALLYPORT, "direct", "canned", "serve; the user's token is cached"))
        self._add(target(f"{SALLYPORT} to {REAL}", f"direct to {REAL}", "real", "the same"))
        self._add(target(f"{SALLYPORT}, no token", f"direct to {REAL}", "open", f"{REAL} without authorization, for what a look-up costs"))

    def _start_fastmcp(self, real: str, token: dict[str, str]) -> None:
        port = free_port()
        started = self.stack.enter_context(
            Background("fastmcp", python("fastmcp_proxy.py", port, real), port, self.run.directory)
        )
        self._add(Target("fastmcp", f"direct to {REAL}", f"{started.url}/mcp", token,
                         "proxy without identity; one client for all callers, no sessions, JSON", started.usage, turns=3))

    def _start_contextforge(self, real: str, session: bool = False) -> None:
        started = self.stack.enter_context(ContextForge(free_port(), real, self.run.directory, session=session))
        target = Target("ContextForge", f"direct to {REAL}", started.url + started.path, started.headers,
                        "one worker, SQLite, its own JWTs, no rate limit, no sessions", started.usage, started.tool, turns=3)
        if session:
            target.name = "ContextForge, in a session"
            target.note = "the same, connected throughout; serves one caller of a session at a time"
            target.connections = CONNECTIONS[:1]
        self._add(target)

    def _add(self, target: Target) -> None:
        """Takes a target that answers a few calls."""
        load = wrk(self.run.directory, target.url, target.headers, 1, 1, tool=target.tool)
        if load.failed or not load.requests:
            raise RuntimeError(f"{target.name} answers no tool call: {load}")
        self.targets[target.name] = target

    def _try(self, name: str, start: Callable[[], None]) -> None:
        try:
            start()
        except (OSError, RuntimeError, TimeoutError) as error:
            log(f"  {name} could not be started: {error}")
            self.missing[name] = " ".join(str(error).split()).replace("|", "/")


def passthrough(run: Run) -> None:
    with Targets(run) as started:
        for number in range(run.options.rounds):
            log(f"round {number + 1}")
            for connections in CONNECTIONS:
                for target in started.targets.values():
                    if connections in target.connections:
                        target.measure(run.directory, connections, run.options.seconds)
    for connections in CONNECTIONS:
        add_table(run.report, started, connections)
    add_goals(run.report, started.targets)


def group(connections: int) -> str:
    return f"Pass-through, answers of 1 KiB, {at(connections)}"


def at(connections: int) -> str:
    return f"{connections} connection{'s' if connections > 1 else ''}"


def add_table(report: Report, started: Targets, connections: int) -> None:
    for target in started.targets.values():
        if connections in target.connections:
            report.add_row(group(connections), HEADERS, row(target, started.targets, connections))
    for name, error in started.missing.items():
        report.add_row(group(connections), HEADERS, [name, *[""] * 7, f"could not be started: {error}"])
    if connections == CONNECTIONS[-1]:
        note = "its parts without identity, tokens or rules, as they were tried out on such a machine; not part of this run"
        report.add_row(group(connections), HEADERS, ["bare prototype", "", f"{PROTOTYPE:.0%}", *[""] * 5, note])


def row(target: Target, targets: dict[str, Target], connections: int) -> list[str]:
    if not target.rate(connections):
        return [target.name, "none", *[""] * 6, f"{target.note}; no answer in time"]
    failed = sum(found.load.failed for found in target.found[connections])
    p50, direct = target.p50(connections), targets[target.direct]
    return [
        target.name,
        f"{target.rate(connections):,.0f}",
        f"{target.over(targets[NGINX], connections):.1%}",
        milliseconds(p50),
        milliseconds(target.median(connections, lambda found: found.load.p99)),
        milliseconds(p50 - direct.p50(connections)) if target is not direct else "",
        f"{target.cpu(connections):,.0f} µs" if target.usage else "",
        f"{target.median(connections, lambda found: found.resident_kib) / 1_024:.0f} MiB" if target.usage else "",
        target.note + (f"; {failed} calls failed" if failed else ""),
    ]


def milliseconds(microseconds: float) -> str:
    return f"{microseconds / 1_000:,.3f} ms" if microseconds < 10_000 else f"{microseconds / 1_000:,.0f} ms"


def add_goals(report: Report, targets: dict[str, Target]) -> None:
    if SALLYPORT not in targets:
        return
    ours, real = targets[SALLYPORT], targets[f"{SALLYPORT} to {REAL}"]
    most = CONNECTIONS[-1]
    for connections in CONNECTIONS:
        report.add(GOALS, f"requests a second over nginx's, {at(connections)}", ours.over(targets[NGINX], connections), "",
                   0.45, f"the bare prototype reached {PROTOTYPE:.2f} at {most}", "at least")
    for connections in CONNECTIONS:
        report.add(GOALS, f"CPU a request, {at(connections)}", ours.cpu(connections), "µs", 130)
    report.add(GOALS, "p50 over direct, 1 connection", ours.p50(1) - targets["direct"].p50(1), "µs", 300)
    lookup = real.cpu(most) - targets[f"{SALLYPORT}, no token"].cpu(most)
    report.add(GOALS, "CPU of a cached token's look-up", lookup, "µs", 10,
               f"a request to a server that wants a token, over one to a server that wants none, {most} connections")
    for name in ("fastmcp", "ContextForge", "ContextForge, in a session"):
        if name in targets:
            for connections in targets[name].connections:
                if targets[name].rate(connections):
                    report.add(GOALS, f"requests a second over those of {name}, {at(connections)}",
                               real.over(targets[name], connections), "", 10, f"both before {REAL}", "at least")
