# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""Watches that begin with everything there is: used where the API server has them, and lists where it does not.

What the operator asked for is read in the audit log of an API server of this file's own, whose feature gate WatchList is
set either way.
"""

from __future__ import annotations

import json
import subprocess
import urllib.parse
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
import yaml
from conftest import CANARY, Cluster, Sallyport, api_server, assets, enterprise_server, secret, wait_for

Run = Callable[..., Sallyport]
OPERATOR = "system:serviceaccount:sallyport-system:sallyport-operator"
KINDS = {"mcpservers": "MCPServer", "secrets": "Secret"}
BEGINS_WITH_ALL = {"watch": "true", "sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
POLICY = {
    "apiVersion": "audit.k8s.io/v1", "kind": "Policy",
    "rules": [{"level": "Metadata", "users": [OPERATOR]}, {"level": "None"}],
}

with_watch_lists = pytest.mark.parametrize("cluster", [True], indirect=True, ids=["watch lists on"])
without_watch_lists = pytest.mark.parametrize("cluster", [False], indirect=True, ids=["watch lists off"])


def knows_watch_lists() -> bool:
    """Whether kube-apiserver has the feature gate, which came with 1.27."""
    usage = subprocess.run([assets() / "kube-apiserver", "--help"], capture_output=True, text=True, check=True).stdout
    return "WatchList=true|false" in usage


@pytest.fixture(scope="module")
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """An API server with or without watch lists that writes down what the operator asks of it."""
    known = knows_watch_lists()
    if request.param and not known:
        pytest.skip("this API server is older than 1.27 and cannot begin a watch with everything there is")
    directory = tmp_path_factory.mktemp("watch-list")
    (directory / "policy.yaml").write_text(yaml.safe_dump(POLICY))
    gate = [f"--feature-gates=WatchList={str(request.param).lower()}"] if known else []
    log = [f"--audit-policy-file={directory / 'policy.yaml'}", f"--audit-log-path={directory / 'audit.log'}"]
    with api_server(directory, *gate, *log) as cluster:
        yield cluster


class Audit:
    """What the operator asked of the API server since this was made."""

    def __init__(self, cluster: Cluster) -> None:
        self.path = cluster.directory / "audit.log"
        self.start = len(self.path.read_text().splitlines()) if self.path.exists() else 0

    def requests(self, resource: str, *verbs: str) -> list[dict]:
        """The last record of each such request, in the order of their beginnings."""
        last: dict[str, dict] = {}
        for line in self.path.read_text().splitlines()[self.start:]:
            record = json.loads(line)
            if record.get("objectRef", {}).get("resource") == resource and record["verb"] in verbs:
                last[record["auditID"]] = record
        return list(last.values())

    def streams(self, resource: str) -> list[dict]:
        """The watches that asked for everything there is."""
        return [watch for watch in self.requests(resource, "watch") if "sendInitialEvents" in watch["requestURI"]]

    def writes(self) -> list[str]:
        """All that was written but for events and leases, which are no state of a server."""
        records = map(json.loads, self.path.read_text().splitlines()[self.start:])
        written = [record for record in records if record["verb"] in ("create", "update", "patch", "delete")]
        return [record["requestURI"] for record in written if record["objectRef"]["resource"] not in ("events", "leases")]


def server_metric(cluster: Cluster, name: str, **labels: str) -> float:
    """The sum of the API server's series of that name that have these labels."""
    total = 0.0
    for line in cluster.kubectl("get", "--raw", "/metrics").splitlines():
        series, _, value = line.rpartition(" ")
        if series.split("{")[0] == name and all(f'{key}="{want}"' in series for key, want in labels.items()):
            total += float(value)
    return total


def when(record: dict, field: str) -> datetime:
    return datetime.fromisoformat(record[field].replace("Z", "+00:00"))


def start_with_two_servers(cluster: Cluster, namespace: str, run_operator: Run) -> Sallyport:
    """An operator that finds two servers and a Secret, and has judged both."""
    cluster.apply(secret(namespace, "idp", client_id="sallyport", client_secret=CANARY))
    cluster.apply(*(enterprise_server(namespace, name) for name in ("one", "two")))
    operator = run_operator()
    operator.wait_ready()
    for name in ("one", "two"):
        cluster.wait_reason(namespace, name, "ResolvedRefs", "ResolvedRefs")
    return operator


@with_watch_lists
def test_the_server_marks_where_what_there_is_ends(cluster: Cluster, namespace: str) -> None:
    """The control: on the wire, one such watch has both servers, and then the bookmark that says that these are all."""
    cluster.apply(*(enterprise_server(namespace, name) for name in ("one", "two")))
    query = urllib.parse.urlencode({**BEGINS_WITH_ALL, "timeoutSeconds": "1"})
    text = cluster.kubectl("get", "--raw", f"/apis/mcp.giantswarm.io/v1alpha1/namespaces/{namespace}/mcpservers?{query}")
    events = [json.loads(line) for line in text.splitlines()]
    assert [event["type"] for event in events[:3]] == ["ADDED", "ADDED", "BOOKMARK"]
    assert events[2]["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"] == "true"


@with_watch_lists
def test_what_there_is_comes_by_one_stream_and_without_a_list(cluster: Cluster, namespace: str, run_operator: Run) -> None:
    """T06: each kind is read by one watch that begins with all there is, which then goes on; nothing is listed."""
    audit = Audit(cluster)
    lists = {resource: server_metric(cluster, "apiserver_request_total", verb="LIST", resource=resource) for resource in KINDS}
    complete = {
        resource: server_metric(cluster, "apiserver_watch_list_duration_seconds_count", resource=resource) for resource in KINDS
    }
    operator = start_with_two_servers(cluster, namespace, run_operator)
    # A change arrives by the same stream.
    cluster.kubectl("delete", "secret", "idp", "-n", namespace)
    cluster.wait_reason(namespace, "one", "ResolvedRefs", "SecretNotFound")
    for resource, kind in KINDS.items():
        watches = audit.requests(resource, "watch")
        assert len(watches) == 1, watches
        assert watches[0]["responseStatus"]["code"] == 200
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(watches[0]["requestURI"]).query))
        assert query.items() >= BEGINS_WITH_ALL.items()
        assert not audit.requests(resource, "list")
        assert server_metric(cluster, "apiserver_request_total", verb="LIST", resource=resource) == lists[resource]
        # The API server counts a stream here once it has sent the bookmark that ends what there is.
        sent = server_metric(cluster, "apiserver_watch_list_duration_seconds_count", resource=resource)
        assert sent == complete[resource] + 1
        assert operator.metric("reflector_synced", kind=kind) == 1
        assert operator.metric("reflector_lists_total", kind=kind) == 1
        assert operator.metric("reflector_watches_total", kind=kind) == 1
        assert operator.metric("reflector_watch_restarts_total", kind=kind) == 0


@with_watch_lists
def test_a_restart_on_streams_writes_nothing(cluster: Cluster, namespace: str, run_operator: Run) -> None:
    """T35: what a new process reads by streams is what the last one left, so nothing is written."""
    first = start_with_two_servers(cluster, namespace, run_operator)
    before = cluster.get("mcpservers", namespace, "one")["metadata"]["resourceVersion"]
    assert first.stop() == 0, first.log()
    audit = Audit(cluster)
    second = run_operator()
    second.wait_ready()
    wait_for("reconciles", lambda: second.metric("controller_runtime_reconcile_total", result="success") >= 2)
    assert [len(audit.streams(resource)) for resource in KINDS] == [1, 1]
    assert [audit.requests(resource, "list") for resource in KINDS] == [[], []]
    assert audit.writes() == []
    assert second.metric("rest_client_requests_total", method="PATCH") == 0
    assert cluster.get("mcpservers", namespace, "one")["metadata"]["resourceVersion"] == before


@without_watch_lists
def test_a_server_that_refuses_streams_is_listed_within_a_second(cluster: Cluster, namespace: str, run_operator: Run) -> None:
    """T07: each kind is asked for once by a stream, which is refused, and then read by a list and a plain watch."""
    audit = Audit(cluster)
    start_with_two_servers(cluster, namespace, run_operator)
    cluster.kubectl("delete", "secret", "idp", "-n", namespace)
    cluster.wait_reason(namespace, "one", "ResolvedRefs", "SecretNotFound")
    for resource in KINDS:
        refused, watch = audit.requests(resource, "watch")
        assert "sendInitialEvents=true" in refused["requestURI"] and refused["responseStatus"]["code"] == 422
        assert "sendInitialEvents" not in watch["requestURI"]
        (listed,) = audit.requests(resource, "list")
        assert listed["responseStatus"]["code"] == 200
        pause = when(listed, "requestReceivedTimestamp") - when(refused, "requestReceivedTimestamp")
        assert pause.total_seconds() < 1
