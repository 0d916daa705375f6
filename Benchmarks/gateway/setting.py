# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""What the parts of one run have in common."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path

from common.report import Report


@dataclass
class Run:
    options: Namespace
    directory: Path
    report: Report
