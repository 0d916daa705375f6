# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""A scripted API server that sends MCPServer events at a given rate and costs the operator nothing else.

Each event changes `spec.description` to a number and leaves the generation alone, so that it becomes a route and no status
is written: what is measured is the way of an event to a reader, without a server that takes writes.
"""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import yaml

TOKEN = "bench-reader"


def server(index: int, description: str, version: int) -> dict:
    """An MCPServer that needs no Secret, with a status that is already true, as after a restart."""
    return {
        "apiVersion": "mcp.giantswarm.io/v1alpha1", "kind": "MCPServer",
        "metadata": {
            "name": f"server-{index}", "namespace": "bench", "uid": f"00000000-0000-4000-8000-{index:012d}", "generation": 1,
            "resourceVersion": str(version), "creationTimestamp": "2026-01-01T00:00:00Z",
        },
        "spec": {"type": "streamable-http", "url": f"https://mcp-{index}.bench.example/mcp", "description": description,
                 "auth": {"type": "none"}},
    }


class ScriptedServer:
    """Serves lists, one live watch of MCPServers, status patches and token reviews on loopback."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.version = count + 1
        self.watching = threading.Event()
        self.stream = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                url, query = urlsplit(self.path), parse_qs(urlsplit(self.path).query)
                if "watch" in query:
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json")
                    self.end_headers()
                    self.wfile.flush()
                    if url.path.endswith("/mcpservers"):
                        outer.stream = self.wfile
                        outer.watching.set()
                    time.sleep(3_600)
                    return
                items = []
                token = ""
                if url.path.endswith("/mcpservers"):
                    first = int(query.get("continue", ["0"])[0])
                    end = min(first + 500, outer.count)
                    items = [server(index, "0", index + 1) for index in range(first, end)]
                    token = str(end) if end < outer.count else ""
                self.answer({"kind": "List", "apiVersion": "v1", "items": items,
                             "metadata": {"resourceVersion": str(outer.version), "continue": token}})

            def do_PATCH(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                name = urlsplit(self.path).path.split("/mcpservers/")[1].split("/")[0]
                self.answer(server(int(name.rpartition("-")[2]), "0", 1))

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
                if body.get("kind") == "TokenReview":
                    body["status"] = {
                        "authenticated": body["spec"]["token"] == TOKEN, "audiences": body["spec"]["audiences"],
                        "user": {"username": "system:serviceaccount:sallyport-system:sallyport-gateway"},
                    }
                self.answer(body, 201)

            def answer(self, value: dict, status: int = 200) -> None:
                body = json.dumps(value, separators=(",", ":")).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Silent: the report is all that is printed."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def kubeconfig(self, directory: Path) -> Path:
        path = directory / f"scripted-watch-{self.http.server_port}.kubeconfig"
        path.write_text(yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "c", "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{self.http.server_port}"}}],
        }))
        return path

    def send(self, rate: int, seconds: float) -> dict[tuple[str, str], float]:
        """Sends events at that rate, each in a write of its own; returns when each was written, by key and description."""
        self.watching.wait(60)
        assert self.stream
        sent: dict[tuple[str, str], float] = {}
        start = time.monotonic()
        for number in range(1, int(rate * seconds) + 1):
            due = start + number / rate
            while (now := time.monotonic()) < due:
                time.sleep(min(due - now, 0.0005))
            self.version += 1
            index = number % self.count
            line = json.dumps({"type": "MODIFIED", "object": server(index, str(number), self.version)}, separators=(",", ":"))
            sent[(f"bench/server-{index}", str(number))] = time.monotonic()
            self.stream.write(line.encode() + b"\n")
            self.stream.flush()
        return sent

    def stop(self) -> None:
        self.http.shutdown()
