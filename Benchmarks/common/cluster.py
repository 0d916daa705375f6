# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""An API server of its own, and what operator and gateways need to meet on it."""

from __future__ import annotations

import http.client
import json
import ssl
import subprocess
import threading
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import yaml
from common.processes import ROOT

NAMESPACE = "bench"
GATEWAYS = "sallyport-system"
AUDIENCE = "sallyport-operator"


class ApiServer:
    """kube-apiserver and etcd with the CRD and a namespace, gone when the block ends."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.process = subprocess.Popen(
            [ROOT / "hack/start-apiserver", "--directory", directory], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self.process.stdout
        self.kubeconfig = Path(self.process.stdout.readline().strip())
        if not self.kubeconfig.is_file():
            raise RuntimeError("hack/start-apiserver starts no kube-apiserver: hack/envtest says where it looks for one")
        configuration = yaml.safe_load(self.kubeconfig.read_text())
        self.url = configuration["clusters"][0]["cluster"]["server"]
        self.token = configuration["users"][0]["user"]["token"]
        self.local = threading.local()
        self.kubectl("apply", "--validate=false", "-f", str(ROOT / "crds"))
        self.kubectl("create", "namespace", NAMESPACE)
        self.kubectl("wait", "--for=condition=Established", "crd/mcpservers.mcp.giantswarm.io", "--timeout=30s")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(30)

    def kubectl(self, *arguments: str) -> str:
        command = ["kubectl", "--kubeconfig", str(self.kubeconfig), *arguments]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout

    def request(self, method: str, path: str, body: dict | None = None, content: str = "application/json") -> dict:
        connection = getattr(self.local, "connection", None)
        if connection is None:
            context = ssl._create_unverified_context()  # A loopback server with a certificate of its own.
            connection = http.client.HTTPSConnection(urlsplit(self.url).netloc, context=context)
            self.local.connection = connection
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = connection.getresponse()
        answer = json.loads(response.read())
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: {response.status} {answer.get('message')}")
        return answer

    def gateway_token(self) -> str:
        """A token for the gateway's service account with the stream's audience."""
        path = f"/api/v1/namespaces/{GATEWAYS}/serviceaccounts"
        if not self.request("GET", path)["items"]:
            self.kubectl("create", "namespace", GATEWAYS)
            self.kubectl("create", "serviceaccount", "sallyport-gateway", "-n", GATEWAYS)
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
                  "spec": {"expirationSeconds": 7_200, "audiences": [AUDIENCE]}}
        return self.request("POST", f"{path}/sallyport-gateway/token", review)["status"]["token"]


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


def publication(directory: Path, port: int) -> dict[str, object]:
    """An operator's configuration that serves the route stream on a port."""
    authority, key = certificate(directory)
    return {
        "listen": f"127.0.0.1:{port}", "certificateFile": str(authority), "privateKeyFile": str(key), "audience": AUDIENCE,
        "serviceAccounts": [f"{GATEWAYS}/sallyport-gateway"],
    }
