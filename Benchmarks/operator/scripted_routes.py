# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""MCPServers that change as often as is asked for, without a server that has to store them.

Each event changes `spec.description` to a number and leaves the generation alone, so that it becomes a route and no status
is written: what is measured is the way of an event to a reader.
"""

from __future__ import annotations

import base64
import threading
import time

from scripted_server import EMPTY, PAGE, Handler, ScriptedServer, compact



def gateway_token() -> str:
    """As good as signed: the operator leaves that to the API server, and looks at audience and expiry itself."""
    parts = ({"alg": "none"}, {"aud": ["sallyport-operator"], "exp": int(time.time()) + 7_200}, {})
    return ".".join(base64.urlsafe_b64encode(compact(part)).decode().rstrip("=") for part in parts)


class ScriptedRoutes(ScriptedServer):
    """Serves MCPServers that need no Secret, keeps the statuses written, and takes any token for a gateway's."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.version = count + 1
        self.edits = 0
        self.statuses: dict[int, dict] = {}
        self.lock = threading.Lock()
        self.watching = threading.Event()
        self.connection: Handler
        super().__init__()

    def next_version(self) -> int:
        with self.lock:
            self.version += 1
            return self.version

    def metadata(self, index: int, version: int) -> dict:
        return {
            "name": f"server-{index}", "namespace": "bench", "uid": f"00000000-0000-4000-8000-{index:012d}", "generation": 1,
            "resourceVersion": str(version), "creationTimestamp": "2026-01-01T00:00:00Z",
        }

    def server(self, index: int, description: str, version: int) -> dict:
        url = f"https://mcp-{index}.bench.example/mcp"
        return {
            "apiVersion": "mcp.giantswarm.io/v1alpha1", "kind": "MCPServer", "metadata": self.metadata(index, version),
            "spec": {"type": "streamable-http", "url": url, "description": description, "auth": {"type": "none"}},
            "status": self.statuses.get(index, {}),
        }

    def list(self, path: str, start: int) -> bytes:
        if not path.endswith("/mcpservers"):
            return EMPTY
        end = min(start + PAGE, self.count)
        return compact({
            "kind": "MCPServerList", "apiVersion": "mcp.giantswarm.io/v1alpha1",
            "metadata": {"resourceVersion": str(self.version), "continue": str(end) if end < self.count else ""},
            "items": [self.server(index, "0", index + 1) for index in range(start, end)],
        })

    def watch(self, path: str, connection: Handler) -> None:
        if path.endswith("/mcpservers"):
            self.connection = connection
            self.watching.set()

    def patch(self, path: str, body: dict) -> dict:
        index = int(body["metadata"]["name"].rpartition("-")[2])
        self.statuses[index] = body["status"]
        metadata = self.metadata(index, self.next_version())
        return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}

    def post(self, path: str, body: dict) -> dict:
        if body["kind"] == "TokenReview":
            body["status"] = {
                "authenticated": True, "audiences": body["spec"]["audiences"],
                "user": {"username": "system:serviceaccount:sallyport-system:sallyport-gateway"},
            }
        return body

    def wait_settled(self, seconds: float = 300) -> None:
        """Waits until every status is written and the watch is there."""
        deadline = time.monotonic() + seconds
        while len(self.statuses) < self.count or not self.watching.is_set():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(self.statuses)} of {self.count} statuses after {seconds} s")
            time.sleep(0.05)

    def edit(self) -> tuple[tuple[str, str], float]:
        """Sends one event in a write of its own; returns its route's key and description, and when it was written."""
        self.edits += 1
        index = self.edits % self.count
        event = {"type": "MODIFIED", "object": self.server(index, str(self.edits), self.next_version())}
        line = compact(event) + b"\n"
        written = time.monotonic()
        self.connection.wfile.write(line)
        return (f"bench/server-{index}", str(self.edits)), written

    def edit_at(self, rate: int, seconds: float) -> dict[tuple[str, str], float]:
        """Sends events at that rate; returns when each was written."""
        start = time.monotonic()
        sent = {}
        for number in range(int(rate * seconds)):
            while (now := time.monotonic()) < start + number / rate:
                time.sleep(min(start + number / rate - now, 0.0005))
            entry, written = self.edit()
            sent[entry] = written
        return sent
