"""The hot way in: a customer's message, accepted in one commit and shown at once."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.web.body import read_body
from bot.web.context import WebContext
from bot.web.errors import UnknownFile
from bot.web.feed import Feed, Shown, message_frame, own_message
from bot.web.limits import ConversationLimit, OpeningLimit, RateLimit
from bot.web.sessions import session_of
from cases.enums import Channel
from cases.language import later
from cases.messages import InboundMessage, Receipt
from channels.pages import without_links
from channels.tokens import Session
from channels.webchat import MAX_BODY, ChatMessage, parse_message
from storage import files


class MessagesFirst:
    """POST /chat/{site}/messages before the router, whose layers cost it a fifth of its processor time."""

    def __init__(self, messages: ASGIApp, rest: ASGIApp) -> None:
        self._messages = messages
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand customers' messages to their endpoint and all else on."""
        site = _site_of_messages(scope)
        if site is None:
            await self._rest(scope, receive, send)
        else:
            scope["path_params"] = {"site": site}
            await self._messages(scope, receive, send)


def _site_of_messages(scope: Scope) -> str | None:
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    match scope["path"].split("/"):
        case ["", "chat", str(site), "messages"] if site:
            return site
        case _:
            return None


class PostMessage:
    """POST /chat/{site}/messages as a bare ASGI endpoint."""

    def __init__(self, web: WebContext) -> None:
        self._web = web
        self._feed = Feed(web.db, web.signer, web.address)
        self._limit = ConversationLimit(
            RateLimit(later("Too many messages at once."), web.message_rate),
            RateLimit(later("Too many messages at once from your network."), web.per_address.messages),
        )
        self._openings = OpeningLimit(web.opening_rate)
        self._accepted = web.metrics.messages_in.labels(Channel.WEBCHAT)
        self._repeated = web.metrics.repeats.labels(Channel.WEBCHAT)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; raises what the gate turns into a refusal."""
        session = session_of(self._web, scope, scope["path_params"]["site"])
        message = parse_message(await read_body(scope, receive, MAX_BODY))
        message = replace(message, text=without_links(message.text, self._web.signer))
        self._limit.take(session.conversation_id, scope)
        answer = orjson.dumps(await self._accept(session, message, scope))
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", b"application/json"),
                    (b"content-length", str(len(answer)).encode()),
                ],
            }
        )
        await send({"type": "http.response.body", "body": answer})

    async def _accept(self, session: Session, message: ChatMessage, scope: Scope) -> dict[str, object]:
        await self._check_files(session, message)
        inbound = InboundMessage(
            session.conversation_id, message.client_message_id, message.text, message.files
        )
        started = perf_counter()
        receipt = await self._web.receive(
            inbound, self._web.clock.now(), lambda: self._openings.take(session, scope)
        )
        self._web.metrics.intake_seconds.observe(perf_counter() - started)
        (self._repeated if receipt.duplicate else self._accepted).inc()
        shown = await self._shown(session, message, receipt)
        if not receipt.duplicate and self._web.hub.is_watched(session.conversation_id):
            self._web.hub.deliver(session.conversation_id, receipt.seq, message_frame(shown))
            if receipt.seq == 1:
                self._web.hub.push(session.conversation_id)
        return {"message": shown, "duplicate": receipt.duplicate, "reference": receipt.reference}

    async def _check_files(self, session: Session, message: ChatMessage) -> None:
        for file in message.files:
            row = await files.get(self._web.db, session.conversation_id, file)
            if row is None:
                raise UnknownFile
            if row["message_id"] is not None and row["client_message_id"] != message.client_message_id:
                raise UnknownFile("This file has gone with another message already. Please attach it again.")

    async def _shown(self, session: Session, message: ChatMessage, receipt: Receipt) -> Shown:
        """The message as stored; it is read again only where storing may have changed it."""
        if receipt.duplicate or receipt.changed or message.files:
            return await self._feed.message(session.conversation_id, session.site, receipt.seq)
        return own_message(
            receipt.seq, receipt.message_uuid, message.text, receipt.created_at, message.client_message_id
        )
