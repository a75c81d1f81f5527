"""Lengths and counts of blocks, elements and views: the longest is taken, one more is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.conformance.checks import check
from benchmarks.conformance.verdicts import true
from benchmarks.conformance.views import form, trigger
from benchmarks.conformance.workspace import ANN, DESK
from benchmarks.conformance.world import World

Json = dict[str, Any]


def plain(n: int) -> Json:
    return {"type": "plain_text", "text": "x" * n}


def mrkdwn(n: int) -> Json:
    return {"type": "mrkdwn", "text": "x" * n}


def button(number: int = 0, **more: Any) -> Json:
    return {"type": "button", "action_id": f"b{number}", "text": plain(1), **more}


def option(number: int = 0, **more: Any) -> Json:
    return {"text": plain(1), "value": str(number), **more}


def choice(kind: str, **more: Any) -> list[Json]:
    return [{"type": "actions", "elements": [{"type": kind, "action_id": "a", **more}]}]


def select(**more: Any) -> list[Json]:
    return choice("static_select", **more)


def section(**more: Any) -> list[Json]:
    return [{"type": "section", **more}]


def dividers(n: int) -> list[Json]:
    return [{"type": "divider"} for _ in range(n)]


def image(**more: Any) -> list[Json]:
    return [{"type": "image", "image_url": "https://shop.example/x.png", "alt_text": "x", **more}]


def card(**more: Any) -> Json:
    return {"type": "card", "title": mrkdwn(1), **more}


def cells(rows: int, columns: int, n: int = 1) -> list[list[Json]]:
    return [[{"type": "raw_text", "text": "x" * n} for _ in range(columns)] for _ in range(rows)]


def confirm(**more: Any) -> list[Json]:
    dialog = {"title": plain(1), "text": plain(1), "confirm": plain(1), "deny": plain(1), **more}
    return [{"type": "actions", "elements": [button(confirm=dialog)]}]


def input_(**more: Any) -> list[Json]:
    element = {"type": "plain_text_input", "action_id": "a"}
    return [{"type": "input", "label": plain(1), "element": element, **more}]


def trash(number: int) -> Json:
    return {"type": "icon_button", "action_id": f"i{number}", "icon": "trash", "text": plain(1)}


def actions(elements: list[Json]) -> list[Json]:
    return [{"type": "actions", "elements": elements}]


# (what is limited, the most Slack takes, blocks of a message with so many)
LIMITS: list[tuple[str, int, Callable[[int], list[Json]]]] = [
    ("blocks per message", 50, dividers),
    ("block_id", 255, lambda n: [{"type": "divider", "block_id": "x" * n}]),
    ("action_id", 255, lambda n: actions([{**button(), "action_id": "x" * n}])),
    ("section text", 3_000, lambda n: section(text=mrkdwn(n))),
    ("section fields", 10, lambda n: section(fields=[mrkdwn(1)] * n)),
    ("section field", 2_000, lambda n: section(fields=[mrkdwn(n)])),
    ("header text", 150, lambda n: [{"type": "header", "text": plain(n)}]),
    ("context elements", 10, lambda n: [{"type": "context", "elements": [mrkdwn(1)] * n}]),
    ("context text", 2_000, lambda n: [{"type": "context", "elements": [mrkdwn(n)]}]),
    ("actions elements", 25, lambda n: actions([button(number) for number in range(n)])),
    ("button text", 75, lambda n: actions([button(text=plain(n))])),
    ("button value", 2_000, lambda n: actions([button(value="x" * n)])),
    ("button url", 3_000, lambda n: actions([button(url="https://" + "x" * (n - 8))])),
    ("accessibility_label", 75, lambda n: actions([button(accessibility_label="x" * n)])),
    ("image alt_text", 2_000, lambda n: image(alt_text="x" * n)),
    ("image title", 2_000, lambda n: image(title=plain(n))),
    ("image_url", 3_000, lambda n: image(image_url="https://" + "x" * (n - 8))),
    ("select options", 100, lambda n: select(options=[option(number) for number in range(n)])),
    ("select placeholder", 150, lambda n: select(options=[option()], placeholder=plain(n))),
    ("option text", 75, lambda n: select(options=[option(text=plain(n))])),
    ("option value", 150, lambda n: select(options=[option(value="x" * n)])),
    ("option description", 75, lambda n: select(options=[option(description=plain(n))])),
    ("option group label", 75, lambda n: select(option_groups=[{"label": plain(n), "options": [option()]}])),
    ("overflow options", 5, lambda n: choice("overflow", options=[option(number) for number in range(n)])),
    ("checkboxes options", 10, lambda n: choice("checkboxes", options=[option(i) for i in range(n)])),
    ("radio options", 10, lambda n: choice("radio_buttons", options=[option(i) for i in range(n)])),
    ("confirm title", 100, lambda n: confirm(title=plain(n))),
    ("confirm text", 300, lambda n: confirm(text=plain(n))),
    ("confirm button", 30, lambda n: confirm(confirm=plain(n))),
    ("confirm deny", 30, lambda n: confirm(deny=plain(n))),
    ("input label", 2_000, lambda n: input_(label=plain(n))),
    ("input hint", 2_000, lambda n: input_(hint=plain(n))),
    ("markdown text", 12_000, lambda n: [{"type": "markdown", "text": "x" * n}]),
    ("card body", 200, lambda n: [card(body=mrkdwn(n))]),
    ("card title", 150, lambda n: [card(title=mrkdwn(n))]),
    ("carousel cards", 10, lambda n: [{"type": "carousel", "elements": [card()] * n}]),
    ("table rows", 100, lambda n: [{"type": "table", "rows": cells(n, 1)}]),
    ("table cells", 20, lambda n: [{"type": "table", "rows": cells(1, n)}]),
    ("table text", 10_000, lambda n: [{"type": "table", "rows": cells(1, 1, n)}]),
    ("tables per message", 1, lambda n: [{"type": "table", "rows": cells(1, 1)} for _ in range(n)]),
    (
        "context_actions elements",
        5,
        lambda n: [{"type": "context_actions", "elements": [trash(i) for i in range(n)]}],
    ),
    (
        "container child_blocks",
        10,
        lambda n: [{"type": "container", "title": plain(1), "child_blocks": dividers(n)}],
    ),
]


def _limit(name: str, most: int, made: Callable[[int], list[Json]]) -> None:
    @check("block", name, f"at most {most:,}")
    async def _(w: World) -> None:
        await w.client.chat_postMessage(channel=DESK, text="x", blocks=made(most))
        over = w.client.chat_postMessage(channel=DESK, text="x", blocks=made(most + 1))
        await w.refused(over, "invalid_blocks")


for _name, _most, _made in LIMITS:
    _limit(_name, _most, _made)

# (what is limited, the most, how a modal looks with so many)
VIEWS: list[tuple[str, int, Callable[[int], Json]]] = [
    ("modal title", 24, lambda n: form("x" * n)),
    ("modal submit", 24, lambda n: form(submit=plain(n))),
    ("modal close", 24, lambda n: form(close=plain(n))),
    ("private_metadata", 3_000, lambda n: form(private_metadata="x" * n)),
    ("callback_id", 255, lambda n: form(callback_id="x" * n)),
    ("external_id", 255, lambda n: form(external_id="x" * n)),
    ("blocks per view", 100, lambda n: form(blocks=dividers(n))),
]


def _view_limit(name: str, most: int, made: Callable[[int], Json]) -> None:
    @check("block", name, f"at most {most:,}")
    async def _(w: World) -> None:
        there = await trigger(w)
        over = w.client.views_open(trigger_id=there, view=made(most + 1))
        await w.refused(over, "invalid_arguments")
        await w.client.views_open(trigger_id=there, view=made(most))


for _view, _highest, _built in VIEWS:
    _view_limit(_view, _highest, _built)


@check("block", "unknown properties", "are refused")
async def _(w: World) -> None:
    odd = [{"type": "divider", "colour": "red"}]
    await w.refused(w.client.chat_postMessage(channel=DESK, text="x", blocks=odd), "invalid_blocks")


@check("block", "ids", "are unique; missing ones are given")
async def _(w: World) -> None:
    same_id = [{"type": "divider", "block_id": "x"}] * 2
    await w.refused(w.client.chat_postMessage(channel=DESK, text="x", blocks=same_id), "invalid_blocks")
    posted = await w.client.chat_postMessage(channel=DESK, text="x", blocks=[{"type": "divider"}])
    true(posted["message"]["blocks"][0]["block_id"], "no block_id")


@check("block", "all text of a message", "msg_blocks_too_long beyond 13,200 characters")
async def _(w: World) -> None:
    many = [each for _ in range(5) for each in section(text=mrkdwn(2_700))]
    await w.refused(w.client.chat_postMessage(channel=DESK, text="x", blocks=many), "msg_blocks_too_long")


@check("block", "surfaces", "alerts stand in forms only; tables, plans and markdown in messages only")
async def _(w: World) -> None:
    alert: Json = {"type": "alert", "text": plain(1), "level": "warning"}
    await w.refused(w.client.chat_postMessage(channel=DESK, text="x", blocks=[alert]), "invalid_blocks")
    there = await trigger(w)
    for block in (
        {"type": "table", "rows": cells(1, 1)},
        {"type": "plan", "title": "x"},
        {"type": "markdown", "text": "x"},
    ):
        await w.refused(w.client.views_open(trigger_id=there, view=form(blocks=[block])), "invalid_arguments")
    await w.client.views_open(trigger_id=there, view=form(blocks=[alert]))
    home: Json = {"type": "home", "blocks": [{"type": "markdown", "text": "x"}]}
    await w.refused(w.client.views_publish(user_id=ANN, view=home), "invalid_arguments")
