# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""The operator as a pod sees it, and a cluster that loses and regains what the operator needs."""

from __future__ import annotations

import base64
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from conftest import BINARY, CANARY, CONFIGURATION, ROOT, Cluster, Sallyport, enterprise_server, free_port, secret, wait_for

Run = Callable[..., Sallyport]


def test_in_a_pod_it_finds_the_cluster_and_survives_token_rotation(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    """T49: the projected files of a pod are all it needs, and a token written over is used."""
    kubeconfig = yaml.safe_load(cluster.kubeconfig.read_text())
    host = urlsplit(kubeconfig["clusters"][0]["cluster"]["server"])
    account = tmp_path / "serviceaccount"
    account.mkdir()
    authority = base64.b64decode(kubeconfig["clusters"][0]["cluster"]["certificate-authority-data"])
    (account / "ca.crt").write_bytes(authority)
    (account / "namespace").write_text("sallyport-system")
    (account / "token").write_text(cluster.service_account_token("sallyport-system", "sallyport-operator"))
    port = free_port()
    configuration = tmp_path / "sallyport.yaml"
    configuration.write_text(yaml.safe_dump({**CONFIGURATION, "health": {"listen": f"127.0.0.1:{port}"}}))
    place = "/var/run/secrets/kubernetes.io/serviceaccount"
    # A mount namespace of its own, so that nothing of the machine is touched: /run is new and empty inside.
    script = (
        f"mount -t tmpfs none /run && mkdir -p {place} && mount --bind {shlex.quote(str(account))} {place} && "
        f"exec {shlex.quote(str(BINARY))} operator --config {shlex.quote(str(configuration))}"
    )
    environment = {key: value for key, value in os.environ.items() if key != "KUBECONFIG"}
    environment |= {"KUBERNETES_SERVICE_HOST": host.hostname or "", "KUBERNETES_SERVICE_PORT": str(host.port)}
    log_path = tmp_path / "operator.log"
    with open(log_path, "wb") as log:
        process = subprocess.Popen(
            ["unshare", "--map-root-user", "--mount", "sh", "-c", script], stdout=log, stderr=log, env=environment
        )
    operator = Sallyport(process, log_path, f"http://127.0.0.1:{port}")
    try:
        operator.wait_ready()
        cluster.apply(secret(namespace, "idp", client_id="sallyport", client_secret=CANARY), enterprise_server(namespace, "todo"))
        cluster.wait_reason(namespace, "todo", "ResolvedRefs", "ResolvedRefs")
        (account / "token").write_text(cluster.service_account_token("sallyport-system", "sallyport-operator"))
        cluster.kubectl("delete", "secret", "idp", "-n", namespace)
        cluster.wait_reason(namespace, "todo", "ResolvedRefs", "SecretNotFound")
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0, operator.log()
    assert CANARY not in operator.log()


def test_watching_some_namespaces_asks_for_no_other(cluster: Cluster, namespace: str, run_operator: Run) -> None:
    """T74: with --watch-namespace, rights in that namespace are enough."""
    operator = run_operator("--watch-namespace", namespace)
    operator.wait_ready()
    cluster.apply(enterprise_server(namespace, "seen"))
    cluster.apply(enterprise_server("default", "unseen"))
    cluster.wait_reason(namespace, "seen", "ResolvedRefs", "SecretNotFound")
    assert cluster.conditions("default", "unseen") == {}
    cluster.kubectl("delete", "mcpserver", "unseen", "-n", "default")


def test_a_definition_that_comes_and_goes(cluster: Cluster, namespace: str, run_operator: Run) -> None:
    """T73: without the CRD it waits and says so; when the CRD comes it works, without a restart."""
    cluster.kubectl("delete", "crd", "mcpservers.mcp.giantswarm.io")
    try:
        operator = run_operator()
        wait_for("a readiness report", lambda: operator.fetch("/readyz")[0] == 503 and "mcpservers" in operator.fetch("/readyz")[1])
    finally:
        cluster.kubectl("apply", "--validate=false", "-f", str(ROOT / "crds"))
    operator.wait_ready(90)
    wait_for("the definition", lambda: cluster.kubectl("get", "mcpservers", "-A") is not None)
    cluster.apply(enterprise_server(namespace, "todo"))
    cluster.wait_reason(namespace, "todo", "ResolvedRefs", "SecretNotFound")


def test_revoked_rights_keep_what_was_true(cluster: Cluster, namespace: str, run_operator: Run) -> None:
    operator = run_operator()
    cluster.apply(secret(namespace, "idp", client_id="sallyport", client_secret=CANARY), enterprise_server(namespace, "todo"))
    cluster.wait_reason(namespace, "todo", "ResolvedRefs", "ResolvedRefs")
    before = cluster.get("mcpservers", namespace, "todo")["metadata"]["resourceVersion"]
    cluster.kubectl("delete", "clusterrolebinding", "sallyport-operator")
    try:
        time.sleep(2)
        assert operator.process.poll() is None
        assert cluster.get("mcpservers", namespace, "todo")["metadata"]["resourceVersion"] == before
    finally:
        cluster.kubectl("apply", "--validate=false", "-f", str(ROOT / "deploy/kustomize/base/rbac.yaml"))
    cluster.kubectl("delete", "secret", "idp", "-n", namespace)
    cluster.wait_reason(namespace, "todo", "ResolvedRefs", "SecretNotFound", seconds=60)
