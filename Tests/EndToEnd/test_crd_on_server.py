# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""The CRD on a real API server: the same table of cases, and what people see of the resource."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from conftest import ROOT, Cluster
from test_crd_rules import CASES, SCHEMA, all_rules, evaluations, spec_of

MESSAGES = [rule["message"] for rule in all_rules()]
REFUSED = r'^[^\n]*MCPServer\S* "(case-\d+)" is invalid:'
REFUSAL = re.compile(rf"{REFUSED}(.*?)(?={REFUSED}|\Z)", re.MULTILINE | re.DOTALL)
CREATED = re.compile(r"^mcpserver\.mcp\.giantswarm\.io/(case-\d+)", re.MULTILINE)


@pytest.fixture(scope="module")
def evaluates_cel(cluster: Cluster) -> bool:
    """CEL rules came with 1.25 and are dropped from the CRD by older servers."""
    return cluster.version() >= (1, 25)


@pytest.fixture(scope="module")
def refusals(cluster: Cluster, evaluates_cel: bool) -> dict[str, str | None]:
    """The server's words for each case that it refuses, and None for one that it takes."""
    cases = dict(CASES)
    if not evaluates_cel:
        # A 1.20 server built with Go 1.16 or later takes an empty string for null.
        cases = {name: case for name, case in CASES.items() if '""' not in json.dumps(spec_of(case))}
    names = {f"case-{number}": name for number, name in enumerate(cases)}
    manifests = [
        {
            "apiVersion": "mcp.giantswarm.io/v1alpha1", "kind": "MCPServer",
            "metadata": {"name": short, "namespace": "default"}, "spec": spec_of(CASES[name]),
        }
        for short, name in names.items()
    ]
    # From 1.25 on the server checks the fields too; before, kubectl would do it and keep refusals from the server.
    validation = [] if evaluates_cel else ["--validate=false"]
    output = cluster.kubectl(
        "create", "--dry-run=server", *validation, "-o", "name", "-f", "-", stdin=yaml.safe_dump_all(manifests), check=False
    )
    found: dict[str, str | None] = {names[short]: words for short, words, *_ in REFUSAL.findall(output)}
    found |= {names[short]: None for short in CREATED.findall(output)}
    assert found.keys() == cases.keys(), output
    return found


def test_the_crd_is_established_without_complaint(cluster: Cluster) -> None:
    crd = cluster.get("customresourcedefinitions", "", "mcpservers.mcp.giantswarm.io")
    conditions = {condition["type"]: condition for condition in crd["status"]["conditions"]}
    assert conditions["Established"]["status"] == "True"
    assert conditions["NamesAccepted"]["status"] == "True"
    assert conditions.get("NonStructuralSchema", {}).get("status") != "True"


def test_the_server_refuses_exactly_what_the_table_says(evaluates_cel: bool, refusals: dict[str, str | None]) -> None:
    for name, words in refusals.items():
        refused = bool(CASES[name].get("schemaRejects") or (evaluates_cel and CASES[name].get("celRejects")))
        assert refused == (words is not None), f"{name}: {words}"


def test_every_rule_decides_on_the_server_as_it_does_in_cel_python(
    evaluates_cel: bool, refusals: dict[str, str | None]
) -> None:
    """Each case meets the same rules with the same outcome in both, and each rule takes one case and refuses another."""
    if not evaluates_cel:
        pytest.skip("this API server is older than 1.25 and knows no CEL rules")
    taking, refusing = set(), set()
    for name, words in refusals.items():
        if CASES[name].get("schemaRejects"):
            continue  # The server evaluates no rule on what its schema refuses.
        verdicts = dict(evaluations(spec_of(CASES[name]), SCHEMA["properties"]["spec"]))
        expected = {message for message, verdict in verdicts.items() if not verdict}
        assert {message for message in MESSAGES if message in (words or "")} == expected, f"{name}: {words}"
        assert (words is not None) == bool(expected), f"{name}: {words}"
        refusing |= expected
        if words is None:
            taking |= verdicts.keys()
    assert taking == refusing == set(MESSAGES)


def test_what_is_shipped_is_taken_without_a_warning(cluster: Cluster, evaluates_cel: bool) -> None:
    """Neither the definition nor a manifest of deploy/ has a field that the server does not know or advises against."""
    if not evaluates_cel:
        pytest.skip("this API server is older than 1.25 and does not check fields")
    strictly = ["apply", "--dry-run=server", "--validate=strict", "--warnings-as-errors"]
    cluster.kubectl(*strictly, "-f", str(ROOT / "crds"))
    for folder in ("base", "overlays/kind", "overlays/namespaces", "watched-namespace"):
        cluster.kubectl(*strictly, "-k", str(ROOT / "deploy/kustomize" / folder))


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
