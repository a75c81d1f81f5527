"""Width and height of PNG, GIF and JPEG files, read from their heads."""

import struct
from pathlib import Path

MOST_HEAD = 1 << 20
KINDS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"\xff\xd8": "image/jpeg",
}


def picture_size(path: Path) -> tuple[int, int] | None:
    """(width, height) in pixels; None when this is no such picture."""
    with path.open("rb") as file:
        head = file.read(MOST_HEAD)
    if head.startswith(b"\x89PNG\r\n\x1a\n") and len(head) >= 24:
        wide, high = struct.unpack(">II", head[16:24])
        return int(wide), int(high)
    if head[:6] in {b"GIF87a", b"GIF89a"} and len(head) >= 10:
        wide, high = struct.unpack("<HH", head[6:10])
        return int(wide), int(high)
    return _jpeg_size(head) if head.startswith(b"\xff\xd8") else None


def picture_kind(path: Path) -> str | None:
    """The media type of a picture that a browser may show: by its content, not by its name.

    Drawings (SVG) are none: they may hold scripts.
    """
    with path.open("rb") as file:
        head = file.read(12)
    if head[:4] == b"RIFF" and head[8:] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in KINDS.items() if head.startswith(start)), None)


def _jpeg_size(head: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(head) and head[at] == 0xFF:
        marker, length = head[at + 1], int.from_bytes(head[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            high, wide = struct.unpack(">HH", head[at + 5 : at + 9])
            return int(wide), int(high)
        at += 2 + max(length, 2)
    return None
