# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""The measurements behind Benchmarks/operator/run."""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import yaml
from cluster import NAMESPACE, ROOT, SECRETS, SERVERS, Cluster
from scripted_list import measure

CONFIGURATION = {
    "identityProviders": [
        {
            "name": "bench", "issuer": "https://idp.bench.example", "clientID": "sallyport",
            "tokenEndpoints": ["https://idp.bench.example/token"],
        }
    ]
}


def log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@dataclass
class Usage:
    """What a process has used so far."""

    cpu_seconds: float
    resident_kib: int
    anonymous_kib: int


def usage(pid: int) -> Usage:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    kib = {name: int(status[name].split()[0]) for name in ("VmRSS", "RssAnon")}
    return Usage(ticks / os.sysconf("SC_CLK_TCK"), kib["VmRSS"], kib["RssAnon"])


class Operator:
    """The binary, and what its metrics say."""

    def __init__(self, cluster: Cluster, directory: Path) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]
        configuration = directory / f"sallyport-{self.port}.yaml"
        configuration.write_text(yaml.safe_dump({**CONFIGURATION, "health": {"listen": f"127.0.0.1:{self.port}"}}))
        self.log = open(directory / f"operator-{self.port}.log", "wb")
        self.start = time.monotonic()
        self.process = subprocess.Popen(
            [ROOT / "bin/sallyport", "operator", "--kubeconfig", cluster.kubeconfig, "--config", configuration],
            stdout=self.log, stderr=self.log, env={**os.environ, "SALLYPORT_LOG_LEVEL": "warning"},
        )

    def series(self) -> dict[str, float]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=30) as response:
            text = response.read().decode()
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if line and line[0] != "#"}

    def requests(self) -> dict[str, int]:
        """API requests so far by verb."""
        found: dict[str, int] = {}
        for name, value in self.series().items():
            if name.startswith("rest_client_requests_total"):
                method = re.search(r'method="(\w+)"', name)
                key = method.group(1) if method else "?"
                found[key] = found.get(key, 0) + int(value)
        return found

    def wait_patches(self, count: int, seconds: float = 900) -> float:
        """Returns the seconds from the start of the process until that many PATCH requests were answered."""
        while time.monotonic() < self.start + seconds:
            try:
                if self.requests().get("PATCH", 0) >= count:
                    return time.monotonic() - self.start
            except OSError:
                pass
            time.sleep(0.1)
        raise TimeoutError(f"{self.requests()} after {seconds} s")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def wrk(cluster: Cluster, directory: Path, kind: str, count: int, seconds: int = 10) -> float:
    """Requests a second that wrk reaches with the same GETs or PATCHes."""
    script = directory / f"{kind}.lua"
    body = json.dumps({
        "apiVersion": "mcp.giantswarm.io/v1alpha1", "kind": "MCPServer", "metadata": {"name": "NAME", "namespace": NAMESPACE},
        "status": {
            "observedGeneration": 1, "authMode": "enterpriseIdP", "state": "Disconnected",
            "conditions": [
                {
                    "type": kind_, "status": "True", "reason": kind_, "message": "STAMP: as long a sentence as the operator writes.",
                    "lastTransitionTime": "2026-01-01T00:00:00Z", "observedGeneration": 1,
                }
                for kind_ in ("Accepted", "ResolvedRefs", "Programmed", "Ready")
            ],
        },
    })
    if kind == "GET":
        request = f"return wrk.format('GET', '{SECRETS}/client-' .. (n % {count}), headers)"
    else:
        request = (
            f"local name = 'server-' .. (n % {count})\n"
            f"local text = body:gsub('NAME', name):gsub('STAMP', 'Written ' .. n)\n"
            f"return wrk.format('PATCH', '{SERVERS}/' .. name .. '/status?fieldManager=wrk&force=true', headers, text)"
        )
    script.write_text(
        f"local headers = {{['Authorization'] = 'Bearer {cluster.token}', ['Content-Type'] = 'application/apply-patch+yaml'}}\n"
        f"local body = [[{body}]]\nlocal n = 0\n"
        f"function request()\n  n = n + 1\n  {request}\nend\n"
    )
    output = subprocess.run(
        ["wrk", "-t1", "-c16", f"-d{seconds}s", "-s", str(script), cluster.url], check=True, capture_output=True, text=True
    ).stdout
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    if failed:
        raise RuntimeError(f"wrk {kind}: {output}")
    match = re.search(r"Requests/sec:\s+([\d.]+)", output)
    assert match, output
    return float(match.group(1))


def rotations(cluster: Cluster, operator: Operator, count: int) -> list[float]:
    """Seconds from a Secret's PATCH being answered to `status.credentials` showing its version on a watch, sorted."""
    import http.client
    import ssl
    from urllib.parse import urlsplit

    version = cluster.request("GET", f"{SERVERS}?limit=1")["metadata"]["resourceVersion"]
    connection = http.client.HTTPSConnection(urlsplit(cluster.url).netloc, context=ssl._create_unverified_context())
    connection.request(
        "GET", f"{SERVERS}?watch=true&resourceVersion={version}", headers={"Authorization": f"Bearer {cluster.token}"}
    )
    stream = connection.getresponse()
    delays = []
    for index in range(count):
        patch = {"data": {"client-secret": base64.b64encode(f"rotated-{index}-{time.time()}".encode()).decode()}}
        start = time.monotonic()
        wanted = cluster.request("PATCH", f"{SECRETS}/client-{index}", patch, "application/merge-patch+json")
        wanted_version = wanted["metadata"]["resourceVersion"]
        while True:
            event = json.loads(stream.readline())
            seen = event["object"].get("status", {}).get("credentials", {}).get("idp", {}).get("resourceVersion")
            if seen == wanted_version:
                delays.append(time.monotonic() - start)
                break
    connection.close()
    return sorted(delays)


def kopf(cluster: Cluster, count: int) -> tuple[float, float]:
    """Wall and CPU seconds that kopf takes to write `count` statuses."""
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "kopf", "run", "--quiet", "--namespace", NAMESPACE, str(Path(__file__).parent / "kopf_operator.py")],
        env={**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        while cluster.with_status(count) < count:
            if process.poll() is not None:
                raise RuntimeError("kopf ended by itself")
            time.sleep(0.5)
        return time.monotonic() - start, usage(process.pid).cpu_seconds
    finally:
        process.terminate()
        process.wait(30)


def percentile(values: list[float], fraction: float) -> float:
    return values[min(len(values) - 1, int(len(values) * fraction))]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--servers", type=int, default=10_000)
    parser.add_argument("--kopf-servers", type=int, default=1_000)
    arguments = parser.parse_args()
    if not shutil.which("wrk"):
        log("wrk is missing: apt-get install wrk")
        return 1
    requirements = Path(__file__).parent / "requirements.txt"
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "-r", str(requirements)], check=True)
    rows: list[tuple[str, str]] = []
    half = arguments.servers // 2
    with tempfile.TemporaryDirectory() as name, Cluster(Path(name)) as cluster:
        directory = Path(name)
        log(f"kopf on {arguments.kopf_servers} servers")
        cluster.create(0, arguments.kopf_servers)
        kopf_wall, kopf_cpu = kopf(cluster, arguments.kopf_servers)
        cluster.forget_status(arguments.kopf_servers)
        log(f"creating {half} servers and Secrets")
        cluster.create(arguments.kopf_servers, half)
        operator = Operator(cluster, directory)
        operator.wait_patches(half)
        time.sleep(5)
        at_half = usage(operator.process.pid)
        operator.stop()
        log(f"creating {arguments.servers - half} more")
        cluster.create(half, arguments.servers)
        cluster.forget_status(half)
        operator = Operator(cluster, directory)
        wall = operator.wait_patches(arguments.servers)
        after = usage(operator.process.pid)
        requests = operator.requests()
        time.sleep(5)
        at_full = usage(operator.process.pid)
        idle_start = usage(operator.process.pid).cpu_seconds
        before_idle = operator.requests()
        time.sleep(20)
        idle_cpu = usage(operator.process.pid).cpu_seconds - idle_start
        idle_writes = operator.requests().get("PATCH", 0) - before_idle.get("PATCH", 0)
        log("rotating Secrets")
        delays = rotations(cluster, operator, 200)
        operator.stop()
        log("restarting on unchanged objects")
        operator = Operator(cluster, directory)
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            try:
                done = sum(v for k, v in operator.series().items() if k.startswith("controller_runtime_reconcile_total"))
                if done >= arguments.servers:
                    break
            except OSError:
                pass
            time.sleep(0.2)
        restart_writes = operator.requests().get("PATCH", 0)
        restart_usage = usage(operator.process.pid)
        operator.stop()
        log("wrk")
        gets = statistics.median(wrk(cluster, directory, "GET", arguments.servers) for _ in range(3))
        patches = statistics.median(wrk(cluster, directory, "PATCH", arguments.servers) for _ in range(3))
        log("listing from a scripted server")
        idle = sorted(measure(ROOT / "bin/sallyport", directory, 0, usage)[:2] for _ in range(5))[2]
        listed = sorted(measure(ROOT / "bin/sallyport", directory, 10_000, usage) for _ in range(5))[2]
    floor = arguments.servers / gets + arguments.servers / patches
    cpu_each = after.cpu_seconds / arguments.servers * 1_000
    kopf_each = kopf_cpu / arguments.kopf_servers * 1_000
    slope = (at_full.resident_kib - at_half.resident_kib) / (arguments.servers - half)
    rows += [
        (f"{arguments.servers} servers to all statuses written", f"{wall:.1f} s"),
        ("wrk, the same GETs and PATCHes (median of 3 rates)", f"{floor:.1f} s ({gets:.0f} GET/s, {patches:.0f} PATCH/s)"),
        ("ratio to wrk (goal: at most 1.3)", f"{wall / floor:.2f}"),
        ("operator CPU per server", f"{cpu_each:.2f} ms"),
        (f"kopf CPU per server, over {arguments.kopf_servers}", f"{kopf_each:.2f} ms ({kopf_wall:.1f} s wall)"),
        ("ratio to kopf (goal: at most 0.10)", f"{cpu_each / kopf_each:.3f}"),
        ("API requests by verb", ", ".join(f"{key} {value}" for key, value in sorted(requests.items()))),
        (f"resident memory at {half} and {arguments.servers}", f"{at_half.resident_kib} and {at_full.resident_kib} KiB"),
        ("slope (goal: at most 8 KiB)", f"{slope:.2f} KiB a server with its Secret and route"),
        ("idle, 20 s", f"{idle_cpu:.2f} s CPU, {idle_writes} writes, {at_full.anonymous_kib} KiB anonymous"),
        ("Secret changed to status.credentials on a watch, 200 times",
         f"p50 {percentile(delays, .5) * 1000:.0f} ms, p99 {percentile(delays, .99) * 1000:.0f} ms (goal: p99 300 ms)"),
        ("writes after a restart on unchanged objects (goal: 0)", f"{restart_writes} ({restart_usage.cpu_seconds:.1f} s CPU)"),
    ]
    rows += [
        (f"first LIST of 10000 objects of {listed[2]:.0f} B to synced, median of 5 (goal: 0.45 s)",
         f"{listed[0] - idle[0]:.2f} s CPU above a start without objects ({idle[0]:.2f} s)"),
        ("its peak resident memory above such a start (goal: 60 MB)", f"{(listed[1] - idle[1]) / 1024:.1f} MiB"),
    ]
    width = max(len(row[0]) for row in rows)
    print(f"\n| {'what':{width}} | measured |\n|{'-' * (width + 2)}|---|")
    for label, value in rows:
        print(f"| {label:{width}} | {value} |")
    return 0
