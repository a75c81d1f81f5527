"""The shape of message metadata."""

from typing import Any

from sandbox.errors import ApiError


def check_metadata(metadata: Any) -> dict[str, Any] | None:
    """`{"event_type": text, "event_payload": object}`; an empty object means none.

    Raises ApiError(invalid_metadata_format).
    """
    if metadata == {}:
        return None
    if not isinstance(metadata, dict) or set(metadata) - {"event_type", "event_payload", "entities"}:
        raise ApiError("invalid_metadata_format")
    if "entities" in metadata and "event_type" not in metadata:
        return metadata
    name = metadata.get("event_type")
    if not isinstance(name, str) or not name or not isinstance(metadata.get("event_payload"), dict):
        raise ApiError("invalid_metadata_format")
    return metadata
