# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a dashboard that has rotted would be noticed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT

DASHBOARD = ROOT / "deploy/grafana/sallyport.json"


def check(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ROOT / "hack/check-dashboard", path], capture_output=True, text=True, timeout=30)


def test_the_shipped_queries_are_sound() -> None:
    result = subprocess.run([ROOT / "hack/check-dashboard"], capture_output=True, text=True, timeout=30)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ("token_broker_requests_total", "token_broker_request_total", "'token_broker_request_total' is no metric"),
        ("by (cache)", "by (user)", "no metric of the query has the label 'user'"),
        ('outcome=\\"granted\\"', 'result=\\"granted\\"', "has no label 'result'"),
        ("by (le, leg)", "by (leg)", "histogram_quantile needs 'le'"),
        ("sum(1 - route_table_following", "sum(1 - route_table_connections_total", "is a counter, which is read with rate()"),
        (
            'max(sallyport_routes{namespace=~\\"$namespace\\"})', "max(rate(sallyport_routes[5m]))",
            "is a gauge, which is read without rate()",
        ),
        ('"id": 3,', '"id": 2,', "the id 2 is used twice"),
        ('"x": 4, "y": 1,', '"x": 3, "y": 1,', "overlaps"),
    ],
)
def test_a_query_that_has_rotted_is_noticed(tmp_path: Path, right: str, wrong: str, complaint: str) -> None:
    text = DASHBOARD.read_text()
    assert right in text
    path = tmp_path / "dashboard.json"
    path.write_text(text.replace(right, wrong))
    result = check(path)
    assert result.returncode == 1 and complaint in result.stdout, result.stdout


def test_a_page_without_queries_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("# Nothing\n")
    assert check(path).returncode == 1


def test_the_dashboard_can_be_imported() -> None:
    """No data source and no id of somebody's own Grafana is in it."""
    dashboard = json.loads(DASHBOARD.read_text())
    assert "id" not in dashboard and dashboard["uid"] == "sallyport"
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    assert {panel["datasource"]["uid"] for panel in panels} == {"${datasource}"}
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}
    assert variables == {"datasource", "namespace"}
