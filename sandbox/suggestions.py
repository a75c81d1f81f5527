"""Selects whose options the app holds: it is asked while one types; what it offered may be chosen."""

from sandbox.box import Box
from sandbox.errors import ActError
from sandbox.interactions import ask_for_options
from sandbox.modals import View
from sandbox.model import Channel, Json, Message, User
from sandbox.validate.elements import GROUP, SELECT_OPTION, all_options
from sandbox.validate.shapes import Report, Shape, items

EXTERNAL = frozenset({"external_select", "multi_external_select"})
ANSWER = Shape({"options": items(SELECT_OPTION, 100, 0), "option_groups": items(GROUP.check, 100, 0)})

Place = View | tuple[Channel, Message | Json]


async def suggest(box: Box, user: User, place: Place, block: Json, element: Json, typed: str) -> Json:
    """The options the app offers for what was typed.

    Raises ActError: not_external, invalid_options (with `problems`); NotDelivered.
    """
    if element["type"] not in EXTERNAL:
        raise ActError("not_external")
    answer = await ask_for_options(box, user, place, block, element, typed)
    report = Report()
    ANSWER.check(answer or {}, "", report)
    if not answer or report.problems or len(answer) != 1:
        raise ActError("invalid_options", problems=report.problems)
    offered = box.offered.setdefault(_key(user, place, block, element), {})
    offered |= {option["value"]: option for option in all_options(answer)}
    return {key: answer[key] for key in ("options", "option_groups") if key in answer}


def choices(box: Box, user: User, place: Place, block: Json, element: Json) -> Json:
    """An external select with the options that were offered so far; other elements as they are."""
    if element["type"] not in EXTERNAL:
        return element
    initial = element.get("initial_options") or [element.get("initial_option")]
    offered = box.offered.get(_key(user, place, block, element), {})
    return {**element, "options": [*offered.values(), *filter(None, initial)]}


def _key(user: User, place: Place, block: Json, element: Json) -> tuple[str, ...]:
    if isinstance(place, View):
        where = place.id
    else:
        channel, shown = place
        where = f"{channel.id}/{shown.ts if isinstance(shown, Message) else shown['ts']}"
    return user.id, where, block["block_id"], element["action_id"]
