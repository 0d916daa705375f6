# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""The parts of Benchmarks/operator/run, and the report they make."""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cluster import ROOT, Cluster
from contenders import kopf, rotations, wrk
from processes import Operator, log, usage
from scripted_list import measure

PARTS = ["kopf", "scale", "idle", "latency", "restart", "relist", "wrk", "list"]
METHOD = """\
Measured on one machine in one run, on {cpus} CPUs that the API server, etcd and the contenders share. CPU is user and
system time of the process from its start to the last status, from /proc; where several runs are named, the median.
The operator is asked for its metrics once a second, which is part of its figures."""


class Bench:
    """One run: the cluster, what was measured in it, and the rows of the report."""

    def __init__(self, options: argparse.Namespace, directory: Path) -> None:
        self.options = options
        self.directory = directory
        self.rows: list[tuple[str, str]] = []
        self.created = 0
        self.kopf_each: float | None = None
        self.own_each: float | None = None
        self.wall: float | None = None

    def row(self, label: str, value: str) -> None:
        log(f"  {label}: {value}")
        self.rows.append((label, value))

    def create(self, cluster: Cluster, count: int) -> None:
        """Makes sure that this many servers exist, each with its Secret."""
        if count > self.created:
            log(f"creating servers and Secrets {self.created} to {count}")
            cluster.create(self.created, count)
            self.created = count

    # MARK: The parts

    def kopf(self, cluster: Cluster) -> None:
        count = self.options.kopf_servers
        self.create(cluster, count)
        log(f"kopf on {count} servers")
        wall, cpu, started = kopf(cluster, count)
        cluster.forget_status(count)
        self.kopf_each = cpu / count * 1_000
        self.row(f"kopf CPU per server, over {count}", f"{self.kopf_each:.2f} ms ({wall:.1f} s wall; {started:.2f} s CPU before its first status)")

    def scale(self, cluster: Cluster) -> None:
        count, half = self.options.servers, self.options.servers // 2
        self.create(cluster, half)
        operator = Operator(cluster, self.directory)
        operator.wait_patches(half)
        cpu_half = usage(operator.process.pid).cpu_seconds
        time.sleep(5)
        at_half = usage(operator.process.pid)
        operator.stop()
        self.create(cluster, count)
        walls, cpus, requests = [], [], {}
        for turn in range(self.options.repeat):
            cluster.forget_status(count if turn else half)
            log(f"statuses of {count} servers, run {turn + 1} of {self.options.repeat}")
            operator = Operator(cluster, self.directory)
            walls.append(operator.wait_patches(count))
            cpus.append(usage(operator.process.pid).cpu_seconds)
            requests = operator.requests()
            time.sleep(5)
            at_full = usage(operator.process.pid)
            operator.stop()
        self.wall, cpu = statistics.median(walls), statistics.median(cpus)
        self.own_each = cpu / count * 1_000
        runs = f"median of {len(cpus)}"
        self.row(f"{count} servers to all statuses written, {runs}", f"{self.wall:.1f} s")
        self.row(f"operator CPU per server, {runs}", f"{self.own_each:.2f} ms ({', '.join(f'{c / count * 1_000:.2f}' for c in cpus)})")
        self.row(f"one more server, between {half} and {count}", f"{(cpu - cpu_half) / (count - half) * 1_000:.2f} ms CPU")
        self.row("API requests by verb", ", ".join(f"{key} {value}" for key, value in sorted(requests.items())))
        self.row("status patches per server (goal: 1)", f"{requests.get('PATCH', 0) / count:.3f}")
        self.row(f"resident memory at {half} and {count}", f"{at_half.resident_kib} and {at_full.resident_kib} KiB")
        slope = (at_full.resident_kib - at_half.resident_kib) / (count - half)
        self.row("slope (goal: at most 8 KiB)", f"{slope:.2f} KiB a server with its Secret and route")

    def idle(self, cluster: Cluster, operator: Operator) -> None:
        del cluster
        time.sleep(5)
        before, writes = usage(operator.process.pid), operator.writes()
        time.sleep(20)
        after = usage(operator.process.pid)
        cpu, written = after.cpu_seconds - before.cpu_seconds, operator.writes() - writes
        self.row(f"idle with {self.created} servers, 20 s", f"{cpu:.2f} s CPU, {written} writes, {after.anonymous_kib} KiB anonymous")

    def latency(self, cluster: Cluster, operator: Operator) -> None:
        del operator
        delays = rotations(cluster, min(200, self.created))
        middle, late = delays[len(delays) // 2], delays[min(len(delays) - 1, int(len(delays) * 0.99))]
        self.row(f"Secret changed to status.credentials on a watch, {len(delays)} times", f"p50 {middle * 1000:.0f} ms, p99 {late * 1000:.0f} ms (goal: p99 300 ms)")

    def relist(self, cluster: Cluster, operator: Operator) -> None:
        writes, relists = operator.writes(), operator.total("reflector_lists_total", 'reason="relist"')
        cluster.restart_past_versions()
        operator.wait(lambda: operator.total("reflector_lists_total", 'reason="relist"') >= relists + 2)
        time.sleep(5)
        expired = operator.total("reflector_watch_restarts_total", 'cause="410"')
        relisted = operator.total("reflector_lists_total", 'reason="relist"') - relists
        self.row("writes after a relist (goal: 0)", f"{operator.writes() - writes} ({relisted} lists after {expired} answers 410)")

    def restart(self, cluster: Cluster) -> None:
        operator = Operator(cluster, self.directory)
        operator.wait_reconciles(self.created)
        used = usage(operator.process.pid)
        self.row("writes after a restart on unchanged objects (goal: 0)", f"{operator.writes()} ({used.cpu_seconds:.1f} s CPU)")
        operator.stop()

    def wrk(self, cluster: Cluster) -> None:
        count = self.options.servers
        gets = statistics.median(wrk(cluster, self.directory, "GET", count) for _ in range(3))
        patches = statistics.median(wrk(cluster, self.directory, "PATCH", count) for _ in range(3))
        floor = count / gets + count / patches
        self.row(f"wrk, the same {count} GETs and PATCHes (median of 3 rates)", f"{floor:.1f} s ({gets:.0f} GET/s, {patches:.0f} PATCH/s)")
        if self.wall:
            self.row("ratio to wrk (goal: at most 1.3)", f"{self.wall / floor:.2f}")

    def list(self) -> None:
        binary = ROOT / "bin/sallyport"
        none = [measure(binary, self.directory, 0, usage) for _ in range(5)]
        idle = sorted(result[:2] for result in none)[2]
        anonymous = statistics.median(result[3] for result in none)
        listed = sorted(measure(binary, self.directory, 10_000, usage) for _ in range(5))[2]
        self.row("anonymous memory without objects, median of 5 (goal: 15 MB)", f"{anonymous / 1024:.1f} MiB")
        self.row(f"first LIST of 10000 objects of {listed[2]:.0f} B to synced, median of 5 (goal: 0.45 s)",
                 f"{listed[0] - idle[0]:.2f} s CPU above a start without objects ({idle[0]:.2f} s)")
        self.row("its peak resident memory above such a start (goal: 60 MB)", f"{(listed[1] - idle[1]) / 1024:.1f} MiB")

    # MARK: The order

    def run(self) -> None:
        parts = self.options.only
        if any(part != "list" for part in parts):
            with Cluster(self.directory) as cluster:
                self.measure_on(cluster, parts)
        if "list" in parts:
            log("listing from a scripted server")
            self.list()
        if self.own_each and self.kopf_each:
            self.row("ratio to kopf (goal: at most 0.10)", f"{self.own_each / self.kopf_each:.3f}")

    def measure_on(self, cluster: Cluster, parts: list[str]) -> None:
        if "kopf" in parts:
            self.kopf(cluster)
        if "scale" in parts:
            self.scale(cluster)
        watching = [part for part in (self.idle, self.latency, self.relist) if part.__name__ in parts]
        if watching or "restart" in parts or "wrk" in parts:
            self.create(cluster, self.options.servers)
        if watching or "restart" in parts:
            operator = Operator(cluster, self.directory)
            operator.wait_reconciles(self.created)
            for part in watching:
                log(part.__name__)
                part(cluster, operator)
            operator.stop()
        if "restart" in parts:
            self.restart(cluster)
        if "wrk" in parts:
            self.wrk(cluster)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="Benchmarks/operator/run", description="Measures the operator beside wrk and kopf.")
    option = parser.add_argument
    option("--servers", type=int, default=10_000, metavar="N", help="MCPServers, each with a Secret (default: 10000)")
    option("--kopf-servers", type=int, default=1_000, metavar="N", help="how many of them kopf gets (default: 1000)")
    option("--repeat", type=int, default=3, metavar="N", help="runs of the part 'scale' at full size (default: 3)")
    option("--only", type=lambda text: text.split(","), default=PARTS, metavar="PART,…", help=f"of {', '.join(PARTS)} (default: all)")
    options = parser.parse_args()
    if unknown := set(options.only) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}: choose from {', '.join(PARTS)}")
    return options


def main() -> int:
    options = arguments()
    if "wrk" in options.only and not shutil.which("wrk"):
        log("wrk is missing: apt-get install wrk")
        return 1
    requirements = Path(__file__).parent / "requirements.txt"
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "-r", str(requirements)], check=True)
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(options, Path(name))
        try:
            bench.run()
        finally:
            report(bench)
    return 0


def report(bench: Bench) -> None:
    """Prints what was measured, also when a later part failed."""
    import os

    width = max((len(row[0]) for row in bench.rows), default=4)
    print("\n" + METHOD.format(cpus=os.cpu_count()))
    print(f"\n| {'what':{width}} | measured |\n|{'-' * (width + 2)}|---|")
    for label, value in bench.rows:
        print(f"| {label:{width}} | {value} |")
