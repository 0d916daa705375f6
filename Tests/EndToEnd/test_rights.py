# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""What the operator does with few rights, and with fewer than it had, on a real API server."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from conftest import (
    CANARY, ROOT, Cluster, Sallyport, enterprise_server, free_port, operator_kubeconfig, secret, wait_for,
)
from route_stream import Gateway

Run = Callable[..., Sallyport]
KUSTOMIZE = ROOT / "deploy/kustomize"
RBAC = "rbac.authorization.k8s.io/v1"
GRANTS = "referencegrants.gateway.networking.k8s.io"


def shipped_rules() -> list[dict]:
    documents = yaml.safe_load_all((KUSTOMIZE / "base/rbac.yaml").read_text())
    return next(document for document in documents if document["kind"] == "ClusterRole")["rules"]


def rules_with(secrets: list[str]) -> list[dict]:
    """The shipped rules, but for what may be done with Secrets."""
    others = [rule for rule in shipped_rules() if rule["resources"] != ["secrets"]]
    return others + ([{"apiGroups": [""], "resources": ["secrets"], "verbs": secrets}] if secrets else [])


@pytest.fixture
def account(cluster: Cluster, namespace: str) -> Iterator[Callable[[list[str]], None]]:
    """A service account `account`; calling the fixture gives it the shipped rights with other verbs for Secrets."""
    cluster.kubectl("create", "serviceaccount", "account", "-n", namespace)

    def grant(verbs: list[str]) -> None:
        cluster.apply({"apiVersion": RBAC, "kind": "ClusterRole", "metadata": {"name": namespace}, "rules": rules_with(verbs)})

    grant(["get", "list", "watch"])
    cluster.kubectl("create", "clusterrolebinding", namespace, f"--clusterrole={namespace}", f"--serviceaccount={namespace}:account")
    yield grant
    cluster.kubectl("delete", "clusterrolebinding,clusterrole", namespace)


def account_kubeconfig(cluster: Cluster, namespace: str, directory: Path) -> Path:
    return operator_kubeconfig(cluster, directory, cluster.service_account_token(namespace, "account"))


def test_secrets_that_may_not_be_read_from_the_start(
    cluster: Cluster, namespace: str, run_operator: Run, account: Callable[[list[str]], None], tmp_path: Path
) -> None:
    account(["list", "watch"])
    run_operator("--watch-namespace", namespace, kubeconfig=account_kubeconfig(cluster, namespace, tmp_path))
    cluster.apply(secret(namespace, "idp", client_id="sallyport", client_secret=CANARY), enterprise_server(namespace, "todo"))
    denied = cluster.wait_reason(namespace, "todo", "ResolvedRefs", "SecretAccessDenied")
    assert denied["status"] == "Unknown"


def test_a_reread_that_is_refused_later_keeps_the_route(
    cluster: Cluster, namespace: str, run_operator: Run, account: Callable[[list[str]], None], tmp_path: Path
) -> None:
    operator = run_operator("--watch-namespace", namespace, kubeconfig=account_kubeconfig(cluster, namespace, tmp_path))
    cluster.apply(secret(namespace, "idp", client_id="sallyport", client_secret=CANARY), enterprise_server(namespace, "todo"))
    cluster.wait_reason(namespace, "todo", "ResolvedRefs", "ResolvedRefs")
    account(["list", "watch"])
    wait_for("the revocation", lambda: not may(cluster, namespace, "get"))
    cluster.apply(secret(namespace, "idp", client_id="sallyport", client_secret=CANARY + "-next"))
    denied = cluster.wait_reason(namespace, "todo", "ResolvedRefs", "SecretAccessDenied")
    assert denied["status"] == "Unknown" and "forbidden" in denied["message"], denied
    assert operator.metric("sallyport_routes") == 1
    assert operator.metric("sallyport_route_withdrawals_total") == 0
    account(["get", "list", "watch"])
    cluster.wait_reason(namespace, "todo", "ResolvedRefs", "ResolvedRefs", seconds=60)
    assert operator.metric("sallyport_routes") == 1


def test_a_watch_of_secrets_that_is_refused_later_shows_everywhere(
    cluster: Cluster, namespace: str, run_operator: Run, account: Callable[[list[str]], None], tmp_path: Path
) -> None:
    operator = run_operator("--watch-namespace", namespace, kubeconfig=account_kubeconfig(cluster, namespace, tmp_path))
    cluster.apply(secret(namespace, "idp", client_id="sallyport", client_secret=CANARY), enterprise_server(namespace, "todo"))
    cluster.wait_reason(namespace, "todo", "ResolvedRefs", "ResolvedRefs")
    account([])
    wait_for("the revocation", lambda: not may(cluster, namespace, "watch"))
    # The API server asks for rights when a watch begins; this ends the one that is open.
    cluster.restart_apiserver()
    denied = cluster.wait_reason(namespace, "todo", "ResolvedRefs", "SecretAccessDenied", seconds=90)
    assert denied["status"] == "Unknown", denied

    def reported() -> bool:
        status, text = operator.fetch("/readyz")
        return status == 200 and "secrets" in text and "forbidden" in text

    wait_for("the problem in /readyz", reported)
    assert "Could not follow the API server" in operator.log()
    assert operator.metric("reflector_synced", kind="Secret") == 0
    assert operator.metric("sallyport_routes") == 1
    assert operator.metric("sallyport_route_withdrawals_total") == 0
    account(["get", "list", "watch"])
    cluster.wait_reason(namespace, "todo", "ResolvedRefs", "ResolvedRefs", seconds=90)
    wait_for("an end of the problem in /readyz", lambda: "forbidden" not in operator.fetch("/readyz")[1])


def test_a_restart_without_the_right_to_read_secrets_takes_no_route_away(
    cluster: Cluster, namespace: str, run_operator: Run, account: Callable[[list[str]], None], tmp_path: Path
) -> None:
    certificate, key, port = tmp_path / "tls.crt", tmp_path / "tls.key", free_port()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )
    publication = {
        "listen": f"127.0.0.1:{port}", "certificateFile": str(certificate), "privateKeyFile": str(key),
        "audience": "sallyport-operator", "serviceAccounts": ["sallyport-system/sallyport-gateway"],
    }

    def start() -> Sallyport:
        kubeconfig = account_kubeconfig(cluster, namespace, tmp_path)
        return run_operator(
            "--watch-namespace", namespace, kubeconfig=kubeconfig, configuration={"publication": publication}
        )

    def read(routes: dict[str, dict] | None = None) -> Gateway:
        token = cluster.service_account_token("sallyport-system", "sallyport-gateway", audience="sallyport-operator")
        reader = Gateway(port, token, certificate, "gateway-1", routes=routes)
        assert reader.synced.wait(30), "no table"
        return reader

    cluster.apply(secret(namespace, "idp", client_id="sallyport", client_secret=CANARY), enterprise_server(namespace, "todo"))
    operator = start()
    cluster.wait_reason(namespace, "todo", "Programmed", "NoGateway")
    before = read()
    cluster.wait_reason(namespace, "todo", "Ready", "Ready")
    assert list(before.routes) == [f"{namespace}/todo"]
    operator.stop()
    before.stop()
    account([])
    wait_for("the revocation", lambda: not may(cluster, namespace, "list"))
    start()
    cluster.wait_reason(namespace, "todo", "ResolvedRefs", "SecretAccessDenied", seconds=60)
    after = read(before.routes)
    assert after.kinds[:3] == ["RESET", "KEEP", "SYNCED"]
    assert after.routes == before.routes
    # It is served as before, and nothing says otherwise.
    conditions = {found["type"]: found["reason"] for found in cluster.get("mcpservers", namespace, "todo")["status"]["conditions"]}
    assert conditions["Programmed"] == "Published", conditions
    account(["get", "list", "watch"])
    cluster.wait_reason(namespace, "todo", "Ready", "Ready", seconds=90)
    wait_for("the route", lambda: "PUT" in after.kinds)
    after.stop()


def may(cluster: Cluster, namespace: str, verb: str) -> bool:
    account = f"--as=system:serviceaccount:{namespace}:account"
    return cluster.kubectl("auth", "can-i", verb, "secrets", "-n", namespace, account, check=False).strip().startswith("yes")


def test_roles_alone_are_enough_for_two_namespaces(cluster: Cluster, namespace: str, run_operator: Run) -> None:
    """T74: the shipped Role in each watched namespace is all that an operator of two namespaces needs."""
    other, foreign = f"{namespace}-b"[:63], f"{namespace}-c"[:63]
    for extra in (other, foreign):
        cluster.kubectl("create", "namespace", extra)
    cluster.kubectl("delete", "clusterrolebinding", "sallyport-operator")
    try:
        for watched in (namespace, other):
            cluster.kubectl("apply", "--validate=false", "-n", watched, "-k", str(KUSTOMIZE / "watched-namespace"))
        operator = run_operator("--watch-namespace", namespace, "--watch-namespace", other)
        operator.wait_ready()
        for place in (namespace, other, foreign):
            cluster.apply(secret(place, "idp", client_id="sallyport", client_secret=CANARY), enterprise_server(place, "todo"))
        for watched in (namespace, other):
            cluster.wait_reason(watched, "todo", "ResolvedRefs", "ResolvedRefs")
            cluster.kubectl("delete", "secret", "idp", "-n", watched)
            cluster.wait_reason(watched, "todo", "ResolvedRefs", "SecretNotFound")

            def told(watched: str = watched) -> bool:
                events = json.loads(cluster.kubectl("get", "events.v1.events.k8s.io", "-n", watched, "-o", "json"))["items"]
                return any(event["reason"] == "SecretNotFound" for event in events)

            wait_for("the event", told)
        shared_secret_needs_a_grant(cluster, namespace, other)
        assert cluster.conditions(foreign, "todo") == {}
        assert operator.fetch("/readyz")[0] == 200
        assert "forbidden" not in operator.fetch("/readyz")[1] + operator.log()
    finally:
        cluster.kubectl("apply", "--validate=false", "-f", str(KUSTOMIZE / "base/rbac.yaml"))


def shared_secret_needs_a_grant(cluster: Cluster, namespace: str, owner: str) -> None:
    shared = secret(owner, "shared", client_id="sallyport", client_secret=CANARY)
    endpoints = "https://enterprise.okta.example/oauth2/token https://auth.todo.example/token"
    shared["metadata"]["annotations"] = {"mcp.giantswarm.io/token-endpoints": endpoints}
    reference = {"name": "shared", "namespace": owner}
    server = enterprise_server(
        namespace, "guest", None, clientCredentialsSecretRef=reference, mcpAuthServerClient={"clientCredentialsSecretRef": reference}
    )
    cluster.apply(shared, server)
    cluster.wait_reason(namespace, "guest", "ResolvedRefs", "RefNotPermitted")
    cluster.apply(grant(owner, namespace))
    cluster.wait_reason(namespace, "guest", "ResolvedRefs", "ResolvedRefs")


def grant(owner: str, guest: str) -> dict:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1beta1", "kind": "ReferenceGrant",
        "metadata": {"name": "sallyport", "namespace": owner},
        "spec": {
            "from": [{"group": "mcp.giantswarm.io", "kind": "MCPServer", "namespace": guest}],
            "to": [{"group": "", "kind": "Secret", "name": "shared"}],
        },
    }


def test_a_definition_of_grants_that_goes_takes_them_along(cluster: Cluster, namespace: str, run_operator: Run) -> None:
    """Deleting the kind deletes what it permitted; installed again it counts without a restart."""
    operator = run_operator("--watch-namespace", namespace, "--watch-namespace", f"{namespace}-b")
    cluster.kubectl("create", "namespace", f"{namespace}-b")
    shared_secret_needs_a_grant(cluster, namespace, f"{namespace}-b")
    cluster.kubectl("delete", "crd", GRANTS)
    try:
        cluster.wait_reason(namespace, "guest", "ResolvedRefs", "RefNotPermitted", seconds=60)
        wait_for("the end of following", lambda: "the cluster has lost this kind" in operator.log(), 90)
        assert operator.fetch("/readyz")[0] == 200
    finally:
        cluster.kubectl("apply", "--validate=false", "-f", str(Path(__file__).parent / "referencegrants-crd.yaml"))
    wait_for("the kind", lambda: cluster.kubectl("get", GRANTS, "-A") is not None)
    cluster.apply(grant(f"{namespace}-b", namespace))
    cluster.wait_reason(namespace, "guest", "ResolvedRefs", "ResolvedRefs", seconds=120)


def test_the_shipped_roles_hold_the_rules_of_the_cluster_role() -> None:
    documents = list(yaml.safe_load_all((KUSTOMIZE / "watched-namespace/rbac.yaml").read_text()))
    assert [document["kind"] for document in documents] == ["Role", "RoleBinding"]
    # A token belongs to no namespace, so a Role cannot speak of its review.
    assert documents[0]["rules"] == [rule for rule in shipped_rules() if rule["resources"] != ["tokenreviews"]]


def test_the_manifests_for_some_namespaces_show_nothing_of_the_cluster(cluster: Cluster) -> None:
    made = list(yaml.safe_load_all(cluster.kubectl("kustomize", str(KUSTOMIZE / "overlays/namespaces"))))
    assert {"Deployment", "ServiceAccount", "ConfigMap", "Namespace"} <= {document["kind"] for document in made}
    roles = [document for document in made if document["kind"] == "ClusterRole"]
    assert [rule["resources"] for role in roles for rule in role["rules"]] == [["tokenreviews"]]
    deployments = {document["metadata"]["name"]: document for document in made if document["kind"] == "Deployment"}
    assert deployments.keys() == {"sallyport-operator", "sallyport-gateway"}
    arguments = deployments["sallyport-operator"]["spec"]["template"]["spec"]["containers"][0]["args"]
    assert arguments[0] == "operator" and "--watch-namespace=team-a" in arguments


def test_one_object_is_followed_under_a_right_to_its_name(cluster: Cluster, namespace: str) -> None:
    """T75: the API server takes the selector that this client writes for the name itself, and refuses any other."""
    cluster.kubectl("create", "serviceaccount", "narrow", "-n", namespace)
    cluster.kubectl(
        "create", "role", "narrow", "-n", namespace, "--verb=list,watch", "--resource=secrets", "--resource-name=first"
    )
    cluster.kubectl("create", "rolebinding", "narrow", "-n", namespace, "--role=narrow", f"--serviceaccount={namespace}:narrow")
    cluster.apply(secret(namespace, "first", password=CANARY), secret(namespace, "second", password=CANARY))
    token = cluster.service_account_token(namespace, "narrow")

    def ask(selector: str | None, **parameters: str) -> tuple[int, list[dict]]:
        return read_secrets(cluster, token, namespace, {**({"fieldSelector": selector} if selector else {}), **parameters})

    status, answers = wait_for("the right", lambda: (found := ask("metadata.name=first"))[0] == 200 and found)  # type: ignore[misc]
    listed = answers[0]
    assert [item["metadata"]["name"] for item in listed["items"]] == ["first"]
    watch = {"watch": "true", "timeoutSeconds": "1", "allowWatchBookmarks": "true", "resourceVersion": "0"}
    status, events = ask("metadata.name=first", **watch)
    assert any(event["type"] == "ADDED" for event in events), events
    assert status == 200 and {event["object"]["metadata"].get("name", "first") for event in events} == {"first"}
    for selector in ("metadata.name=second", None):
        assert ask(selector)[0] == 403, selector
        assert ask(selector, **watch)[0] == 403, selector


def read_secrets(cluster: Cluster, token: str, namespace: str, parameters: dict[str, str]) -> tuple[int, list[dict]]:
    """The status of a request and the JSON lines of its answer."""
    kubeconfig = yaml.safe_load(cluster.kubeconfig.read_text())["clusters"][0]["cluster"]
    authority = base64.b64decode(kubeconfig["certificate-authority-data"]).decode()
    url = f"{kubeconfig['server']}/api/v1/namespaces/{namespace}/secrets?{urllib.parse.urlencode(parameters)}"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=30, context=ssl.create_default_context(cadata=authority)) as response:
            return response.status, [json.loads(line) for line in response.read().splitlines() if line]
    except urllib.error.HTTPError as error:
        return error.code, []
