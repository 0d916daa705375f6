# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""What kubectl makes of each scalar form, read back from a real API server, is what our own reader makes of it.

`Tests/Fixtures/yaml-scalars.json` is what the Swift tests compare our reader with; this compares it with the cluster.
"""

from __future__ import annotations

import json
from pathlib import Path

from conftest import Cluster, wait_for

FIXTURES = Path(__file__).resolve().parents[1] / "Fixtures"


def as_kubectl_rounds(value: object) -> object:
    """kubectl turns integers beyond 64 bits with a sign into floating point; ours stay exact, on purpose."""
    if isinstance(value, dict):
        return {key: as_kubectl_rounds(member) for key, member in value.items()}
    if isinstance(value, list):
        return [as_kubectl_rounds(element) for element in value]
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        return float(value)
    return value


def test_every_scalar_form_reads_as_in_the_cluster(cluster: Cluster, namespace: str) -> None:
    cluster.apply({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "scalars.test.sallyport.example"},
        "spec": {
            "group": "test.sallyport.example", "scope": "Namespaced",
            "names": {"kind": "Scalars", "plural": "scalars", "singular": "scalars", "listKind": "ScalarsList"},
            "versions": [{
                "name": "v1", "served": True, "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }],
        },
    })
    wait_for("the definition", lambda: cluster.kubectl("get", "scalars.test.sallyport.example", "-A") is not None)
    expected = json.loads((FIXTURES / "yaml-scalars.json").read_text(encoding="utf-8"))
    values = expected["spec"]["values"]
    assert len(values) >= 120
    # The fixture is indented text; only its header is replaced, so that every scalar reaches kubectl as it stands.
    text = (FIXTURES / "yaml-scalars.yaml").read_text(encoding="utf-8")
    body = text[text.index("\nspec:"):]
    header = f"apiVersion: test.sallyport.example/v1\nkind: Scalars\nmetadata:\n  name: all\n  namespace: {namespace}"
    cluster.kubectl("create", "--validate=false", "-f", "-", stdin=header + body)
    stored = as_kubectl_rounds(cluster.get("scalars.test.sallyport.example", namespace, "all")["spec"]["values"])
    wanted = as_kubectl_rounds(values)
    wrong = {key: (stored.get(key), wanted[key]) for key in wanted if stored.get(key) != wanted[key]}
    assert not wrong, f"form: (in the cluster, ours): {wrong}"
    assert set(stored) == {key for key in wanted}
