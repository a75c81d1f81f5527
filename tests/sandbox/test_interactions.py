"""Buttons, forms, commands, shortcuts and response_url, answered by an unmodified Bolt app."""

import asyncio
from typing import Any

import pytest
from slack_bolt.async_app import AsyncAck, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.sandbox.conftest import Connect, bolt_app
from tests.sandbox.test_posting import refusal
from tests.support.sandbox import SandboxProcess, until

Json = dict[str, Any]
SUPPORT = "C0SUPPORT"


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def row(*elements: Json) -> list[Json]:
    return [{"type": "actions", "block_id": "row", "elements": list(elements)}]


def go(value: str = "1", action_id: str = "go") -> Json:
    return {"type": "button", "action_id": action_id, "text": plain("Go"), "value": value}


def radio(action_id: str) -> Json:
    options = [{"text": plain(word), "value": word} for word in ("tell", "silent")]
    return {"type": "radio_buttons", "action_id": action_id, "options": options}


def form(**more: Any) -> Json:
    text = {"type": "plain_text_input", "action_id": "text", "multiline": True, "max_length": 20}
    blocks = [
        {"type": "input", "block_id": "how", "label": plain("How"), "element": radio("how")},
        {"type": "input", "block_id": "text", "label": plain("Text"), "optional": True, "element": text},
    ]
    view = {
        "type": "modal",
        "callback_id": "close_form",
        "title": plain("Close"),
        "submit": plain("Close case"),
    }
    return {**view, "blocks": blocks, "private_metadata": "CX-1", **more}


class Desk:
    """An app with one button that opens a form, a command and shortcuts; it keeps what it was told."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.app = bolt_app(sandbox)
        self.told: list[Json] = []
        self.ack: Json = {}
        self.form = form()
        self.app.action("go")(self._open)
        self.app.action("quiet")(self._keep)
        self.app.action("how")(self._keep)
        self.app.view("close_form")(self._submitted)
        self.app.view_closed("close_form")(self._keep)
        self.app.command("/cx")(self._command)
        self.app.shortcut("new_case")(self._open)
        self.app.shortcut("send_to_customer")(self._open)

    async def _keep(self, ack: AsyncAck, body: Json) -> None:
        self.told.append(body)
        await ack()

    async def _open(self, ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=self.form)
        self.told.append(body)

    async def _submitted(self, ack: AsyncAck, body: Json) -> None:
        self.told.append(body)
        await ack(**self.ack)

    async def _command(self, ack: AsyncAck, body: Json) -> None:
        self.told.append(body)
        await ack(f"you said {body['text']}")


@pytest.fixture
async def desk(sandbox: SandboxProcess, online: Connect) -> Desk:
    desk = Desk(sandbox)
    await online(desk.app)
    return desk


async def one_view(sandbox: SandboxProcess, user: str = "U0MAYA") -> Json:
    async def opened() -> Any:
        return (await sandbox.person(user))["views"]

    views: list[Json] = await until(opened)
    return views[-1]


async def test_a_click_tells_who_where_and_what(
    sandbox: SandboxProcess, desk: Desk, client: AsyncWebClient
) -> None:
    blocks = row(go("1", "quiet"), radio("how"))
    root = await client.chat_postMessage(channel=SUPPORT, text="card", blocks=blocks)
    await sandbox.act("U0MAYA", "select", channel=SUPPORT, ts=root["ts"], action_id="how", value="silent")
    await sandbox.act("U0MAYA", "click", channel=SUPPORT, ts=root["ts"], action_id="quiet", block_id="row")
    await until(lambda: len(desk.told) == 2)
    chosen, clicked = desk.told
    assert chosen["actions"][0]["selected_option"]["value"] == "silent"
    assert clicked["type"] == "block_actions"
    assert clicked["user"] == {"id": "U0MAYA", "username": "maya", "name": "maya", "team_id": "T0SHOP"}
    assert clicked["container"] == {
        "type": "message",
        "message_ts": root["ts"],
        "channel_id": SUPPORT,
        "is_ephemeral": False,
    }
    assert (clicked["channel"], clicked["message"]["ts"]) == ({"id": SUPPORT, "name": "support"}, root["ts"])
    assert clicked["state"]["values"]["row"]["how"]["selected_option"]["value"] == "silent"
    (action,) = clicked["actions"]
    assert (action["action_id"], action["block_id"], action["value"]) == ("quiet", "row", "1")
    assert (action["type"], action["text"]["text"]) == ("button", "Go")
    assert clicked["trigger_id"]
    assert clicked["response_url"].startswith("http://127.0.0.1:")


async def test_of_several_buttons_the_one_with_the_value_is_clicked(
    sandbox: SandboxProcess, desk: Desk, client: AsyncWebClient
) -> None:
    blocks = [*row(go("1", "quiet")), {**row(go("2", "quiet"))[0], "block_id": "second"}]
    root = await client.chat_postMessage(channel=SUPPORT, text="card", blocks=blocks)
    where = {"channel": SUPPORT, "ts": root["ts"], "action_id": "quiet"}
    await sandbox.act("U0MAYA", "click", value="2", **where)
    await until(lambda: desk.told)
    (action,) = desk.told[0]["actions"]
    assert (action["block_id"], action["value"]) == ("second", "2")
    gone = await sandbox.try_act("U0MAYA", "click", value="3", **where)
    assert gone["error"] == "element_not_found"


async def test_without_an_app_the_person_sees_an_error(
    sandbox: SandboxProcess, client: AsyncWebClient
) -> None:
    root = await client.chat_postMessage(channel=SUPPORT, text="card", blocks=row(go()))
    answer = await sandbox.try_act("U0MAYA", "click", channel=SUPPORT, ts=root["ts"], action_id="go")
    assert answer == {"ok": False, "error": "dispatch_failed"}
    answer = await sandbox.try_act("U0MAYA", "command", channel=SUPPORT, text="/cx status")
    assert answer == {"ok": False, "error": "dispatch_failed"}
    gone = await sandbox.try_act("U0MAYA", "click", channel=SUPPORT, ts=root["ts"], action_id="other")
    assert gone["error"] == "element_not_found"


async def test_a_form_is_opened_filled_and_submitted(
    sandbox: SandboxProcess, desk: Desk, client: AsyncWebClient
) -> None:
    root = await client.chat_postMessage(channel=SUPPORT, text="card", blocks=row(go()))
    await sandbox.act("U0MAYA", "click", channel=SUPPORT, ts=root["ts"], action_id="go")
    view = await one_view(sandbox)
    assert view["title"]["text"] == "Close"
    assert view["state"]["values"]["text"]["text"] == {"type": "plain_text_input", "value": None}

    empty = await sandbox.try_act("U0MAYA", "submit", view_id=view["id"], values={})
    assert empty["errors"] == {"how": "Please complete this required field."}
    long = {"how": {"how": "tell"}, "text": {"text": "x" * 21}}
    refused = await sandbox.try_act("U0MAYA", "submit", view_id=view["id"], values=long)
    assert refused["errors"] == {"text": "Please enter at most 20 characters."}
    shouts: tuple[Any, ...] = ("shout", ["tell"], {})
    for shout in shouts:
        wrong = await sandbox.try_act("U0MAYA", "submit", view_id=view["id"], values={"how": {"how": shout}})
        assert wrong["error"] == "invalid_value"
    wrong = await sandbox.try_act("U0MAYA", "submit", view_id=view["id"], values={"how": "tell"})
    assert wrong["error"] == "invalid_values"

    values = {"how": {"how": "tell"}, "text": {"text": "Goodbye"}}
    done = await sandbox.act("U0MAYA", "submit", view_id=view["id"], values=values)
    assert (done["ack"], done["closed"]) == (None, True)
    assert (await sandbox.person("U0MAYA"))["views"] == []
    submitted = desk.told[-1]
    assert (submitted["type"], submitted["user"]["id"]) == ("view_submission", "U0MAYA")
    sent = submitted["view"]
    assert (sent["callback_id"], sent["private_metadata"], sent["root_view_id"]) == (
        "close_form",
        "CX-1",
        view["id"],
    )
    assert sent["state"]["values"]["how"]["how"]["selected_option"]["value"] == "tell"
    assert sent["state"]["values"]["text"]["text"]["value"] == "Goodbye"


async def test_what_the_acknowledgement_of_a_form_can_do(sandbox: SandboxProcess, desk: Desk) -> None:
    await sandbox.act("U0MAYA", "shortcut", callback_id="new_case")
    view = await one_view(sandbox)
    values = {"how": {"how": "tell"}}
    desk.ack = {"response_action": "errors", "errors": {"how": "Not today."}}
    answer = await sandbox.act("U0MAYA", "submit", view_id=view["id"], values=values)
    assert (answer["ack"]["errors"], answer["closed"]) == ({"how": "Not today."}, False)

    desk.ack = {"response_action": "push", "view": form(title=plain("Second"))}
    await sandbox.act("U0MAYA", "submit", view_id=view["id"], values=values)
    second = await one_view(sandbox)
    assert (second["title"]["text"], second["previous_view_id"]) == ("Second", view["id"])

    desk.ack = {"response_action": "update", "view": form(title=plain("Changed"))}
    await sandbox.act("U0MAYA", "submit", view_id=second["id"], values=values)
    changed = await one_view(sandbox)
    assert (changed["id"], changed["title"]["text"]) == (second["id"], "Changed")
    assert changed["hash"] != second["hash"]
    assert changed["state"]["values"]["how"]["how"]["selected_option"]["value"] == "tell"

    desk.ack = {"response_action": "errors", "errors": {"nowhere": "x"}}
    refused = await sandbox.try_act("U0MAYA", "submit", view_id=second["id"], values=values)
    assert refused["error"] == "invalid_ack"

    desk.ack = {"response_action": "clear"}
    assert (await sandbox.act("U0MAYA", "submit", view_id=second["id"], values=values))["closed"] is True
    assert (await sandbox.person("U0MAYA"))["views"] == []


async def test_closing_a_form_is_told_if_asked_for(sandbox: SandboxProcess, desk: Desk) -> None:
    desk.form = form(notify_on_close=True)
    await sandbox.act("U0MAYA", "shortcut", callback_id="new_case")
    view = await one_view(sandbox)
    await sandbox.act("U0MAYA", "close_view", view_id=view["id"])
    await until(lambda: desk.told[-1]["type"] == "view_closed")
    assert desk.told[-1]["is_cleared"] is False
    assert (await sandbox.person("U0MAYA"))["views"] == []


async def test_trigger_ids_are_used_once_and_soon(
    sandbox: SandboxProcess, desk: Desk, client: AsyncWebClient
) -> None:
    await sandbox.act("U0MAYA", "shortcut", callback_id="new_case")
    await until(lambda: desk.told)
    used = client.views_open(trigger_id=desk.told[0]["trigger_id"], view=form())
    assert (await refusal(used))["error"] == "exchanged_trigger_id"
    assert (await refusal(client.views_open(trigger_id="1.2.3", view=form())))[
        "error"
    ] == "invalid_trigger_id"
    await sandbox.act("U0MAYA", "command", channel=SUPPORT, text="/cx status")
    await asyncio.sleep(3.1)  # the time a trigger is good for
    late = client.views_open(trigger_id=desk.told[1]["trigger_id"], view=form())
    assert (await refusal(late))["error"] == "expired_trigger_id"


@pytest.mark.parametrize(
    ("view", "problem"),
    [
        (form(title=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/title/text]"),
        (
            {key: part for key, part in form().items() if key != "submit"},
            "must define `submit` to use an `input` block in modals [json-pointer:/view/blocks/0/input]",
        ),
        (
            form(private_metadata="x" * 3001),
            "must be less than 3001 characters [json-pointer:/view/private_metadata]",
        ),
        (form(id="V1"), "invalid additional property: id [json-pointer:/view]"),
        (
            form(blocks=[{"type": "divider"}] * 101),
            "no more than 100 items allowed [json-pointer:/view/blocks]",
        ),
        (
            form(blocks=[{"type": "markdown", "text": "x"}]),
            "unsupported type: markdown [json-pointer:/view/blocks/0/type]",
        ),
    ],
)
async def test_views_that_slack_refuses(client: AsyncWebClient, view: Json, problem: str) -> None:
    answer = await refusal(client.views_open(trigger_id="1.2.3", view=view))
    assert answer["error"] == "invalid_arguments"
    assert f"[ERROR] {problem}" in answer["response_metadata"]["messages"]


async def test_views_are_updated_with_a_matching_hash(
    sandbox: SandboxProcess, desk: Desk, client: AsyncWebClient
) -> None:
    await sandbox.act("U0MAYA", "shortcut", callback_id="new_case")
    view = await one_view(sandbox)
    stale = client.views_update(view_id=view["id"], hash="1.old", view=form())
    assert (await refusal(stale))["error"] == "hash_conflict"
    updated = await client.views_update(view_id=view["id"], hash=view["hash"], view=form(title=plain("New")))
    assert updated["view"]["title"]["text"] == "New"
    assert (await refusal(client.views_update(view_id="V0", view=form())))["error"] == "not_found"


async def test_a_stack_of_forms_is_three_deep(
    sandbox: SandboxProcess, desk: Desk, client: AsyncWebClient
) -> None:
    desk.form = form(blocks=row(go("1", "quiet")))
    await sandbox.act("U0MAYA", "shortcut", callback_id="new_case")
    for depth in (2, 3, 4):
        top = await one_view(sandbox)
        count = len(desk.told)
        await sandbox.act("U0MAYA", "click", view_id=top["id"], action_id="quiet")
        await until(lambda count=count: len(desk.told) > count)  # type: ignore[misc]
        assert desk.told[-1]["container"] == {"type": "view", "view_id": top["id"]}
        push = client.views_push(
            trigger_id=desk.told[-1]["trigger_id"], view=form(blocks=row(go("1", "quiet")))
        )
        if depth < 4:
            assert (await push)["view"]["root_view_id"] == desk.told[-1]["view"]["root_view_id"]
        else:
            assert (await refusal(push))["error"] == "push_limit_reached"


async def test_the_home_is_published(sandbox: SandboxProcess, client: AsyncWebClient) -> None:
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    published = await client.views_publish(user_id="U0TOM", view=home)
    assert (await sandbox.person("U0TOM"))["home"]["id"] == published["view"]["id"]
    assert (await sandbox.person("U0MAYA"))["home"] is None
    with_title = client.views_publish(user_id="U0TOM", view={**home, "title": plain("x")})
    assert (await refusal(with_title))["error"] == "invalid_arguments"


async def test_commands_carry_their_place_and_may_answer_at_once(sandbox: SandboxProcess, desk: Desk) -> None:
    await sandbox.act("U0MAYA", "command", channel=SUPPORT, text="/cx status  now")
    told = desk.told[0]
    assert (told["command"], told["text"]) == ("/cx", "status  now")
    assert (told["channel_id"], told["channel_name"]) == (SUPPORT, "support")
    assert (told["user_id"], told["team_domain"], told["api_app_id"]) == ("U0MAYA", "northwind", "A0COPILOT")
    assert [each["text"] for each in (await sandbox.person("U0MAYA"))["ephemerals"]] == [
        "you said status  now"
    ]
    unknown = await sandbox.try_act("U0MAYA", "command", channel=SUPPORT, text="/other")
    assert unknown["error"] == "unknown_command"
    root = await sandbox.act("U0MAYA", "post", channel=SUPPORT, text="x")
    in_thread = await sandbox.try_act(
        "U0MAYA", "command", channel=SUPPORT, text="/cx status", thread_ts=root["ts"]
    )
    assert in_thread["error"] == "not_supported_in_threads"


async def test_message_shortcuts_carry_the_message(sandbox: SandboxProcess, desk: Desk) -> None:
    posted = await sandbox.act("U0MAYA", "post", channel=SUPPORT, text="send me")
    where = {"channel": SUPPORT, "ts": posted["ts"]}
    await sandbox.act("U0TOM", "message_shortcut", callback_id="send_to_customer", **where)
    await until(lambda: desk.told)
    told = desk.told[0]
    assert (told["type"], told["callback_id"], told["user"]["id"]) == (
        "message_action",
        "send_to_customer",
        "U0TOM",
    )
    assert (told["message"]["text"], told["message_ts"]) == ("send me", posted["ts"])
    wrong = await sandbox.try_act("U0TOM", "message_shortcut", callback_id="new_case", **where)
    assert wrong["error"] == "unknown_shortcut"


async def test_response_url_replaces_and_removes_an_ephemeral(
    sandbox: SandboxProcess, online: Connect, client: AsyncWebClient
) -> None:
    app = bolt_app(sandbox)

    async def send(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        await respond(replace_original=True, text="Sending", blocks=row(go("2", "undo")))

    async def undo(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        await respond(delete_original=True)

    app.action("go")(send)
    app.action("undo")(undo)
    await online(app)
    root = await client.chat_postMessage(channel=SUPPORT, text="root")
    shown = await client.chat_postEphemeral(
        channel=SUPPORT, user="U0MAYA", text="preview", thread_ts=root["ts"], blocks=row(go())
    )
    ts = shown["message_ts"]
    foreign = await sandbox.try_act("U0TOM", "click", channel=SUPPORT, ts=ts, action_id="go")
    assert foreign["error"] == "message_not_found"
    await sandbox.act("U0MAYA", "click", channel=SUPPORT, ts=ts, action_id="go")

    async def changed() -> bool:
        (ephemeral,) = (await sandbox.person("U0MAYA"))["ephemerals"]
        return bool(ephemeral["text"] == "Sending" and ephemeral["thread_ts"] == root["ts"])

    await until(changed)
    await sandbox.act("U0MAYA", "click", channel=SUPPORT, ts=ts, action_id="undo")

    async def gone() -> bool:
        return not (await sandbox.person("U0MAYA"))["ephemerals"]

    await until(gone)


async def test_response_url_is_good_for_five_answers(
    sandbox: SandboxProcess, desk: Desk, client: AsyncWebClient
) -> None:
    root = await client.chat_postMessage(channel=SUPPORT, text="card", blocks=row(go("1", "quiet")))
    await sandbox.act("U0MAYA", "click", channel=SUPPORT, ts=root["ts"], action_id="quiet")
    hook = AsyncWebhookClient(desk.told[0]["response_url"])
    refused = await hook.send(text="", blocks=[{"type": "banner"}])
    assert (refused.status_code, "invalid_blocks" in refused.body) == (404, True)
    assert (await hook.send(text="only you")).body == "ok"
    await hook.send(text="everybody", response_type="in_channel")
    await hook.send_dict({"text": "in the thread", "response_type": "in_channel", "thread_ts": root["ts"]})
    await hook.send(text="changed", replace_original=True)
    messages = await sandbox.messages(SUPPORT)
    assert [each["text"] for each in messages] == ["changed", "everybody", "in the thread"]
    assert messages[2]["thread_ts"] == root["ts"]
    assert (await hook.send(delete_original=True)).body == "ok"
    used = await hook.send(text="sixth")
    assert (used.status_code, "used_url" in used.body) == (404, True)


async def test_the_app_tells_nobody_twice_that_it_was_late(sandbox: SandboxProcess, online: Connect) -> None:
    app = bolt_app(sandbox)
    clicks: list[Json] = []

    async def never(ack: AsyncAck, body: Json) -> None:
        clicks.append(body)

    app.command("/cx")(never)
    await online(app)
    answer = await sandbox.try_act("U0MAYA", "command", channel=SUPPORT, text="/cx status")
    assert answer == {"ok": False, "error": "operation_timeout"}
    await asyncio.sleep(0.5)
    assert len(clicks) == 1
