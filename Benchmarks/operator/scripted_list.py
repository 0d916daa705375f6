# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""What a first LIST costs, from answers made beforehand."""

from __future__ import annotations

import json
from pathlib import Path

from common.processes import Usage
from processes import Operator
from scripted_server import EMPTY, PAGE, ScriptedServer


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


class ScriptedSecrets(ScriptedServer):
    """Serves Secrets in pages."""

    def __init__(self, count: int) -> None:
        items = [json.dumps(item(index), separators=(",", ":")) for index in range(count)]
        self.mean_size = sum(map(len, items)) / max(count, 1)
        self.pages = [self.page(items, start) for start in range(0, count, PAGE)] or [EMPTY]
        super().__init__()

    @staticmethod
    def page(items: list[str], start: int) -> bytes:
        end = start + PAGE
        token = f',"continue":"{end}"' if end < len(items) else ""
        head = f'{{"kind":"SecretList","apiVersion":"v1","metadata":{{"resourceVersion":"{len(items)}"{token}}},"items":['
        return (head + ",".join(items[start:end]) + "]}").encode()

    def list(self, path: str, start: int) -> bytes:
        return self.pages[start // PAGE] if path == "/api/v1/secrets" else EMPTY


def usage_once_synced(directory: Path, count: int) -> tuple[Usage, float]:
    """What a process has used that has just synced that many Secrets, and their mean size in bytes."""
    with ScriptedSecrets(count) as server, Operator(server.kubeconfig(directory), directory, {}) as operator:
        operator.wait_ready(pause=0.01)
        return operator.usage(), server.mean_size
