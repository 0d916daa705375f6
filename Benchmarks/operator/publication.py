# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""How fast routes reach readers of the stream, what readers cost, and what they notice of a failover."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import statistics
import subprocess
import time
import urllib.request
from pathlib import Path

import yaml
from cluster import NAMESPACE, ROOT, SECRETS, SERVERS, Cluster
from route_reader import Readers
from scripted_watch import TOKEN, ScriptedServer

Row = tuple[str, str]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def certificate(directory: Path) -> tuple[Path, Path]:
    """A self-signed certificate for localhost, and its key."""
    paths = directory / "stream.crt", directory / "stream.key"
    if not paths[0].exists():
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", paths[1], "-out", paths[0]],
            check=True, capture_output=True,
        )
    return paths


class Publisher:
    """An operator that serves the stream."""

    def __init__(self, kubeconfig: Path, directory: Path, base: dict, election: bool = False, name: str = "a") -> None:
        self.health, self.port = free_port(), free_port()
        authority, key = certificate(directory)
        self.authority = authority
        configuration = {
            **base, "health": {"listen": f"127.0.0.1:{self.health}"},
            "publication": {"listen": f"127.0.0.1:{self.port}", "certificateFile": str(authority), "privateKeyFile": str(key),
                            "audience": "sallyport-operator", "serviceAccounts": ["sallyport-system/sallyport-gateway"]},
            "operator": {"leaderElection": {"enabled": election, **({"namespace": NAMESPACE} if election else {})}},
        }
        path = directory / f"publisher-{self.health}.yaml"
        path.write_text(yaml.safe_dump(configuration))
        self.log_path = directory / f"publisher-{self.health}.log"
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [ROOT / "bin/sallyport", "operator", "--kubeconfig", kubeconfig, "--config", path], stdout=log, stderr=log,
                env={**os.environ, "SALLYPORT_LOG_LEVEL": "warning", "POD_NAME": f"operator-{name}"},
            )
        self.wait(lambda: self.fetch("/readyz") is not None)

    def fetch(self, path: str) -> str | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.health}{path}", timeout=5) as response:
                return response.read().decode()
        except OSError:
            return None

    def leads(self) -> bool:
        return 'leader_election_master_status{name="sallyport-operator"} 1' in (self.fetch("/metrics") or "")

    def wait(self, condition, seconds: float = 300) -> None:  # noqa: ANN001
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise TimeoutError(self.log_path.read_text()[-2_000:])
            time.sleep(0.005)

    def resident_kib(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def spread(values: list[float]) -> str:
    ordered = sorted(values)
    return f"p50 {statistics.median(ordered) * 1_000:.1f} ms, p99 {ordered[int(len(ordered) * 0.99)] * 1_000:.1f} ms"


def scripted(directory: Path) -> list[Row]:
    """1,000 events a second from the scripted server."""
    server = ScriptedServer(500)
    publisher = Publisher(server.kubeconfig(directory), directory, {})
    try:
        readers = Readers(publisher.port, TOKEN, publisher.authority)
        readers.wait(lambda reader: reader.synced is not None)
        time.sleep(3)  # Whatever follows a start is over.
        sent = server.send(1_000, 10)
        last = max(sent, key=lambda entry: int(entry[1]))
        readers.wait(lambda reader: last in reader.arrivals)
        arrivals = readers.readers[0].arrivals
        readers.stop()
        delays = [arrivals[entry] - start for entry, start in sent.items() if entry in arrivals]
        return [(
            "event to route at a reader, 1,000 events/s, scripted (goal: p50 2 ms, p99 20 ms)",
            f"{spread(delays)}; {len(delays)} of {len(sent)} seen",
        )]
    finally:
        publisher.stop()
        server.stop()


def table(directory: Path) -> list[Row]:
    """A new reader of 10,000 routes; 100 readers of 5,000."""
    rows = []
    server = ScriptedServer(10_000)
    publisher = Publisher(server.kubeconfig(directory), directory, {})
    try:
        times = []
        publisher.wait(lambda: "10000" in (publisher.fetch("/metrics") or ""))
        for _ in range(5):
            readers = Readers(publisher.port, TOKEN, publisher.authority, detailed=False)
            readers.wait(lambda reader: reader.synced is not None and reader.routes >= 10_000)
            reader = readers.readers[0]
            times.append((reader.synced or 0) - reader.started)
            readers.stop()
        rows.append(("a new reader at 10,000 routes synced, median of 5 (goal: 1 s)", f"{statistics.median(times):.2f} s"))
    finally:
        publisher.stop()
        server.stop()
    server = ScriptedServer(5_000)
    publisher = Publisher(server.kubeconfig(directory), directory, {})
    try:
        one = Readers(publisher.port, TOKEN, publisher.authority, detailed=False)
        one.wait(lambda reader: reader.routes >= 5_000)
        one.stop()
        time.sleep(5)
        before = publisher.resident_kib()
        readers = Readers(publisher.port, TOKEN, publisher.authority, count=100, detailed=False)
        synced = readers.wait(lambda reader: reader.synced is not None, 300)
        time.sleep(2)
        after = publisher.resident_kib()
        rows.append((
            "100 readers at 5,000 routes (goal: 150 MB more than none)",
            f"{(after - before) / 1_024:.1f} MiB more; all synced in {synced:.1f} s",
        ))
        delays = []
        for number in range(50):
            # One event a turn, so that each is on its own.
            (key, _), start = next(iter(server.send(1_000, 0.001).items()))
            del number
            versions = [reader.versions.get(key, ("", 0.0))[0] for reader in readers.readers]
            readers.wait(lambda reader: reader.versions.get(key, ("", 0.0))[1] > start)
            del versions
            delays.append(max(reader.versions[key][1] for reader in readers.readers) - start)
            server.version += 1
            time.sleep(0.02)
        rows.append(("edit until all 100 readers have it, 50 times (goal: p99 500 ms)", spread(delays)))
        readers.stop()
    finally:
        publisher.stop()
        server.stop()
    return rows


def real(cluster: Cluster, directory: Path, base: dict) -> list[Row]:
    """On the real API server: edits at 100 a second, and Secrets that are rotated."""
    publisher = Publisher(cluster.kubeconfig, directory, base)
    try:
        token = reader_token(cluster)
        readers = Readers(publisher.port, token, publisher.authority)
        readers.wait(lambda reader: reader.synced is not None)
        time.sleep(3)
        arrivals = readers.readers[0].arrivals
        answered: dict[tuple[str, str], float] = {}
        start = time.monotonic()
        for number in range(1_000):
            while time.monotonic() < start + number / 100:
                time.sleep(0.0005)
            name = f"server-{number % 200}"
            patch = {"spec": {"description": f"edit {number}"}}
            cluster.request("PATCH", f"{SERVERS}/{name}", patch, "application/merge-patch+json")
            answered[(f"{NAMESPACE}/{name}", f"edit {number}")] = time.monotonic()
        took = time.monotonic() - start
        last = (f"{NAMESPACE}/server-{999 % 200}", "edit 999")
        readers.wait(lambda reader: last in reader.arrivals)
        delays = [max(arrivals[entry] - at, 0) for entry, at in answered.items() if entry in arrivals]
        rows = [(
            f"PATCH answered to route at a reader, {1_000 / took:.0f} edits/s, real (goal: p50 10 ms)",
            f"{spread(delays)}; {len(delays)} of {len(answered)} seen",
        )]
        delays = []
        for index in range(100):
            key = f"{NAMESPACE}/server-{index}"
            patch = {"data": {"client-secret": base64.b64encode(f"again-{index}-{time.time()}".encode()).decode()}}
            command = ["kubectl", "--kubeconfig", str(cluster.kubeconfig), "-n", NAMESPACE, "patch", "secret", f"client-{index}",
                       "--patch", json.dumps(patch)]
            subprocess.run(command, check=True, capture_output=True)
            done = time.monotonic()
            before = time.monotonic() - 5
            readers.wait(lambda reader: reader.versions.get(key, ("", before))[1] > done - 1)
            delays.append(max(readers.readers[0].versions[key][1] - done, 0))
        rows.append(("Secret rotated by kubectl (its exit) to new version at a reader, 100 times (goal: p99 300 ms)", spread(delays)))
        readers.stop()
        return rows
    finally:
        publisher.stop()


def failover(cluster: Cluster, directory: Path, base: dict) -> list[Row]:
    """Two operators: how long until the other leads, and whether its readers notice."""
    rows = []
    token = reader_token(cluster)
    for how, number, goal in (("released", signal.SIGTERM, "1 s"), ("killed -9", signal.SIGKILL, "20 s")):
        times, broken = [], 0
        for _ in range(3):
            first = Publisher(cluster.kubeconfig, directory, base, election=True, name="first")
            first.wait(first.leads)
            second = Publisher(cluster.kubeconfig, directory, base, election=True, name="second")
            readers = Readers(second.port, token, second.authority)
            readers.wait(lambda reader: reader.synced is not None)
            first.process.send_signal(number)
            start = time.monotonic()
            if number == signal.SIGTERM:
                first.process.wait(60)
                start = time.monotonic()
            second.wait(second.leads, 60)
            times.append(time.monotonic() - start)
            broken += readers.readers[0].ended is not None
            readers.stop()
            first.stop()
            second.stop()
        rows.append((
            f"failover, leader {how}, median of 3 (goal: {goal})",
            f"{statistics.median(times):.2f} s; readers of the other replica disconnected: {broken}",
        ))
    return rows


def reader_token(cluster: Cluster) -> str:
    """A token for the gateway's service account with the stream's audience."""
    for arguments in (("create", "namespace", "sallyport-system"), ("create", "serviceaccount", "sallyport-gateway", "-n", "sallyport-system")):
        subprocess.run(["kubectl", "--kubeconfig", str(cluster.kubeconfig), *arguments], capture_output=True)
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": {"expirationSeconds": 7_200, "audiences": ["sallyport-operator"]}}
    path = "/api/v1/namespaces/sallyport-system/serviceaccounts/sallyport-gateway/token"
    return cluster.request("POST", path, body)["status"]["token"]
