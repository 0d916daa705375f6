# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""The order in which Benchmarks/operator/run measures."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import publication
import reconciling
from cluster import Cluster
from common.report import Report, log
from reconciling import Run

METHOD = """\
One run on one machine, on {cpus} CPUs that the API server, etcd, the contenders and the readers share. CPU is user and system
time of the process from its start, from /proc; wall time is from the start of the process. Goals are upper bounds, and the
ratio is measured over goal. While statuses are counted, the operator is asked for its metrics once a second: part of its figures."""

# Each begins with servers that have no status, or writes them all itself.
ALONE = [reconciling.kopf, reconciling.scale]
# These share an operator that has settled.
WATCHING = [reconciling.idle, reconciling.latency, reconciling.again, reconciling.relist]
# These find statuses as the operator left them; wrk writes its own, and comes last.
SETTLED = [reconciling.restart, publication.edits, publication.failover, reconciling.wrk]
SCRIPTED = [reconciling.first_list, publication.events, publication.table, publication.crowd]
PARTS = {part.__name__: part for part in [*ALONE, *WATCHING, *SETTLED, *SCRIPTED]}


def measure(run: Run) -> None:
    wanted = run.options.only
    alone, watching, settled, scripted = (
        [part for part in parts if part.__name__ in wanted] for parts in (ALONE, WATCHING, SETTLED, SCRIPTED)
    )
    if alone or watching or settled:
        with Cluster(run.directory) as cluster:
            for part in alone:
                log(part.__name__)
                part(run, cluster)
            if watching or settled:
                cluster.create(run.options.servers)
                with run.operator(cluster) as operator:
                    operator.wait_reconciles(cluster.created)
                    for part in watching:
                        log(part.__name__)
                        part(run, cluster, operator)
            for part in settled:
                log(part.__name__)
                part(run, cluster)
    reconciling.compare(run)
    for part in scripted:
        log(part.__name__)
        part(run)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="Benchmarks/operator/run", description="Measures the operator beside wrk and kopf.")
    option = parser.add_argument
    option("--servers", type=int, default=10_000, metavar="N", help="MCPServers on the real API server, each with a Secret (default: 10000)")
    option("--kopf-servers", type=int, default=1_000, metavar="N", help="how many of them kopf gets (default: 1000)")
    option("--objects", type=int, default=10_000, metavar="N", help="objects of the scripted first LIST (default: 10000)")
    option("--routes", type=int, default=10_000, metavar="N", help="routes for a new reader; many readers get half (default: 10000)")
    option("--readers", type=int, default=100, metavar="N", help="how many readers are many (default: 100)")
    option("--rotations", type=int, default=200, metavar="N", help="Secrets rotated, servers edited in turn (default: 200)")
    option("--edits", type=int, default=100, metavar="N", help="edits a second on the real API server (default: 100)")
    option("--seconds", type=int, default=10, metavar="N", help="how long events are sent at a rate (default: 10)")
    option("--repeat", type=int, default=3, metavar="N", help="runs of 'scale' and 'failover' (default: 3)")
    option("--only", type=lambda text: text.split(","), default=list(PARTS), metavar="PART,…", help=f"of {', '.join(PARTS)} (default: all)")
    options = parser.parse_args()
    if unknown := set(options.only) - PARTS.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}: choose from {', '.join(PARTS)}")
    return options


def main() -> int:
    options = arguments()
    if "wrk" in options.only and not shutil.which("wrk"):
        log("wrk is missing: apt-get install wrk")
        return 1
    requirements = Path(__file__).parent / "requirements.txt"
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "-r", str(requirements)], check=True)
    report = Report(METHOD.format(cpus=os.cpu_count()))
    with tempfile.TemporaryDirectory() as name:
        try:
            measure(Run(options, Path(name), report))
        finally:
            # Also when a later part failed.
            report.print()
    return 0
