# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""Operator and gateway as two processes on a real API server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from common.cluster import NAMESPACE, ApiServer, certificate, publication
from common.processes import Sallyport, free_port
from nginx import backend_server, nginx
from sallyport import CREDENTIALS, Enterprise, Gateway
from setting import Run

SECRETS = f"/api/v1/namespaces/{NAMESPACE}/secrets"
SERVERS = f"/apis/mcp.giantswarm.io/v1alpha1/namespaces/{NAMESPACE}/mcpservers"
MERGE = "application/merge-patch+json"


class Operator(Sallyport):
    """The operator, serving its routes on a port."""

    def __init__(self, cluster: ApiServer, directory: Path, configuration: dict[str, object], port: int) -> None:
        content = {
            **configuration, "publication": publication(directory, port), "operator": {"leaderElection": {"enabled": False}},
        }
        super().__init__("operator", ["--kubeconfig", str(cluster.kubeconfig)], directory, content, {"POD_NAME": "operator"})


class ReadingGateway(Gateway):
    """`sallyport gateway`, which reads its routes from an operator, once it serves them all."""

    def __init__(self, directory: Path, configuration: dict[str, object], paths: list[str], token: str) -> None:
        self.port = free_port()
        Sallyport.__init__(self, "gateway", [], directory, {**configuration, "listen": f"127.0.0.1:{self.port}"})
        self.paths = paths
        self.wait_serving(token)


@dataclass
class Pair:
    """What runs."""

    run: Run
    cluster: ApiServer
    enterprise: Enterprise
    configuration: dict[str, object]
    port: int
    operator: Operator
    gateway: ReadingGateway

    def restart_operator(self) -> None:
        """Starts another operator where the one before was."""
        self.operator = Operator(self.cluster, self.run.directory, self.configuration, self.port)

    def patch_secret(self, secret: str) -> float:
        """Rotates the secret of the gateway's client; returns when that was sent, by the monotonic clock."""
        start = time.monotonic()
        self.cluster.request("PATCH", f"{SECRETS}/client", {"stringData": {"client-secret": secret}}, MERGE)
        return start


@contextmanager
def pair(run: Run, enterprise: Enterprise, names: list[str]) -> Iterator[Pair]:
    """Operator and gateway with servers of the enterprise's by these names, all served."""
    directory, port, backend = run.directory, free_port(), free_port()
    configuration = enterprise.configuration(directory, "all")
    with ExitStack() as stack:
        stack.enter_context(nginx("nginx", directory, backend, backend_server(backend)))
        state = directory / f"cluster-{port}"
        state.mkdir()
        cluster = stack.enter_context(ApiServer(state))
        cluster.request("POST", SECRETS, CREDENTIALS)
        for name in names:
            cluster.request("POST", SERVERS, enterprise.manifest(name, f"http://127.0.0.1:{backend}/{name}"))
        token = directory / f"gateway-{port}.token"
        token.touch(0o600)
        token.write_text(cluster.gateway_token())
        authority, _ = certificate(directory)
        url = f"https://localhost:{port}"
        routes = {"url": url, "replicas": [url], "tokenFile": str(token), "caFile": str(authority)}
        operator = Operator(cluster, directory, configuration, port)
        try:
            operator.wait_ready()
            paths = [Gateway.path(name) for name in names]
            gateway = stack.enter_context(
                ReadingGateway(directory, {**configuration, "routes": routes}, paths, enterprise.token("first"))
            )
            found = Pair(run, cluster, enterprise, configuration, port, operator, gateway)
            yield found
            operator = found.operator
        finally:
            operator.__exit__()
