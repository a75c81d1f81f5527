"""Customers and orders, imported as an operator would before the replay."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from benchmarks.chat import Visitor
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


def import_visitors(demo: Demo, visitors: Iterable[Visitor]) -> None:
    """Make these people known with name and address; raises NotReady."""
    rows = {
        visitor.user_id: {
            "customer_id": visitor.user_id,
            "name": visitor.name or visitor.user_id,
            "email": visitor.email,
        }
        for visitor in visitors
    }
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows.values())
        file.flush()
        import_files(demo, Path(file.name), None)
