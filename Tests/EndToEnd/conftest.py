# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""A real kube-apiserver, kubectl, and the real binary under the rights that deploy/ gives it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
BINARY = ROOT / "bin" / "sallyport"
CANARY = "canary-5f1c0a9e"


def wait_for(what: str, condition: Callable[[], object], seconds: float = 30) -> object:
    """Polls until the condition gives something true; the last exception or value is in the failure."""
    deadline = time.monotonic() + seconds
    last: object = None
    while time.monotonic() < deadline:
        try:
            last = condition()
            if last:
                return last
        except (AssertionError, KeyError, IndexError, OSError, subprocess.CalledProcessError) as error:
            last = error
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {seconds} s; last seen: {last!r}")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@dataclass
class Cluster:
    """An API server with the CRD and the shipped RBAC."""

    directory: Path
    kubeconfig: Path
    kubectl_path: str
    process: subprocess.Popen[str]

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
        result = subprocess.run(
            [self.kubectl_path, "--kubeconfig", str(self.kubeconfig), *arguments],
            input=stdin, capture_output=True, text=True, timeout=60,
        )
        if check and result.returncode != 0:
            raise AssertionError(f"kubectl {' '.join(arguments)}: {result.stderr}")
        return result.stdout if check else result.stdout + result.stderr

    def version(self) -> tuple[int, int]:
        """The API server's, such as (1, 32)."""
        version = json.loads(self.kubectl("version", "-o", "json"))["serverVersion"]
        return int(version["major"]), int(re.sub(r"\D.*", "", version["minor"]))

    def apply(self, *objects: dict) -> None:
        text = yaml.safe_dump_all(objects)
        self.kubectl("apply", "--validate=false", "-f", "-", stdin=text)

    def get(self, kind: str, namespace: str, name: str) -> dict:
        return json.loads(self.kubectl("get", kind, "-n", namespace, name, "-o", "json"))

    def conditions(self, namespace: str, name: str) -> dict[str, dict]:
        status = self.get("mcpservers", namespace, name).get("status", {})
        return {condition["type"]: condition for condition in status.get("conditions", [])}

    def wait_reason(self, namespace: str, name: str, condition: str, reason: str, seconds: float = 30) -> dict:
        def found() -> dict | None:
            seen = self.conditions(namespace, name).get(condition, {})
            assert seen.get("reason") == reason, seen
            return seen

        return wait_for(f"{namespace}/{name} {condition}={reason}", found, seconds)  # type: ignore[return-value]

    def service_account_token(self, namespace: str, name: str, seconds: int = 3600, audience: str | None = None) -> str:
        """A token for that audience, or for the API server itself."""
        spec = {"expirationSeconds": seconds} | ({"audiences": [audience]} if audience else {})
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        return json.loads(self.kubectl("create", "--raw", path, "-f", "-", stdin=json.dumps(body)))["status"]["token"]

    def pids(self) -> dict:
        return json.loads((self.directory / "pids.json").read_text())

    def restart_apiserver(self) -> None:
        starts = self.pids()["starts"]
        self.process.send_signal(signal.SIGUSR1)
        wait_for("the API server's restart", lambda: self.pids()["apiserver"] and self.pids()["starts"] > starts, 60)

    def stop_apiserver(self) -> None:
        self.process.send_signal(signal.SIGUSR2)
        wait_for("the API server's end", lambda: self.pids()["apiserver"] is None)


@dataclass
class Sallyport:
    """One running process of the binary."""

    process: subprocess.Popen[bytes]
    log_path: Path
    health: str = ""
    arguments: list[str] = field(default_factory=list)

    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def fetch(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self.health + path, timeout=5) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metric(self, name: str, /, **labels: str) -> float:
        """The sum of all series of that name that have these labels."""
        total = 0.0
        for line in self.fetch("/metrics")[1].splitlines():
            series, _, value = line.rpartition(" ")
            if series.split("{")[0] == name and all(f'{key}="{want}"' in series for key, want in labels.items()):
                total += float(value)
        return total

    def wait_ready(self, seconds: float = 30) -> None:
        wait_for("readiness", lambda: self.fetch("/readyz")[0] == 200, seconds)

    def stop(self, seconds: float = 40) -> int:
        self.process.terminate()
        return self.process.wait(seconds)


@contextlib.contextmanager
def api_server(directory: Path, *flags: str) -> Iterator[Cluster]:
    """An API server with the CRD and the shipped RBAC, ended afterwards; `flags` go to kube-apiserver."""
    process = subprocess.Popen(
        [ROOT / "hack/start-apiserver", "--directory", directory, "--assets", assets(), "--", *flags],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )
    assert process.stdout
    try:
        kubeconfig = Path(process.stdout.readline().strip())
        assert kubeconfig.is_file(), "hack/start-apiserver did not start; its logs are in " + str(directory)
        own = assets() / "kubectl"
        kubectl = str(own) if own.exists() else shutil.which("kubectl")
        assert kubectl, "no kubectl beside kube-apiserver or on PATH"
        cluster = Cluster(directory, kubeconfig, kubectl, process)
        cluster.kubectl("apply", "--validate=false", "-f", str(ROOT / "crds"))
        cluster.kubectl("apply", "--validate=false", "-f", str(Path(__file__).parent / "referencegrants-crd.yaml"))
        wait_for("the CRD", lambda: cluster.kubectl("get", "mcpservers", "-A") is not None)
        # Without a controller manager the Deployment only sits there; what counts is that it applies, and its rights.
        apply_base(cluster)
        yield cluster
    finally:
        process.terminate()
        process.wait(30)


@cache
def assets() -> Path:
    """The directory of kube-apiserver, etcd and, in most cases, kubectl."""
    output = subprocess.run([ROOT / "hack/envtest"], check=True, capture_output=True, text=True).stdout
    return Path(output.strip().splitlines()[-1])


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The API server that most tests share; SALLYPORT_APISERVER_FLAGS are more flags for it, as a shell would read them."""
    flags = shlex.split(os.environ.get("SALLYPORT_APISERVER_FLAGS", ""))
    with api_server(tmp_path_factory.mktemp("cluster"), *flags) as cluster:
        yield cluster


def apply_base(cluster: Cluster) -> None:
    """Applies deploy/ whole, but for the one kind that a Kubernetes older than 1.21 does not know."""
    text = cluster.kubectl("kustomize", str(ROOT / "deploy/kustomize/base"))
    objects = list(yaml.safe_load_all(text))
    if "policy/v1" not in cluster.kubectl("api-versions").split():
        unknown = [object["kind"] for object in objects if object["apiVersion"] == "policy/v1"]
        assert set(unknown) == {"PodDisruptionBudget"}, unknown
        objects = [object for object in objects if object["apiVersion"] != "policy/v1"]
    cluster.apply(*objects)


@pytest.fixture
def namespace(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """A namespace of its own for each test, emptied afterwards."""
    name = "t-" + "".join(c if c.isalnum() else "-" for c in request.node.name.lower())[:50].strip("-")
    cluster.kubectl("create", "namespace", name)
    yield name
    written = cluster.kubectl("get", "mcpservers,events.v1.events.k8s.io", "-n", name, "-o", "json")
    assert CANARY not in written, "a secret value is in a status or an event"
    for kind in ("mcpservers", "secrets", "referencegrants.gateway.networking.k8s.io"):
        cluster.kubectl("delete", kind, "--all", "-n", name, "--wait=false")


CONFIGURATION = {
    "identityProviders": [
        {
            "name": "corp",
            "issuer": "https://enterprise.okta.example",
            "clientID": "sallyport",
            "tokenEndpoints": ["https://enterprise.okta.example/oauth2/token"],
        }
    ],
}


@pytest.fixture
def run_operator(cluster: Cluster, tmp_path: Path) -> Iterator[Callable[..., Sallyport]]:
    """Starts operators under the shipped service account; all that are left are stopped, and their logs searched."""
    started: list[Sallyport] = []

    def start(*arguments: str, configuration: dict | None = None, kubeconfig: Path | None = None) -> Sallyport:
        number = len(started)
        port = free_port()
        configuration_path = tmp_path / f"sallyport-{number}.yaml"
        content = {**CONFIGURATION, **(configuration or {}), "health": {"listen": f"127.0.0.1:{port}"}}
        configuration_path.write_text(yaml.safe_dump(content))
        kubeconfig = kubeconfig or operator_kubeconfig(cluster, tmp_path)
        log_path = tmp_path / f"operator-{number}.log"
        command = [str(BINARY), "operator", "--kubeconfig", str(kubeconfig), "--config", str(configuration_path), *arguments]
        with open(log_path, "wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        running = Sallyport(process, log_path, f"http://127.0.0.1:{port}", command)
        started.append(running)
        return running

    yield start
    for running in started:
        if running.process.poll() is None:
            with contextlib.suppress(OSError):  # One that never came up has no metrics to search.
                assert CANARY not in running.fetch("/metrics")[1], "a secret value is in a metric"
            running.process.terminate()
            try:
                running.process.wait(40)
            except subprocess.TimeoutExpired:
                running.process.kill()
                raise
        assert CANARY not in running.log(), "a secret value is in the operator's log"


def operator_kubeconfig(cluster: Cluster, directory: Path, token: str | None = None) -> Path:
    """A kubeconfig for the operator's service account, which has the shipped rights and no others."""
    admin = yaml.safe_load(cluster.kubeconfig.read_text())
    token = token or cluster.service_account_token("sallyport-system", "sallyport-operator")
    admin["users"] = [{"name": user["name"], "user": {"token": token}} for user in admin["users"]]
    path = directory / "operator.kubeconfig"
    path.write_text(yaml.safe_dump(admin))
    os.chmod(path, 0o600)
    return path


def secret(namespace: str, name: str, /, **fields: str) -> dict:
    """A Secret whose values all carry the canary, so that a leak is found by searching for it."""
    return {
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace},
        "stringData": {key.replace("_", "-"): value for key, value in fields.items()},
    }


def enterprise_server(namespace: str, name: str, secret_name: str | None = "idp", **changes: object) -> dict:
    """A valid MCPServer behind the enterprise identity provider; `changes` go into `enterpriseIdP`, None removes."""
    block: dict[str, object] = {
        "enabled": True,
        "idpTokenEndpoint": "https://enterprise.okta.example/oauth2/token",
        "mcpAuthServerIssuer": "https://auth.todo.example",
        "mcpAuthServerTokenEndpoint": "https://auth.todo.example/token",
    }
    if secret_name:
        block["clientCredentialsSecretRef"] = {"name": secret_name}
        block["mcpAuthServerClient"] = {"clientCredentialsSecretRef": {"name": secret_name}}
    for key, value in changes.items():
        if value is None:
            block.pop(key, None)
        else:
            block[key] = value
    return {
        "apiVersion": "mcp.giantswarm.io/v1alpha1", "kind": "MCPServer",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"type": "streamable-http", "url": "https://mcp.todo.example/mcp", "auth": {"enterpriseIdP": block}},
    }
