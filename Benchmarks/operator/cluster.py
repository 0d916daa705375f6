# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""The objects on the API server that is measured against."""

from __future__ import annotations

import json
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from common.cluster import NAMESPACE, ApiServer
from common.report import log

SERVERS = f"/apis/mcp.giantswarm.io/v1alpha1/namespaces/{NAMESPACE}/mcpservers"
SECRETS = f"/api/v1/namespaces/{NAMESPACE}/secrets"


def secret(index: int) -> dict:
    return {
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"client-{index}", "namespace": NAMESPACE},
        "stringData": {"client-id": f"client-{index}", "client-secret": f"not-a-real-secret-{index}"},
    }


def server(index: int) -> dict:
    return {
        "apiVersion": "mcp.giantswarm.io/v1alpha1", "kind": "MCPServer",
        "metadata": {"name": f"server-{index}", "namespace": NAMESPACE},
        "spec": {
            "type": "streamable-http", "url": f"https://mcp-{index}.bench.example/mcp",
            "auth": {
                "enterpriseIdP": {
                    "enabled": True, "idpTokenEndpoint": "https://idp.bench.example/token",
                    "mcpAuthServerIssuer": f"https://auth-{index}.bench.example",
                    "mcpAuthServerTokenEndpoint": f"https://auth-{index}.bench.example/token",
                    "scopes": "read write", "clientCredentialsSecretRef": {"name": f"client-{index}"},
                    "mcpAuthServerClient": {"clientCredentialsSecretRef": {"name": f"client-{index}"}},
                }
            },
        },
    }


class Cluster(ApiServer):
    """An API server with as many servers as are needed."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.created = 0

    def create(self, count: int) -> None:
        """Makes sure that this many servers exist, each with its Secret."""
        missing = range(self.created, count)
        log(f"creating {len(missing)} servers and Secrets")
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda index: self.request("POST", SECRETS, secret(index)), missing))
            list(pool.map(lambda index: self.request("POST", SERVERS, server(index)), missing))
        self.created = max(self.created, count)

    def patch_server(self, index: int, patch: dict, subresource: str = "") -> dict:
        return self.request("PATCH", f"{SERVERS}/server-{index}{subresource}", patch, "application/merge-patch+json")

    def forget_status(self) -> None:
        """Removes all statuses, so that another contender starts from the same state."""
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda index: self.patch_server(index, {"status": None}, "/status"), range(self.created)))

    def with_status(self) -> int:
        """How many servers have conditions."""
        total, token = 0, ""
        while True:
            page = self.request("GET", f"{SERVERS}?limit=2000&continue={token}")
            total += sum(1 for item in page["items"] if item.get("status", {}).get("conditions"))
            token = page["metadata"].get("continue", "")
            if not token:
                return total

    def restart_past_versions(self) -> None:
        """Restarts the API server so that every version seen before is too old for it to watch from."""
        state = self.directory / "pids.json"
        starts = json.loads(state.read_text())["starts"]
        # Its new watch caches begin with this version, and no watcher has seen that.
        self.request("POST", f"/api/v1/namespaces/{NAMESPACE}/configmaps", {"metadata": {"generateName": "later-"}})
        self.process.send_signal(signal.SIGUSR1)
        while json.loads(state.read_text())["starts"] == starts:
            if self.process.poll() is not None:
                raise RuntimeError("the API server did not come back")
            time.sleep(0.2)
        self.local = threading.local()
