"""What a person chose or wrote, where that needs more than the element itself: offered options, files."""

from typing import Any

from sandbox import forms
from sandbox.box import Box
from sandbox.errors import ActError
from sandbox.files import in_message
from sandbox.model import Json, User
from sandbox.suggestions import Place, choices


def filled(box: Box, user: User, place: Place, block: Json, element: Json, value: Any) -> Json:
    """The state of an element after a person filled in `value`.

    Of an external select, an option offered before; of a file input, ids of the person's own files.
    Raises ActError(invalid_value).
    """
    if element["type"] == "file_input":
        return {"type": "file_input", "files": _files(box, user, element, value)}
    return forms.filled(choices(box, user, place, block, element), value)


def _files(box: Box, user: User, element: Json, value: Any) -> list[Json]:
    ids = value if isinstance(value, list) else []
    found = [box.workspace.files.get(str(each)) for each in ids]
    if len(ids) > element.get("max_files", 10):
        raise ActError("invalid_value", detail="too many files")
    if any(file is None or file["user"] != user.id for file in found):
        raise ActError("invalid_value", detail="no such file of this person")
    kept = [file for file in found if file is not None]
    box.files_in_forms |= {file["id"] for file in kept}
    return [in_message(file) for file in kept]
