# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""`serve` and `validate`: the same rules on a folder of manifests, without a cluster."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from conftest import BINARY, CANARY, Sallyport, enterprise_server, free_port, secret, wait_for

CONFIGURATION = {
    "identityProviders": [
        {
            "name": "corp", "issuer": "https://enterprise.okta.example", "clientID": "sallyport",
            "tokenEndpoints": ["https://enterprise.okta.example/oauth2/token"],
        }
    ],
}


def write(path: Path, *objects: dict) -> None:
    """Replaces a file as editors and config-map mounts do: a new file renamed over the old one."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(yaml.safe_dump_all(objects))
    temporary.rename(path)


def configuration(tmp_path: Path) -> Path:
    path = tmp_path / "sallyport.yaml"
    path.write_text(yaml.safe_dump({**CONFIGURATION, "health": {"listen": f"127.0.0.1:{free_port()}"}}))
    return path


def run(*arguments: str | Path, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BINARY, *arguments], input=stdin, capture_output=True, text=True, timeout=60)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "manifests"
    path.mkdir()
    return path


def good(name: str = "todo") -> list[dict]:
    return [secret("team", "idp", client_id="sallyport", client_secret=CANARY), enterprise_server("team", name)]


def test_once_with_all_ready_prints_a_table_and_succeeds(folder: Path, tmp_path: Path) -> None:
    write(folder / "todo.yaml", *good())
    result = run("serve", "--once", "--config", configuration(tmp_path), "--manifests", folder)
    assert result.returncode == 0, result.stdout + result.stderr
    lines = result.stdout.splitlines()
    header, row = lines[0], next(line for line in lines if line.startswith("team"))
    # Each cell starts where its heading does.
    for heading in ("NAMESPACE", "NAME", "URL", "AUTH", "READY"):
        column = header.index(heading)
        assert row[column] != " " and (column == 0 or row[column - 1] == " "), result.stdout
    assert CANARY not in result.stdout + result.stderr
    assert "\x1b[" not in result.stdout, "colours belong on a terminal"


def test_once_with_a_broken_server_names_the_remedy_and_fails(folder: Path, tmp_path: Path) -> None:
    write(folder / "todo.yaml", *good())
    write(folder / "broken.yaml", enterprise_server("team", "broken", "absent"))
    result = run("serve", "--once", "--config", configuration(tmp_path), "--manifests", folder)
    assert result.returncode == 1
    assert "SecretNotFound" in result.stdout and "team/absent" in result.stdout
    as_json = run("serve", "--once", "--format", "json", "--config", configuration(tmp_path), "--manifests", folder)
    assert as_json.returncode == 1
    json.loads(as_json.stdout)


@pytest.fixture
def serving(folder: Path, tmp_path: Path):
    output = tmp_path / "serve.log"
    with open(output, "wb") as log:
        process = subprocess.Popen(
            [BINARY, "serve", "--config", configuration(tmp_path), "--manifests", folder], stdout=log, stderr=log
        )
    yield Sallyport(process, output)
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        assert process.wait(40) == 0
    assert CANARY not in output.read_text()


def test_edits_are_live_and_broken_files_lose_nothing(serving: Sallyport, folder: Path) -> None:
    write(folder / "todo.yaml", *good())
    wait_for("the first row", lambda: re.search(r"team\s+todo .*True", serving.log()))
    mark = len(serving.log())
    (folder / "todo.yaml").write_text("apiVersion: [unclosed\n")
    wait_for("the parse error with its place", lambda: re.search(r"todo\.yaml:\d+:\d+", serving.log()[mark:]))
    # The last good objects are kept: the server is not withdrawn.
    assert not re.search(r"team\s+todo .*False", serving.log()[mark:])
    write(folder / "todo.yaml", enterprise_server("team", "todo"))
    wait_for("the Secret's absence", lambda: "SecretNotFound" in serving.log()[mark:])
    mark = len(serving.log())
    write(folder / "secret.yaml", secret("team", "idp", client_id="sallyport", client_secret=CANARY))
    wait_for("recovery", lambda: re.search(r"team\s+todo .*True", serving.log()[mark:]))
    mark = len(serving.log())
    os.remove(folder / "secret.yaml")
    wait_for("the Secret's deletion", lambda: "SecretNotFound" in serving.log()[mark:])


def test_one_object_in_two_files_names_both(serving: Sallyport, folder: Path) -> None:
    write(folder / "a.yaml", *good())
    wait_for("the first row", lambda: re.search(r"team\s+todo .*True", serving.log()))
    write(folder / "b.yaml", enterprise_server("team", "todo"))
    found = wait_for("the conflict", lambda: [line for line in serving.log().splitlines() if "a.yaml" in line and "b.yaml" in line])
    assert found


def test_what_the_gateway_of_the_process_refuses_is_not_ready(serving: Sallyport, folder: Path) -> None:
    """An encoded slash may lead elsewhere, so the gateway sends no token below one; the rules of a spec say nothing of it."""
    write(folder / "slippery.yaml", {
        "apiVersion": "mcp.giantswarm.io/v1alpha1", "kind": "MCPServer", "metadata": {"name": "slippery", "namespace": "team"},
        "spec": {"type": "streamable-http", "url": "https://mcp.example/a%2Fb", "auth": {"type": "none"}},
    })
    wait_for("the gateway's refusal", lambda: "GatewayRejected" in serving.log())
    assert "ResourceMismatch" in serving.log()
    assert not re.search(r"team\s+slippery .*True", serving.log())
    mark = len(serving.log())
    write(folder / "slippery.yaml", {
        "apiVersion": "mcp.giantswarm.io/v1alpha1", "kind": "MCPServer", "metadata": {"name": "slippery", "namespace": "team"},
        "spec": {"type": "streamable-http", "url": "https://mcp.example/a/b", "auth": {"type": "none"}},
    })
    wait_for("the gateway's consent", lambda: re.search(r"team\s+slippery .*True", serving.log()[mark:]))


def test_validate_accepts_what_is_valid(folder: Path, tmp_path: Path) -> None:
    write(folder / "todo.yaml", *good())
    result = run("validate", "--config", configuration(tmp_path), folder)
    assert result.returncode == 0, result.stdout + result.stderr


def test_validate_reports_every_problem_with_its_place(folder: Path) -> None:
    (folder / "broken.yaml").write_text(
        "apiVersion: mcp.giantswarm.io/v1alpha1\n"
        "kind: MCPServer\n"
        "metadata: {name: broken, namespace: team}\n"
        "spec:\n"
        "  type: streamable-http\n"
        "  url: https://mcp.todo.example/mcp\n"
        "  auht: {}\n"
        "  timeout: 9000\n"
        "  auth:\n"
        "    enterpriseIdP:\n"
        "      enabled: true\n"
        "      idpTokenEndpoint: http://plain.example/token\n"
        "      mcpAuthServerIssuer: https://auth.todo.example\n"
    )
    result = run("validate", "--format", "json", folder / "broken.yaml")
    assert result.returncode == 1
    report = json.loads(result.stdout)
    assert report["objects"] == 1
    found = {(problem["line"], problem["field"]) for problem in report["problems"]}
    assert (7, "spec.auht") in found and (8, "spec.timeout") in found, report
    assert (12, "spec.auth.enterpriseIdP.idpTokenEndpoint") in found, report
    for problem in report["problems"]:
        assert set(problem) == {"file", "line", "column", "kind", "namespace", "name", "field", "reason", "message"}
    text = run("validate", folder / "broken.yaml")
    assert text.returncode == 1
    assert f"{folder}/broken.yaml:7:3:" in text.stdout


def test_validate_reads_standard_input() -> None:
    result = run("validate", "-", stdin=yaml.safe_dump_all(good()))
    assert result.returncode == 0, result.stdout + result.stderr
    broken = run("validate", "-", stdin="{not yaml")
    assert broken.returncode in (1, 2) and "1:" in broken.stdout + broken.stderr


def test_unreadable_input_and_wrong_usage_have_their_own_codes(tmp_path: Path) -> None:
    assert run("validate", tmp_path / "absent").returncode == 2
    assert run("validate", "--no-such-flag").returncode == 64
    bad = tmp_path / "bad.yaml"
    bad.write_text("identityProviderz: []\n")
    result = run("validate", "--config", bad, "-", stdin="")
    assert result.returncode == 2
    assert f"{bad}:1:1" in result.stderr and "identityProviders" in result.stderr, result.stderr


@pytest.fixture
def stranger() -> Iterator[tuple[Path, list[str]]]:
    """A folder in which a user without rights may run the binary, and the command that runs it as that user."""
    directory = Path(tempfile.mkdtemp())
    directory.chmod(0o755)
    binary = shutil.copy(os.path.realpath(BINARY), directory / "sallyport")
    drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    yield directory, [*drop, str(binary)]
    shutil.rmtree(directory)


@pytest.mark.parametrize("arguments", [("serve", "--once", "--manifests"), ("validate",)])
def test_what_may_not_be_read_is_named(stranger: tuple[Path, list[str]], arguments: tuple[str, ...]) -> None:
    directory, command = stranger
    folder, closed = directory / "manifests", directory / "closed"
    folder.mkdir(mode=0o755)
    write(folder / "todo.yaml", *good())
    write(folder / "secret.yaml", *good("other"))
    (folder / "secret.yaml").chmod(0)
    closed.mkdir(mode=0)

    def attempt(path: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *arguments, str(path)], capture_output=True, text=True, timeout=60, cwd=directory)

    whole = attempt(closed)
    assert whole.returncode == 2 and f"'{closed}'" in whole.stderr and "permission" in whole.stderr, whole.stderr
    one = attempt(folder)
    assert one.returncode != 0 and f"'{folder / 'secret.yaml'}'" in one.stdout, one.stdout + one.stderr
    assert "permission denied" in one.stdout
    # The other file is used.
    assert "todo" in one.stdout or "2 objects" in one.stdout, one.stdout


def test_help_teaches_and_version_prints() -> None:
    shown = run("--help")
    assert shown.returncode == 0
    for command in ("operator", "serve", "validate", "version"):
        assert command in shown.stdout
    assert run("version").returncode == 0
