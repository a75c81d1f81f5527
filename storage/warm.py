"""The hot statements, run once without effect on each new connection.

The first run of a statement on a connection takes several times as long as the next: it is planned,
and the server process reads what it must know of the tables. People should not wait for that.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from storage import calls, drafts, inbox, intake, outbox
from storage.db import Params

_NOTHING = UUID(int=0)
_NOBODY = -1


def statements() -> list[tuple[str, Params]]:
    """Each hot statement, asked about what does not exist."""
    now = datetime.now(UTC)
    return [
        (intake.HOLD, {"conversation": _NOBODY}),
        (intake.APPEND, intake.append_params(_NOBODY, "", "", [], [], now, slowly=False)),
        *drafts.approve_and_send_statements(_NOTHING, "", now, origin=""),
        (calls.CLAIM, calls.claim_params(_NOBODY, {"": 0})),
        (calls.DONE, {"id": _NOBODY, "error": None}),
        (inbox.TAKE, {"id": _NOBODY}),
        (outbox.COMPLETE, {"post": _NOTHING, "ts": ""}),
    ]
