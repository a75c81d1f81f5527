"""What an agent app shows beside its messages: status lines, sessions with a stop button, suggested prompts.

None of it is in any history, and none of it outlives the process.
"""

import time
from dataclasses import dataclass, field

from sandbox.model import Json
from sandbox.watch import Watch

STATUSES = frozenset({"active", "processing", "suspended", "closed"})
STATUS_SECONDS = 120.0

Place = tuple[str, str]  # channel, thread_ts


@dataclass(slots=True)
class Session:
    """One agent session in a thread."""

    status: str
    title: str = ""
    initiator: str | None = None
    looks: Json = field(default_factory=dict)


@dataclass(slots=True)
class Status:
    """A line like "is thinking…"; it goes when the app posts, or after two minutes."""

    text: str
    loading_messages: list[str]
    until: float
    looks: Json


class Agents:
    def __init__(self, watch: Watch, *, stoppable: bool) -> None:
        """`stoppable`: whether the app hears of the stop button, without which people get none."""
        self._watch = watch
        self.stoppable = stoppable
        self.sessions: dict[Place, Session] = {}
        self._statuses: dict[Place, Status] = {}
        self._prompts: dict[str, Json] = {}

    def set_status(self, place: Place, text: str, loading_messages: list[str], looks: Json) -> None:
        """An empty text takes the line away."""
        if not text:
            self._statuses.pop(place, None)
        else:
            until = time.monotonic() + STATUS_SECONDS
            self._statuses[place] = Status(text, loading_messages, until, looks)
        self._tell(place)

    def posted(self, place: Place) -> None:
        """The app has posted in a thread: its status line goes."""
        if self._statuses and self._statuses.pop(place, None) is not None:
            self._tell(place)

    def set_session(
        self,
        place: Place,
        status: str,
        title: str = "",
        initiator: str | None = None,
        looks: Json | None = None,
    ) -> Session:
        """Makes a session or changes its status; title and initiator count when it is made."""
        session = self.sessions.get(place)
        if session is None:
            session = self.sessions[place] = Session(status, title, initiator)
        session.status = status
        session.looks.update(looks or {})
        self._tell(place)
        return session

    def rename(self, place: Place, title: str) -> None:
        self.sessions[place].title = title
        self._tell(place)

    def set_prompts(self, channel: str, title: str, prompts: list[Json]) -> None:
        self._prompts[channel] = {"title": title, "prompts": prompts}
        self._watch.tell("agent_prompts", time.monotonic(), channel=channel, title=title, prompts=prompts)

    def shown(self, channel: str) -> Json:
        """Prompts, and for each thread its status line and session."""
        now = time.monotonic()
        places = {*self.sessions, *(place for place, each in self._statuses.items() if each.until > now)}
        threads = [self._thread(place) for place in sorted(places) if place[0] == channel]
        return {**self._prompts.get(channel, {"title": "", "prompts": []}), "threads": threads}

    def _thread(self, place: Place) -> Json:
        shown: Json = {"channel": place[0], "thread_ts": place[1], "status": "", "loading_messages": []}
        line, session = self._statuses.get(place), self.sessions.get(place)
        if line is not None and line.until > time.monotonic():
            shown |= {"status": line.text, "loading_messages": line.loading_messages, **line.looks}
        if session is not None:
            stop = self.stoppable and session.status == "processing"
            shown["session"] = {"status": session.status, "title": session.title, "stoppable": stop}
            shown |= session.looks
        return shown

    def _tell(self, place: Place) -> None:
        self._watch.tell("agent_thread", time.monotonic(), **self._thread(place))

    def clear(self) -> None:
        self.sessions.clear()
        self._statuses.clear()
        self._prompts.clear()
