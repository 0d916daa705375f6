# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""wrk and kopf at the same job."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from cluster import SECRETS, SERVERS, Cluster
from common.cluster import NAMESPACE
from common.processes import usage


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


def kopf(cluster: Cluster, count: int) -> tuple[float, float, float]:
    """Wall and CPU seconds that kopf takes to write `count` statuses, and the CPU seconds before the first of them."""
    start = time.monotonic()
    started = 0.0
    process = subprocess.Popen(
        [sys.executable, "-m", "kopf", "run", "--quiet", "--namespace", NAMESPACE, str(Path(__file__).parent / "kopf_operator.py")],
        env={**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        while (written := cluster.with_status()) < count:
            if process.poll() is not None:
                raise RuntimeError("kopf ended by itself")
            started = usage(process.pid).cpu_seconds if written == 0 else started
            time.sleep(0.5)
        return time.monotonic() - start, usage(process.pid).cpu_seconds, started
    finally:
        process.terminate()
        process.wait(30)
