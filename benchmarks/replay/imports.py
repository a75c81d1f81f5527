"""Customers and orders, imported as an operator would before the replay."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.demo import Demo, NotReady


def import_files(demo: Demo, customers: Path | None, orders: Path | None) -> None:
    """Run ``cx import`` for the given files; raises NotReady with what it said when it fails."""
    environment = os.environ | {"DATABASE_URL": demo.database_url, "CX_HOME": str(demo.home)}
    for kind, file in (("customers", customers), ("orders", orders)):
        if file is not None:
            done = subprocess.run(
                [sys.executable, "-m", "bot.cli", "import", kind, str(file)],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                said = (done.stderr or done.stdout).strip().splitlines()
                raise NotReady(
                    f"The {kind} could not be imported: {said[-1] if said else 'no reason was given'}"
                )
