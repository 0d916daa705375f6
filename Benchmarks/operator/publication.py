# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""How fast routes reach readers of the stream, what readers cost, and what they notice of a failover."""

from __future__ import annotations

import base64
import json
import signal
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cluster import Cluster
from common.cluster import NAMESPACE, certificate, publication
from common.processes import free_port
from processes import TRUST, Operator
from reconciling import Run
from route_reader import Readers
from scripted_routes import ScriptedRoutes, gateway_token

GROUP = "Publication"
LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/sallyport-operator"


class Publisher(Operator):
    """An operator that serves the stream, once it is ready; with a name, one of several replicas."""

    def __init__(self, kubeconfig: Path, directory: Path, configuration: dict, name: str = "") -> None:
        self.port = free_port()
        self.authority, _ = certificate(directory)
        super().__init__(kubeconfig, directory, {
            **configuration,
            "publication": publication(directory, self.port),
            "operator": {"leaderElection": {"enabled": True, "namespace": NAMESPACE} if name else {"enabled": False}},
        }, name or "operator")
        self.wait_ready()

    def readers(self, token: str, count: int = 1) -> Readers:
        return Readers(self.port, token, self.authority, count)

    def leads(self) -> bool:
        return self.total("leader_election_master_status") == 1


def events(run: Run) -> None:
    """1,000 events a second from the scripted server."""
    with (
        ScriptedRoutes(min(500, run.options.routes)) as server,
        Publisher(server.kubeconfig(run.directory), run.directory, {}) as publisher,
        publisher.readers(gateway_token()) as readers,
    ):
        server.wait_settled()
        time.sleep(2)
        sent = server.edit_at(1_000, run.options.seconds)
        last = list(sent)[-1]
        readers.wait(lambda reader: last in reader.arrivals)
        arrivals = readers.readers[0].arrivals
        delays = [arrivals[entry] - written for entry, written in sent.items() if entry in arrivals]
        took = max(sent.values()) - min(sent.values())
    note = f"{(len(sent) - 1) / took:.0f}/s from a scripted server; {len(delays)} of {len(sent)} seen"
    run.report.add_delays(GROUP, "event to route at a reader", delays, {0.5: 2, 0.99: 20}, note)


def table(run: Run) -> None:
    """How soon a new reader has everything."""
    count = run.options.routes
    times = []
    with (
        ScriptedRoutes(count) as server,
        Publisher(server.kubeconfig(run.directory), run.directory, {}) as publisher,
    ):
        server.wait_settled()
        for _ in range(5):
            with publisher.readers(gateway_token()) as readers:
                reader = readers.readers[0]
                assert reader.routes == count, reader
                times.append(reader.synced - reader.started)
    run.report.add(GROUP, f"a new reader of {count} routes, connect to synced", statistics.median(times), "s", 1, "median of 5")


def crowd(run: Run) -> None:
    """What many readers take in memory, and when the last of them has an edit."""
    routes, count = run.options.routes // 2, run.options.readers
    delays = []
    with (
        ScriptedRoutes(routes) as server,
        Publisher(server.kubeconfig(run.directory), run.directory, {}) as publisher,
    ):
        server.wait_settled()
        time.sleep(5)
        before = publisher.usage().resident_kib
        with publisher.readers(gateway_token(), count) as readers:
            time.sleep(2)
            after = publisher.usage()
            synced = max(reader.synced for reader in readers.readers) - min(reader.started for reader in readers.readers)
            for _ in range(run.options.rotations):
                entry, written = server.edit()
                readers.wait(lambda reader: entry in reader.arrivals)
                delays.append(max(reader.arrivals[entry] for reader in readers.readers) - written)
    what = f"{count} readers in one process, {routes} routes"
    note = f"peak {(after.peak_kib - before) / 1_024:.0f} MiB more; all synced in {synced:.1f} s"
    run.report.add(GROUP, f"{what}: resident memory more than with none", (after.resident_kib - before) / 1_024, "MiB", 150, note)
    run.report.add_delays(GROUP, f"{what}: edit until all have it", delays, {0.99: 500}, f"{len(delays)} edits")


def edits(run: Run, cluster: Cluster) -> None:
    """On the real API server: servers edited at a rate, then Secrets rotated by kubectl."""
    count = min(run.options.rotations, cluster.created)
    with (
        Publisher(cluster.kubeconfig, run.directory, TRUST) as publisher,
        publisher.readers(cluster.gateway_token()) as readers,
    ):
        time.sleep(3)
        # By a route's key and description: when its PATCH was sent and answered.
        patched: dict[tuple[str, str], tuple[float, float]] = {}

        def edit(index: int, description: str) -> None:
            sent = time.monotonic()
            cluster.patch_server(index, {"spec": {"description": description}})
            patched[(f"{NAMESPACE}/server-{index}", description)] = sent, time.monotonic()

        start = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            sent = []
            for number in range(run.options.edits * run.options.seconds):
                time.sleep(max(0, start + number / run.options.edits - time.monotonic()))
                sent.append(pool.submit(edit, number % count, f"edit {number}"))
            for future in sent:
                future.result()
        took = time.monotonic() - start
        time.sleep(2)
        arrivals = readers.readers[0].arrivals
        seen = [(arrivals[entry] - sent, max(arrivals[entry] - answered, 0))
                for entry, (sent, answered) in patched.items() if entry in arrivals]
        what, note = "edit on the real API server to route at a reader", f"{len(patched) / took:.0f}/s; {len(seen)} of {len(patched)} seen"
        for place, since in enumerate(("sending its PATCH", "the answer")):
            run.report.add_delays(GROUP, f"{what}, from {since}", [delays[place] for delays in seen], {0.5: 10}, note)
        rotations(run, cluster, readers, count)


def rotations(run: Run, cluster: Cluster, readers: Readers, count: int) -> None:
    from_start, from_end = [], []
    for index in range(count):
        key = f"{NAMESPACE}/server-{index}"
        before = readers.readers[0].version(key)
        secret = base64.b64encode(f"again-{time.time()}".encode()).decode()
        patch = json.dumps({"data": {"client-secret": secret}})
        start = time.monotonic()
        cluster.kubectl("-n", NAMESPACE, "patch", "secret", f"client-{index}", "--patch", patch)
        end = time.monotonic()
        readers.wait(lambda reader: reader.version(key) != before)
        arrived = readers.readers[0].versions[key][1]
        from_start.append(arrived - start)
        from_end.append(max(arrived - end, 0))
    what, note = "Secret rotated by kubectl to new version at a reader", f"{count} one after the other"
    run.report.add_delays(GROUP, f"{what}, from its start", from_start, {0.99: 300}, f"{note}; kubectl's own start is part of it")
    run.report.add_delays(GROUP, f"{what}, from its end", from_end, {0.99: 300}, f"{note}; 0 when the reader was first")


def failover(run: Run, cluster: Cluster) -> None:
    """Two replicas: how long until the other leads, and whether its readers notice."""
    token = cluster.gateway_token()
    for how, number, goal in (("Lease released", signal.SIGTERM, 1), ("leader crashed", signal.SIGKILL, 20)):
        times, noticed = [], 0
        for _ in range(run.options.repeat):
            with Publisher(cluster.kubeconfig, run.directory, TRUST, "first") as first:
                first.wait(first.leads)
                with (
                    Publisher(cluster.kubeconfig, run.directory, TRUST, "second") as second,
                    second.readers(token) as readers,
                ):
                    holder = lease_holder(cluster)
                    start = time.monotonic()
                    first.process.send_signal(number)
                    while number == signal.SIGTERM and lease_holder(cluster) == holder:
                        start = time.monotonic()
                    second.wait(second.leads, 60, pause=0.01)
                    times.append(time.monotonic() - start)
                    reader = readers.readers[0]
                    noticed += reader.ended or reader.resets > 0 or bool(reader.versions)
        note = f"median of {len(times)}, longest {max(times):.2f} s"
        run.report.add(GROUP, f"{how}, until the other leads", statistics.median(times), "s", goal, note)
        run.report.add(GROUP, f"{how}: readers of the other that were ended, reset or sent a route", noticed, goal=0)


def lease_holder(cluster: Cluster) -> str:
    return cluster.request("GET", LEASE)["spec"].get("holderIdentity", "")
