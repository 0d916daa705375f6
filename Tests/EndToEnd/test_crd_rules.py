# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""The rules of the CRD, evaluated outside an API server on the same table of cases that the Swift validator answers.

cel-python compiles and evaluates the CEL rules. The OpenAPI keywords that the CRD uses are few, so they are checked here
by hand; a keyword that this file does not know fails, instead of passing unchecked.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import celpy
import celpy.celtypes
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
VERSION = yaml.safe_load((ROOT / "crds/mcpservers.yaml").read_text())["spec"]["versions"][0]
SCHEMA = VERSION["schema"]["openAPIV3Schema"]
TABLE = yaml.safe_load((ROOT / "Tests/Fixtures/mcpserver-cases.yaml").read_text())
CASES = {case["name"]: case for case in TABLE["cases"]}

KNOWN = {
    "description", "type", "format", "properties", "additionalProperties", "required", "items", "enum", "pattern",
    "minLength", "maxLength", "minimum", "maximum", "maxItems", "maxProperties", "x-kubernetes-validations",
    "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type", "x-kubernetes-preserve-unknown-fields",
}
TYPES = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list}


def merge(target: object, patch: object) -> object:
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result


def spec_of(case: dict) -> dict:
    if "spec" in case:
        return case["spec"]
    return merge(copy.deepcopy(TABLE["bases"][case["base"]]), case.get("change", {}))  # type: ignore[return-value]


def schema_nodes(schema: dict, path: str = "") -> Iterator[tuple[str, dict]]:
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from schema_nodes(child, f"{path}.{name}".lstrip("."))
    if "items" in schema:
        yield from schema_nodes(schema["items"], f"{path}[]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from schema_nodes(schema["additionalProperties"], f"{path}.*")


def refusals(value: object, schema: dict, path: str) -> Iterator[str]:
    """The paths of all values that the schema refuses."""
    kind = TYPES[schema["type"]]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        yield path
        return
    if "enum" in schema and value not in schema["enum"]:
        yield path
    if isinstance(value, str):
        # Go's `$` is the end of the text, as Python's `\Z` is.
        pattern = re.sub(r"\$$", r"\\Z", schema.get("pattern", ""))
        if not re.search(pattern, value) or not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 1 << 30):
            yield path
    elif isinstance(value, dict):
        if len(value) > schema.get("maxProperties", 1 << 30) or any(name not in value for name in schema.get("required", [])):
            yield path
        for name, member in value.items():
            child = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
            if child:
                yield from refusals(member, child, f"{path}.{name}")
            else:
                assert schema.get("x-kubernetes-preserve-unknown-fields"), f"{path}.{name} is in no schema"
    elif isinstance(value, list):
        is_set = schema["x-kubernetes-list-type"] == "set"
        if len(value) > schema["maxItems"] or (is_set and len(set(value)) < len(value)):
            yield path
        for position, item in enumerate(value):
            yield from refusals(item, schema["items"], f"{path}[{position}]")
    elif isinstance(value, int) and not isinstance(value, bool) and not schema["minimum"] <= value <= schema["maximum"]:
        yield path


@cache
def program(rule: str) -> celpy.Runner:
    environment = celpy.Environment()
    return environment.program(environment.compile(rule))


def evaluations(value: object, schema: dict) -> Iterator[tuple[str, bool]]:
    """The message and verdict of every rule on every object that is there."""
    for rule in schema.get("x-kubernetes-validations", []):
        verdict = program(rule["rule"]).evaluate({"self": celpy.json_to_cel(value)})
        assert isinstance(verdict, celpy.celtypes.BoolType), f"{rule['rule']} gave {verdict!r}"
        yield rule["message"], bool(verdict)
    if isinstance(value, dict):
        for name, child in schema.get("properties", {}).items():
            if name in value:
                yield from evaluations(value[name], child)


def all_rules() -> list[dict]:
    return [rule for _, node in schema_nodes(SCHEMA) for rule in node.get("x-kubernetes-validations", [])]


@pytest.mark.parametrize("name", CASES)
def test_case_gets_the_verdict_of_the_table(name: str) -> None:
    case = CASES[name]
    spec = spec_of(case)
    assert sorted(set(refusals(spec, SCHEMA["properties"]["spec"], "spec"))) == sorted(case.get("schemaRejects", []))
    if not case.get("schemaRejects"):
        rejecting = [message for message, verdict in evaluations(spec, SCHEMA["properties"]["spec"]) if not verdict]
        assert rejecting == case.get("celRejects", [])


@pytest.mark.parametrize("name", CASES)
def test_the_code_refuses_all_that_the_crd_refuses(name: str) -> None:
    case = CASES[name]
    refused = bool(case.get("schemaRejects") or case.get("celRejects"))
    assert not (refused and case["valid"])
    assert case["valid"] != ("codeReason" in case), "codeReason belongs to invalid cases, and to all of them"


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule["message"])
def test_every_rule_accepts_and_rejects(rule: dict) -> None:
    accepting, rejecting = [], []
    for name, case in CASES.items():
        if case.get("schemaRejects"):
            continue
        for message, verdict in evaluations(spec_of(case), SCHEMA["properties"]["spec"]):
            if message == rule["message"]:
                (accepting if verdict and case["valid"] else rejecting if not verdict else []).append(name)
    assert accepting, "no valid case reaches this rule"
    assert rejecting, "no case is refused by this rule"


def test_rules_have_messages_of_their_own() -> None:
    messages = [rule["message"] for rule in all_rules()]
    assert messages and len(set(messages)) == len(messages)


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule["message"])
def test_rules_use_the_core_language_only(rule: dict) -> None:
    text = re.sub(r"'[^']*'", "''", rule["rule"])
    assert set(re.findall(r"(\w+)\(", text)) <= {"has", "size", "filter", "exists", "all"}
    assert "oldSelf" not in text


@pytest.mark.parametrize("path,node", list(schema_nodes(SCHEMA)), ids=lambda value: value if isinstance(value, str) else "")
def test_every_node_is_described_bounded_and_structural(path: str, node: dict) -> None:
    assert set(node) <= KNOWN, f"{path} has {set(node) - KNOWN}, which this file does not check"
    assert node["type"] in TYPES
    if path == "metadata":
        assert set(node) == {"type"}, "the API server describes metadata itself and allows nothing else here"
        return
    assert len(node["description"]) >= 10
    assert node["description"].strip().endswith("."), f"{path}: a description is sentences"
    assert "default" not in node
    if path in ("apiVersion", "kind"):
        return
    if node["type"] == "string":
        assert "maxLength" in node or "enum" in node
        if "pattern" in node:
            assert node["pattern"].startswith("^") and node["pattern"].endswith("$")
            assert "(?" not in node["pattern"] and "\\b" not in node["pattern"]
            re.compile(node["pattern"])
    if node["type"] == "integer":
        assert "minimum" in node and "maximum" in node and node["format"] in ("int32", "int64")
    if node["type"] == "array":
        assert "maxItems" in node and node["x-kubernetes-list-type"] in ("map", "set", "atomic")
        if node["x-kubernetes-list-type"] == "map":
            assert set(node["x-kubernetes-list-map-keys"]) <= set(node["items"]["required"])
    if node["type"] == "object":
        assert ("properties" in node) != ("maxProperties" in node), "an object has named fields or a bound"
