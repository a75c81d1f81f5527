"""Messages that are still being written: their parts, and the blocks Slack makes of them."""

from dataclasses import dataclass, field

from sandbox.errors import ApiError, InvalidBlocks
from sandbox.model import Json
from sandbox.text import stored
from sandbox.validate.blocks import check_message
from sandbox.validate.chunks import check_chunks

MOST_MARKDOWN = 12_000
MOST_BLOCKS = 50
MODES = frozenset({"timeline", "plan", "dense"})

Place = tuple[str, str]  # channel, ts


@dataclass(slots=True)
class Stream:
    """What has come so far. `stopped`: a person pressed stop, no more is taken."""

    thread_ts: str
    mode: str
    parts: list[Json] = field(default_factory=list)
    plan: str = ""
    stopped: bool = False

    def take(self, chunks: list[Json]) -> None:
        """Raises ApiError(msg_blocks_too_many)."""
        for chunk in chunks:
            match chunk["type"]:
                case "markdown_text":
                    self._write(chunk["text"])
                case "plan_update":
                    self.plan = chunk["title"]
                case "task_update":
                    self._task(chunk)
                case _:
                    self.parts += [{"type": "block", "block": block} for block in chunk["blocks"]]
        if sum(part["type"] == "block" for part in self.parts) > MOST_BLOCKS:
            raise ApiError("msg_blocks_too_many")

    def _write(self, text: str) -> None:
        if not self.parts or self.parts[-1]["type"] != "text":
            self.parts.append({"type": "text", "text": ""})
        self.parts[-1]["text"] += text

    def _task(self, chunk: Json) -> None:
        for part in self.parts:
            if part["type"] == "task" and part["task"]["id"] == chunk["id"]:
                part["task"] |= chunk
                return
        self.parts.append({"type": "task", "task": dict(chunk)})

    def content(self) -> Json:
        """`text` and `blocks` of the message as it stands."""
        text = "".join(part["text"] for part in self.parts if part["type"] == "text")
        return {"text": stored(text, typed=False), "blocks": self._blocks()}

    def _blocks(self) -> list[Json]:
        blocks: list[Json] = []
        tasks = [_card(part["task"]) for part in self.parts if part["type"] == "task"]
        together = bool(self.plan) or self.mode == "plan"
        planned = False
        for number, part in enumerate(self.parts):
            if part["type"] == "text" and part["text"].strip():
                blocks.append({"type": "markdown", "block_id": f"stream-{number}", "text": part["text"]})
            elif part["type"] == "block":
                blocks.append(part["block"])
            elif part["type"] == "task" and not together:
                blocks.append({**_card(part["task"]), "block_id": f"stream-{number}"})
            elif part["type"] == "task" and not planned:
                planned = True
                plan = {"type": "plan", "block_id": "stream-plan", "title": self.plan or "Plan"}
                blocks.append({**plan, "tasks": tasks})
        return blocks


def _card(task: Json) -> Json:
    card: Json = {
        "type": "task_card",
        "task_id": task["id"],
        "title": task["title"],
        "status": task["status"],
    }
    for key in ("details", "output"):
        if task.get(key):
            section = {"type": "rich_text_section", "elements": [{"type": "text", "text": task[key]}]}
            card[key] = {"type": "rich_text", "elements": [section]}
    if task.get("sources"):
        card["sources"] = task["sources"]
    return card


def chunks_of(markdown: object, chunks: object) -> list[Json]:
    """The chunks of one call, checked; `markdown_text` is one of its own.

    Raises ApiError: msg_too_long, invalid_chunks; InvalidBlocks.
    """
    taken = check_chunks(chunks) if chunks is not None else []
    for chunk in taken:
        if chunk["type"] == "blocks":
            try:
                check_message(chunk["blocks"])
            except InvalidBlocks as problem:
                raise ApiError("invalid_chunks", **problem.extra) from problem
    if markdown:
        taken.append({"type": "markdown_text", "text": str(markdown)})
    if sum(len(chunk["text"]) for chunk in taken if chunk["type"] == "markdown_text") > MOST_MARKDOWN:
        raise ApiError("msg_too_long")
    return taken
