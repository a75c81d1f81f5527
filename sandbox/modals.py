"""Open forms and the App Home of each person."""

import secrets
import time
from dataclasses import dataclass, field

from sandbox.config import App
from sandbox.errors import ApiError
from sandbox.forms import State, values
from sandbox.model import Json
from sandbox.watch import Watch

MOST_STACKED = 3


@dataclass(slots=True, eq=False)
class View:
    """A modal or home as the app last sent it (`body`) with what the person filled in (`state`)."""

    id: str
    user: str
    body: Json
    root: str
    previous: str | None = None
    hash: str = ""
    state: State = field(default_factory=dict)


class Modals:
    def __init__(self, app: App, team_id: str, watch: Watch) -> None:
        self._app = app
        self._team = team_id
        self._watch = watch
        self._views: dict[str, View] = {}
        self._stacks: dict[str, list[View]] = {}
        self._homes: dict[str, View] = {}

    def show(self, view: View) -> Json:
        """A view as the API shows it."""
        body = view.body
        shown: Json = {
            "id": view.id,
            "team_id": self._team,
            "type": body["type"],
            "blocks": body["blocks"],
            "private_metadata": body.get("private_metadata") or "",
            "callback_id": body.get("callback_id") or "",
            "state": {"values": values(body["blocks"], view.state)},
            "hash": view.hash,
            "title": body.get("title"),
            "clear_on_close": bool(body.get("clear_on_close")),
            "notify_on_close": bool(body.get("notify_on_close")),
            "close": body.get("close"),
            "submit": body.get("submit"),
            "submit_disabled": bool(body.get("submit_disabled")),
            "previous_view_id": view.previous,
            "root_view_id": view.root,
            "app_id": self._app.app_id,
            "external_id": body.get("external_id") or "",
            "app_installed_team_id": self._team,
            "bot_id": self._app.bot_id,
        }
        return shown

    def open(self, user: str, body: Json, *, on: str | None = None) -> View:
        """Opens a form, or pushes it onto the view `on`.

        Raises ApiError: push_limit_reached, duplicate_external_id, not_found.
        """
        self._check_external_id(body, None)
        stack = self._stacks.setdefault(user, [])
        below = self._views.get(on) if on else None
        if on and (below is None or below not in stack):
            raise ApiError("not_found")
        if below is not None and sum(view.root == below.root for view in stack) >= MOST_STACKED:
            raise ApiError("push_limit_reached")
        view_id = f"V{secrets.token_hex(5).upper()}"
        view = View(
            view_id, user, body, below.root if below else view_id, below.id if below else None, _hash()
        )
        self._views[view_id] = view
        stack.append(view)
        self._tell("view_opened", view, shown=self.show(view))
        return view

    def update(self, view: View, body: Json, expected_hash: str | None = None) -> View:
        """Replaces what the app shows; filled-in values of the same ids stay.

        Raises ApiError: hash_conflict, duplicate_external_id.
        """
        if expected_hash and expected_hash != view.hash:
            raise ApiError("hash_conflict")
        self._check_external_id(body, view)
        view.body = body
        view.hash = _hash()
        self._tell("view_opened", view, shown=self.show(view), updated=True)
        return view

    def _check_external_id(self, body: Json, own: View | None) -> None:
        external = body.get("external_id")
        if external and any(
            v.body.get("external_id") == external and v is not own for v in self._views.values()
        ):
            raise ApiError("duplicate_external_id")

    def publish(self, user: str, body: Json, expected_hash: str | None = None) -> View:
        """Sets a person's App Home. Raises ApiError(hash_conflict)."""
        home = self._homes.get(user)
        if home is not None and expected_hash and expected_hash != home.hash:
            raise ApiError("hash_conflict")
        if home is None:
            view_id = f"V{secrets.token_hex(5).upper()}"
            home = self._homes[user] = View(view_id, user, body, view_id)
        home.body = body
        home.hash = _hash()
        self._tell("home", home, shown=self.show(home))
        return home

    def find(self, view_id: str | None, external_id: str | None) -> View:
        """Raises ApiError(not_found)."""
        for view in [*self._views.values(), *self._homes.values()]:
            if view.id == view_id or (external_id and view.body.get("external_id") == external_id):
                return view
        raise ApiError("not_found")

    def of(self, user: str) -> list[View]:
        """Open forms of a person, the top one last."""
        return self._stacks.get(user, [])

    def home(self, user: str) -> View | None:
        return self._homes.get(user)

    def close(self, view: View, *, whole_stack: bool = False) -> list[View]:
        """Closes a form and those above it, or its whole stack; returns the closed ones, top first."""
        stack = self._stacks.get(view.user, [])
        if view not in stack:
            return []
        keep = stack[: stack.index(view)]
        if whole_stack:
            keep = [each for each in stack if each.root != view.root]
        closed = [each for each in reversed(stack) if each not in keep]
        self._stacks[view.user] = keep
        for each in closed:
            del self._views[each.id]
            self._tell("view_closed", each)
        return closed

    def clear(self) -> None:
        self._views.clear()
        self._stacks.clear()
        self._homes.clear()

    def _tell(
        self, type_: str, view: View, *, shown: Json | None = None, updated: bool | None = None
    ) -> None:
        fields: Json = {"user": view.user, "view_id": view.id, "view": shown, "updated": updated}
        self._watch.tell(type_, time.monotonic(), private=True, **fields)


def _hash() -> str:
    return f"{int(time.time())}.{secrets.token_hex(4)}"
