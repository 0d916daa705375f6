# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""What reconciling costs: each server with a Secret of its own, on the real API server."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import statistics
import time
from argparse import Namespace
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import contenders
from cluster import SECRETS, SERVERS, Cluster
from processes import TRUST, Operator
from common.report import Report
from scripted_list import usage_once_synced

GROUP = "Operator"


@dataclass
class Run:
    """What the parts of one run have in common."""

    options: Namespace
    directory: Path
    report: Report
    # What is compared at the end: seconds.
    found: dict[str, float] = field(default_factory=dict)

    def operator(self, cluster: Cluster) -> Operator:
        return Operator(cluster.kubeconfig, self.directory, TRUST)


def kopf(run: Run, cluster: Cluster) -> None:
    count = run.options.kopf_servers
    cluster.create(count)
    wall, cpu, started = contenders.kopf(cluster, count)
    cluster.forget_status()
    run.found["kopf"] = cpu / count
    run.report.add(GROUP, f"kopf, CPU per server over {count}", cpu / count * 1_000, "ms",
                   note=f"{wall:.1f} s wall; {started:.2f} s CPU before its first status")


def scale(run: Run, cluster: Cluster) -> None:
    count, half = run.options.servers, run.options.servers // 2
    cluster.create(half)
    with run.operator(cluster) as operator:
        operator.wait_statuses(half)
        time.sleep(5)
        resident_half = operator.usage().resident_kib
    cluster.create(count)
    walls, cpus, residents, requests, writes = [], [], [], {}, 0
    for _ in range(run.options.repeat):
        cluster.forget_status()
        with run.operator(cluster) as operator:
            walls.append(operator.wait_statuses(count))
            cpus.append(operator.usage().cpu_seconds)
            requests, writes = operator.requests(), operator.status_writes()
            time.sleep(5)
            residents.append(operator.usage().resident_kib)
    run.found["wall"], run.found["cpu"] = statistics.median(walls), statistics.median(cpus) / count
    median, add = f"median of {len(walls)}", run.report.add
    add(GROUP, f"{count} servers to all statuses written", run.found["wall"], "s", note=median)
    add(GROUP, "CPU per server", run.found["cpu"] * 1_000, "ms", note=median)
    add(GROUP, "status writes per server", writes / count, goal=1)
    for verb, sent in sorted(requests.items()):
        add(GROUP, f"API requests, {verb}", sent)
    slope = (statistics.median(residents) - resident_half) / (count - half)
    add(GROUP, f"resident memory per server, between {half} and {count}", slope, "KiB", 8,
        f"with its Secret and its route, 5 s after the last status; {statistics.median(residents) / 1_024:.0f} MiB in all")


def wrk(run: Run, cluster: Cluster) -> None:
    cluster.create(run.options.servers)
    gets, patches = (
        statistics.median(contenders.wrk(cluster, run.directory, kind, run.options.servers) for _ in range(3))
        for kind in ("GET", "PATCH")
    )
    run.found["wrk"] = run.options.servers / gets + run.options.servers / patches
    run.report.add(GROUP, f"wrk, the same {run.options.servers} GETs and PATCHes", run.found["wrk"], "s",
                   note=f"medians of 3: {gets:.0f} GET/s, {patches:.0f} PATCH/s, one after the other")


def compare(run: Run) -> None:
    found = run.found
    if {"wall", "wrk"} <= found.keys():
        run.report.add(GROUP, "wall time over wrk's", found["wall"] / found["wrk"], goal=1.3)
    if {"cpu", "kopf"} <= found.keys():
        run.report.add(GROUP, "CPU per server over kopf's", found["cpu"] / found["kopf"], goal=0.1)


def idle(run: Run, cluster: Cluster, operator: Operator) -> None:
    time.sleep(5)
    used, writes = operator.usage().cpu_seconds, operator.writes()
    time.sleep(20)
    note = f"20 s with {cluster.created} servers"
    run.report.add(GROUP, "idle, CPU", (operator.usage().cpu_seconds - used) / 20 * 100, "%", note=note)
    run.report.add(GROUP, "idle, writes", operator.writes() - writes, goal=0, note=note)


def latency(run: Run, cluster: Cluster, operator: Operator) -> None:
    """From sending a Secret's PATCH until `status.credentials` shows its version on a watch."""
    version = cluster.request("GET", f"{SERVERS}?limit=1")["metadata"]["resourceVersion"]
    # A loopback server with a certificate of its own.
    connection = http.client.HTTPSConnection(urlsplit(cluster.url).netloc, timeout=30, context=ssl._create_unverified_context())
    headers = {"Authorization": f"Bearer {cluster.token}"}
    connection.request("GET", f"{SERVERS}?watch=true&resourceVersion={version}", headers=headers)
    stream = connection.getresponse()
    delays = []
    for index in range(min(run.options.rotations, cluster.created)):
        start = time.monotonic()
        wanted = rotate(cluster, index)
        seen = None
        while seen != wanted:
            status = json.loads(stream.readline())["object"].get("status", {})
            seen = status.get("credentials", {}).get("idp", {}).get("resourceVersion")
        delays.append(time.monotonic() - start)
    connection.close()
    run.report.add_delays(GROUP, "Secret changed to status.credentials on a watch", delays, {0.99: 300},
                          f"{len(delays)} one after the other; p50 {statistics.median(delays) * 1_000:.0f} ms")


def rotate(cluster: Cluster, index: int) -> str:
    """Changes a Secret; returns its new version."""
    patch = {"data": {"client-secret": base64.b64encode(f"rotated-{index}-{time.time()}".encode()).decode()}}
    answer = cluster.request("PATCH", f"{SECRETS}/client-{index}", patch, "application/merge-patch+json")
    return answer["metadata"]["resourceVersion"]


def again(run: Run, cluster: Cluster, operator: Operator) -> None:
    """Has servers reconciled a second time by a label that says nothing."""
    count = min(1_000, cluster.created)
    writes, reconciles = operator.writes(), operator.total("controller_runtime_reconcile_total")
    for index in range(count):
        cluster.patch_server(index, {"metadata": {"labels": {"bench": str(time.time_ns())}}})
    operator.wait(lambda: operator.total("controller_runtime_reconcile_total") >= reconciles + count, 60)
    time.sleep(3)
    done = operator.total("controller_runtime_reconcile_total") - reconciles
    run.report.add(GROUP, "writes of a second reconcile", operator.writes() - writes, goal=0, note=f"{done} reconciles")


def relist(run: Run, cluster: Cluster, operator: Operator) -> None:
    writes, relists = operator.writes(), operator.total("reflector_lists_total", 'reason="relist"')
    cluster.restart_past_versions()
    operator.wait(lambda: operator.total("reflector_lists_total", 'reason="relist"') >= relists + 2)
    time.sleep(5)
    expired = operator.total("reflector_watch_restarts_total", 'cause="410"')
    relisted = operator.total("reflector_lists_total", 'reason="relist"') - relists
    run.report.add(GROUP, "writes after a relist", operator.writes() - writes, goal=0,
                   note=f"{relisted} lists after {expired} answers 410")


def restart(run: Run, cluster: Cluster) -> None:
    with run.operator(cluster) as operator:
        operator.wait_reconciles(cluster.created)
        time.sleep(3)
        run.report.add(GROUP, "writes after a restart", operator.writes(), goal=0,
                       note=f"{cluster.created} unchanged servers, {operator.usage().cpu_seconds:.1f} s CPU")


def first_list(run: Run) -> None:
    count = run.options.objects
    empty = [usage_once_synced(run.directory, 0)[0] for _ in range(5)]
    full = [usage_once_synced(run.directory, count) for _ in range(5)]
    cpu, peak = (
        statistics.median(getattr(used, name) for used, _ in full) - statistics.median(getattr(used, name) for used in empty)
        for name in ("cpu_seconds", "peak_kib")
    )
    objects = f"{count} objects of {full[0][1]:.0f} B from a scripted server, above a start without any; medians of 5"
    anonymous = statistics.median(used.anonymous_kib for used in empty) / 1_024
    run.report.add(GROUP, "idle, anonymous memory", anonymous, "MiB", 15, "without objects; median of 5")
    run.report.add(GROUP, "first LIST, CPU", cpu, "s", 0.45, objects)
    run.report.add(GROUP, "first LIST, peak resident memory", peak / 1_024, "MiB", 60, objects)
