"""How a measurement ends: its figures as a file for machines, and an exit status."""

from __future__ import annotations

import json
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, NoReturn

import typer

from benchmarks.mirror.table import Line, failed, plain
from benchmarks.rig import DidNotStart, run


def conclude(name: str, work: Coroutine[Any, Any, list[Line]], json_file: Path | None) -> NoReturn:
    """Do the work, write its lines to ``json_file`` as part ``name``, and end.

    With 1 when something that must hold does not, with 2 when something did not start.
    """
    try:
        lines = run(work)
    except DidNotStart as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from None
    if json_file is not None:
        json_file.write_text(json.dumps(plain({name: lines}), indent=2, ensure_ascii=False) + "\n")
    raise typer.Exit(1 if failed(lines) else 0)
