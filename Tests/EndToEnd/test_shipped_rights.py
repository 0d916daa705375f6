# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""What the shipped service accounts may do on a real API server, and what not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from conftest import Cluster, operator_kubeconfig

NAMESPACE = "sallyport-system"


def can(cluster: Cluster, account: str, verb: str, resource: str, namespace: str = NAMESPACE) -> bool:
    user = f"system:serviceaccount:{NAMESPACE}:{account}"
    answer = cluster.kubectl("auth", "can-i", verb, resource, "-n", namespace, f"--as={user}", check=False)
    return answer.split()[0] == "yes"


@pytest.mark.parametrize(
    ("verb", "resource"),
    [
        ("create", "tokenreviews.authentication.k8s.io"),
        ("create", "leases.coordination.k8s.io"),
        ("update", "leases.coordination.k8s.io/sallyport-operator"),
        ("watch", "leases.coordination.k8s.io/sallyport-operator"),
        ("create", "secrets/sallyport-operator-tls"),
        ("patch", "secrets/sallyport-operator-tls"),
        ("create", "configmaps/sallyport-operator-ca"),
        ("patch", "configmaps/sallyport-operator-ca"),
    ],
)
def test_the_operator_may_do_what_it_needs(cluster: Cluster, verb: str, resource: str) -> None:
    assert can(cluster, "sallyport-operator", verb, resource)


@pytest.mark.parametrize(
    ("verb", "resource", "namespace"),
    [
        ("create", "secrets", NAMESPACE),
        ("create", "secrets/another", NAMESPACE),
        ("patch", "secrets/another", NAMESPACE),
        ("delete", "secrets/sallyport-operator-tls", NAMESPACE),
        ("patch", "secrets/sallyport-operator-tls", "default"),
        ("patch", "configmaps/sallyport", NAMESPACE),
        ("update", "leases.coordination.k8s.io/another", NAMESPACE),
        ("create", "leases.coordination.k8s.io", "default"),
        ("update", "mcpservers.mcp.giantswarm.io", NAMESPACE),
        ("create", "serviceaccounts/sallyport-gateway/token", NAMESPACE),
    ],
)
def test_the_operator_may_not_do_more(cluster: Cluster, verb: str, resource: str, namespace: str) -> None:
    assert not can(cluster, "sallyport-operator", verb, resource, namespace)


@pytest.mark.parametrize("resource", ["secrets", "mcpservers.mcp.giantswarm.io", "tokenreviews.authentication.k8s.io"])
@pytest.mark.parametrize("verb", ["get", "create"])
def test_the_gateway_may_do_nothing(cluster: Cluster, verb: str, resource: str) -> None:
    assert not can(cluster, "sallyport-gateway", verb, resource)


def test_the_certificates_secret_is_made_and_filled_as_the_operator_does_it(cluster: Cluster, tmp_path: Path) -> None:
    """An apply makes it under its own name alone, a patch that names a version fills it, and a second apply keeps that."""
    kubeconfig = operator_kubeconfig(cluster, tmp_path)

    def kubectl(*arguments: str, stdin: str | None = None, check: bool = True) -> str:
        return cluster.kubectl(*arguments, f"--kubeconfig={kubeconfig}", stdin=stdin, check=check)

    def apply(name: str, check: bool = True) -> str:
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": NAMESPACE}}
        arguments = ("apply", "--server-side", "--force-conflicts", "--validate=false", "--field-manager=sallyport-operator", "-f", "-")
        return kubectl(*arguments, stdin=yaml.safe_dump(body), check=check)

    name = "sallyport-operator-tls"
    cluster.kubectl("delete", "secret", name, "-n", NAMESPACE, "--ignore-not-found")
    assert "forbidden" in apply("another", check=False)
    apply(name)
    version = cluster.get("secret", NAMESPACE, name)["metadata"]["resourceVersion"]
    patch = json.dumps({"metadata": {"resourceVersion": version}, "data": {"probe": "YQ==", "absent": None}})
    fill = ("patch", "secret", name, "-n", NAMESPACE, "--type=merge", "-p", patch)
    kubectl(*fill)
    assert "modified" in kubectl(*fill, check=False), "the second writer of a version is refused"
    apply(name)
    assert cluster.get("secret", NAMESPACE, name)["data"] == {"probe": "YQ=="}
    cluster.kubectl("delete", "secret", name, "-n", NAMESPACE)
