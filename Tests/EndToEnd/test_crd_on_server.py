# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""The CRD on a real API server: the same table of cases, and what people see of the resource."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from conftest import Cluster
from test_crd_rules import CASES, spec_of


@pytest.fixture(scope="module")
def evaluates_cel(cluster: Cluster) -> bool:
    """CEL rules came with 1.25 and are dropped from the CRD by older servers."""
    version = json.loads(cluster.kubectl("version", "-o", "json"))["serverVersion"]
    return (int(version["major"]), int(re.match(r"\d+", version["minor"]).group())) >= (1, 25)


def test_the_crd_is_established_without_complaint(cluster: Cluster) -> None:
    crd = cluster.get("customresourcedefinitions", "", "mcpservers.mcp.giantswarm.io")
    conditions = {condition["type"]: condition for condition in crd["status"]["conditions"]}
    assert conditions["Established"]["status"] == "True"
    assert conditions["NamesAccepted"]["status"] == "True"
    assert conditions.get("NonStructuralSchema", {}).get("status") != "True"


def test_the_server_refuses_exactly_what_the_table_says(cluster: Cluster, evaluates_cel: bool, namespace: str) -> None:
    manifests, refused = [], set()
    for number, case in enumerate(CASES.values()):
        name = f"case-{number}"
        if not evaluates_cel and '""' in json.dumps(spec_of(case)):
            continue  # A 1.20 server built with Go 1.16 or later takes an empty string for null.
        manifests.append(
            {
                "apiVersion": "mcp.giantswarm.io/v1alpha1", "kind": "MCPServer",
                "metadata": {"name": name, "namespace": namespace}, "spec": spec_of(case),
            }
        )
        if case.get("schemaRejects") or (evaluates_cel and case.get("celRejects")):
            refused.add(name)
    output = cluster.kubectl(
        "create", "--dry-run=server", "--validate=false", "-o", "name", "-f", "-", stdin=yaml.safe_dump_all(manifests), check=False
    )
    created = set(re.findall(r"^mcpserver\.mcp\.giantswarm\.io/(case-\d+)", output, re.MULTILINE))
    everything = {manifest["metadata"]["name"] for manifest in manifests}
    wrong = {name: list(CASES)[int(name.removeprefix("case-"))] for name in (everything - created) ^ refused}
    assert not wrong, output


def test_every_refusal_of_cel_is_explained_by_its_message(cluster: Cluster, evaluates_cel: bool, namespace: str) -> None:
    if not evaluates_cel:
        pytest.skip("this API server is older than 1.25 and knows no CEL rules")
    for case in CASES.values():
        for message in case.get("celRejects", []):
            manifest = {
                "apiVersion": "mcp.giantswarm.io/v1alpha1", "kind": "MCPServer",
                "metadata": {"name": "case", "namespace": namespace}, "spec": spec_of(case),
            }
            output = cluster.kubectl("create", "--dry-run=server", "-f", "-", stdin=yaml.safe_dump(manifest), check=False)
            assert message in output


def test_unknown_fields_are_pruned_and_short_names_work(cluster: Cluster, namespace: str) -> None:
    cluster.apply(
        {
            "apiVersion": "mcp.giantswarm.io/v1alpha1", "kind": "MCPServer",
            "metadata": {"name": "todo", "namespace": namespace},
            "spec": {
                "type": "streamable-http", "url": "https://mcp.todo.example/mcp", "uri": "misspelt",
                "meta": {"free": {"form": 1}}, "auth": {"type": "oauth", "bearer": "misspelt"},
            },
        }
    )
    spec = json.loads(cluster.kubectl("get", "mcps", "-n", namespace, "todo", "-o", "json"))["spec"]
    assert "uri" not in spec and spec["auth"] == {"type": "oauth"} and spec["meta"] == {"free": {"form": 1}}
    header = cluster.kubectl("get", "mcp", "-n", namespace).splitlines()[0].split()
    assert header == ["NAME", "URL", "AUTH", "READY", "REASON", "PROGRAMMED", "AGE"]


@pytest.mark.parametrize("field", ["spec", "spec.auth.enterpriseIdP.mcpAuthServerClient.sendResource", "status.conditions"])
def test_kubectl_explains_every_level(cluster: Cluster, field: str) -> None:
    text = cluster.kubectl("explain", f"mcpservers.{field}")
    assert "DESCRIPTION:" in text and "<empty>" not in text
