"""A visitor edits or deletes a message of their own."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from bot.web.body import read_body
from bot.web.context import WebContext
from bot.web.feed import Feed
from bot.web.limits import ConversationLimit, RateLimit
from bot.web.sessions import session_of
from cases.language import later
from cases.messages import Change
from channels.pages import without_links
from channels.webchat import MAX_BODY, check_message_id, parse_edit


def add_changes(router: APIRouter, web: WebContext, feed: Feed) -> None:
    """PUT and DELETE of one message, by the id that the visitor's browser gave it."""
    limit = ConversationLimit(
        RateLimit(later("Too many changes at once."), web.message_rate),
        RateLimit(later("Too many changes at once from your network."), web.per_address.messages),
    )

    async def change(site: str, key: str, request: Request, *, edits: bool) -> Response:
        session = session_of(web, request.scope, site)
        key = check_message_id(key)
        edit, text = 0, None
        if edits:
            edit, text = parse_edit(await read_body(request.scope, request.receive, MAX_BODY))
            text = without_links(text, web.signer)
        limit.take(session.conversation_id, request.scope)
        wanted = Change(session.conversation_id, key, edit, text)
        changed = await web.change(wanted, web.clock.now())
        if changed.seq is None:
            return JSONResponse({"message": None, "applied": False}, 202)
        if changed.applied:
            web.hub.push(session.conversation_id)
        message = await feed.message(session.conversation_id, site, changed.seq)
        return JSONResponse({"message": message, "applied": changed.applied})

    @router.put("/{site}/messages/{key:path}")
    async def edit(site: str, key: str, request: Request) -> Response:
        return await change(site, key, request, edits=True)

    @router.delete("/{site}/messages/{key:path}")
    async def delete(site: str, key: str, request: Request) -> Response:
        return await change(site, key, request, edits=False)
