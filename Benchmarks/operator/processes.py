# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""The operator as a process."""

from __future__ import annotations

import re
from pathlib import Path

from common.processes import Sallyport

# Its metadata is refused at once, so that no look-up of a name is part of what is measured.
TRUST = {
    "identityProviders": [
        {
            "name": "bench", "issuer": "https://127.0.0.1:1", "clientID": "sallyport",
            "tokenEndpoints": ["https://idp.bench.example/token"],
        }
    ]
}


class Operator(Sallyport):
    """The binary as an operator until the block ends, and what its metrics say."""

    def __init__(self, kubeconfig: Path, directory: Path, configuration: dict, name: str = "operator") -> None:
        super().__init__("operator", ["--kubeconfig", str(kubeconfig)], directory, configuration, {"POD_NAME": name})

    def requests(self) -> dict[str, int]:
        """API requests so far by verb."""
        found: dict[str, int] = {}
        for name, value in self.series().items():
            if match := re.match(r'rest_client_requests_total\{.*method="(\w+)"', name):
                found[match.group(1)] = found.get(match.group(1), 0) + int(value)
        return found

    def writes(self) -> int:
        """Requests so far that write a status or an event."""
        requests = self.requests()
        return sum(requests.get(method, 0) for method in ("PATCH", "POST", "PUT"))

    def status_writes(self) -> int:
        return self.total("sallyport_status_writes_total")

    def wait_statuses(self, count: int) -> float:
        """Returns the seconds from the start of the process until that many statuses were written."""
        return self.wait(lambda: self.status_writes() >= count, pause=1)

    def wait_reconciles(self, count: int) -> float:
        """The same for reconciles, whether they wrote or not."""
        return self.wait(lambda: self.total("controller_runtime_reconcile_total") >= count)
