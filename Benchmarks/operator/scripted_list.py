# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""What a first LIST costs, from a server that costs the operator nothing: answers made beforehand, over plain loopback HTTP."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import yaml

PAGE = 500


def item(index: int) -> dict:
    """An object of about 1.4 KB, most of it metadata, as Secrets on a real server have it."""
    return {
        "metadata": {
            "name": f"secret-{index}", "namespace": f"team-{index % 50}", "uid": f"00000000-0000-4000-8000-{index:012d}",
            "resourceVersion": str(index + 1), "creationTimestamp": "2026-01-01T00:00:00Z",
            "labels": {"app.kubernetes.io/name": f"app-{index % 100}", "app.kubernetes.io/managed-by": "bench"},
            "annotations": {"bench.example/notes": "x" * 670},
            "managedFields": [
                {
                    "manager": "bench", "operation": "Update", "apiVersion": "v1", "time": "2026-01-01T00:00:00Z",
                    "fieldsType": "FieldsV1",
                    "fieldsV1": {"f:data": {".": {}, "f:client-id": {}, "f:client-secret": {}}, "f:metadata": {"f:labels": {"x" * 200: {}}}},
                }
            ],
        }
    }


class Handler(BaseHTTPRequestHandler):
    """Serves Secrets in pages, everything else empty, and watches that stay silent."""

    protocol_version = "HTTP/1.1"
    pages: list[bytes] = []

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        if "watch" in query:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.flush()
            time.sleep(600)
            return
        body = b'{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]}'
        if url.path == "/api/v1/secrets" and self.pages:
            body = self.pages[int(query.get("continue", ["0"])[0])]
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silent: the report is all that is printed."""


def pages(count: int) -> tuple[list[bytes], float]:
    """The answers, and the mean size of an object in bytes."""
    items = [json.dumps(item(index), separators=(",", ":")) for index in range(count)]
    answers = []
    for start in range(0, count, PAGE):
        token = f',"continue":"{start // PAGE + 1}"' if start + PAGE < count else ""
        head = f'{{"kind":"SecretList","apiVersion":"v1","metadata":{{"resourceVersion":"{count}"{token}}},"items":['
        answers.append((head + ",".join(items[start : start + PAGE]) + "]}").encode())
    return answers, sum(map(len, items)) / max(count, 1)


def measure(binary: Path, directory: Path, count: int, usage: object) -> tuple[float, int, float, int]:
    """CPU seconds and peak resident KiB of a process that has synced `count` Secrets, an object's mean size, anonymous KiB."""
    answers, size = pages(count)
    handler = type("Pages", (Handler,), {"pages": answers})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    kubeconfig = directory / f"scripted-{count}.kubeconfig"
    kubeconfig.write_text(yaml.safe_dump({
        "apiVersion": "v1", "kind": "Config", "current-context": "c", "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
    }))
    configuration = directory / f"scripted-{count}.yaml"
    configuration.write_text(yaml.safe_dump({"health": {"listen": f"127.0.0.1:{port}"}}))
    process = subprocess.Popen(
        [binary, "operator", "--kubeconfig", kubeconfig, "--config", configuration],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                    break
            except OSError:
                time.sleep(0.01)
        else:
            raise TimeoutError("not synced within 60 s")
        used = usage(process.pid)  # type: ignore[operator]
        status = Path(f"/proc/{process.pid}/status").read_text()
        peak = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
        return used.cpu_seconds, peak, size, used.anonymous_kib
    finally:
        process.terminate()
        process.wait(60)
        server.shutdown()
