"""agents.sessions.* and assistant.threads.*"""

from sandbox.agents import STATUSES, Place
from sandbox.api.access import costume, find_channel
from sandbox.api.args import Args
from sandbox.box import Box
from sandbox.errors import ApiError, InvalidArguments
from sandbox.model import Channel, Json

MOST_TITLE = 200
MOST_LOADING = 10
MOST_PROMPTS = 4
UNHEARD = "missing_agent_session_stopped_event_subscription"


def _channel(box: Box, args: Args) -> Channel:
    return find_channel(box, args.needed("channel_id"))


def _place(box: Box, args: Args) -> Place:
    """The thread of a session. Raises ApiError: feature_disabled, not_authorized, thread_ts_required."""
    if not box.manifest.agent:
        raise ApiError("feature_disabled")
    channel = _channel(box, args)
    if box.seed.app.bot_user_id not in channel.members:
        raise ApiError("not_authorized")
    thread_ts = args.text("thread_ts")
    if thread_ts is None:
        raise ApiError("thread_ts_required")
    if thread_ts not in channel.messages:
        raise ApiError("thread_not_found")
    return channel.id, thread_ts


def set_session_status(box: Box, args: Args) -> Json:
    status, title = args.needed("status"), args.text("title") or ""
    if status not in STATUSES:
        raise ApiError("invalid_status")
    if len(title) > MOST_TITLE:
        raise InvalidArguments(["must be less than 201 characters [json-pointer:/title]"])
    place, initiator = _place(box, args), args.text("initiator_user_id")
    if initiator is not None and initiator not in box.workspace.users:
        raise ApiError("user_not_found")
    session = box.agents.set_session(place, status, title, initiator, costume(box, args))
    answer = {"status": session.status, "agent_status": session.status, "title": session.title}
    if box.agents.stoppable:
        return answer
    return {**answer, "warning": UNHEARD, "response_metadata": {"warnings": [UNHEARD]}}


def rename_session(box: Box, args: Args) -> Json:
    title, place = args.needed("title"), _place(box, args)
    if len(title) > MOST_TITLE:
        raise InvalidArguments(["must be less than 201 characters [json-pointer:/title]"])
    if place not in box.agents.sessions:
        raise ApiError("session_not_found")
    box.agents.rename(place, title)
    return {"title": title}


def _thread(box: Box, args: Args) -> Place:
    channel = _channel(box, args)
    thread_ts = args.needed("thread_ts")
    if thread_ts not in channel.messages:
        raise ApiError("invalid_thread_ts")
    return channel.id, thread_ts


def set_status(box: Box, args: Args) -> Json:
    if not isinstance(args.raw.get("status"), str):
        raise InvalidArguments(["missing required field: status"])
    loading = args.parsed("loading_messages", "invalid_arguments") or []
    if not isinstance(loading, list) or len(loading) > MOST_LOADING:
        raise InvalidArguments(
            [f"no more than {MOST_LOADING} items allowed [json-pointer:/loading_messages]"]
        )
    place = _thread(box, args)
    box.agents.set_status(place, args.raw["status"], [str(each) for each in loading], costume(box, args))
    return {}


def set_title(box: Box, args: Args) -> Json:
    title, place = args.needed("title"), _thread(box, args)
    session = box.agents.sessions.get(place)
    box.agents.set_session(place, session.status if session else "active", title)
    box.agents.rename(place, title)
    return {}


def set_suggested_prompts(box: Box, args: Args) -> Json:
    """Prompts above the composer. As in Slack, an agent app that names a thread gets `ok` and no prompts."""
    channel = _channel(box, args)
    prompts = args.parsed("prompts", "invalid_arguments")
    if not isinstance(prompts, list) or not prompts:
        raise InvalidArguments(["missing required field: prompts"])
    if len(prompts) > MOST_PROMPTS:
        raise InvalidArguments([f"no more than {MOST_PROMPTS} items allowed [json-pointer:/prompts]"])
    for at, each in enumerate(prompts):
        if not isinstance(each, dict) or not all(_word(each.get(key)) for key in ("title", "message")):
            raise InvalidArguments([f"needs a title and a message [json-pointer:/prompts/{at}]"])
    if args.text("thread_ts") and not box.manifest.agent:
        _thread(box, args)
    if not (args.text("thread_ts") and box.manifest.agent):
        box.agents.set_prompts(channel.id, args.text("title") or "", prompts)
    return {}


def _word(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
