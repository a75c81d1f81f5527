"""The widget as one script: its parts joined, its style sheet inside."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

STATIC = Path(__file__).parent / "static"
PARTS = ("texts", "dom", "store", "api", "queue", "socket", "log", "composer", "panel", "main")


def widget_script() -> tuple[bytes, str]:
    """The script and its ETag. The parts share one function, so the host page sees none of their names."""
    folder = STATIC / "widget"
    style = json.dumps((folder / "widget.css").read_text())
    parts = "\n".join((folder / f"{name}.js").read_text() for name in PARTS)
    script = f'(() => {{\n"use strict";\nconst CSS_TEXT = {style};\n{parts}}})();\n'.encode()
    return script, f'"{sha256(script).hexdigest()[:16]}"'
