"""Opening chat sessions, and knowing whose request this is."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from starlette.types import Scope

from bot.web.body import bearer
from bot.web.context import ChatSite, WebContext
from bot.web.errors import UnknownSite
from cases.errors import CxError
from cases.language import _
from cases.messages import greeting
from cases.reader import language_of, reader, use
from channels.errors import BadToken
from channels.tokens import Session, check_user, known_visitor, new_visitor
from channels.webchat import MAX_FILES, MAX_TEXT, SessionRequest
from storage import articles, conversations
from storage.conversations import Visitor


def site_of(web: WebContext, key: str) -> ChatSite:
    """The site of that key; raises UnknownSite."""
    try:
        return web.sites[key]
    except KeyError:
        raise UnknownSite from None


def check_session(web: WebContext, token: str, site: str) -> Session:
    """The session of ``token``; raises UnknownSite, BadToken or SessionExpired."""
    place = site_of(web, site)
    session = web.signer.read_session(token, site, datetime.now(UTC))
    if session.workspace_id != place.workspace_id:
        raise BadToken
    return session


def session_of(web: WebContext, scope: Scope, site: str) -> Session:
    """The session of a request's bearer token."""
    return check_session(web, bearer(scope), site)


async def open_session(web: WebContext, site: ChatSite, request: SessionRequest) -> dict[str, object]:
    """Start or continue a visitor's conversation; the answer of POST session.

    Raises BadSignature when the visitor is not who the signature or the token says.
    """
    name = _visitor_name(web, site, request)
    visitor = _visitor(web, site, name, request)
    conversation_id, conversation = await _conversation(web, site, name, visitor, request)
    channel = await _channel(web, site, conversation_id)
    await conversations.speak(web.db, conversation_id, reader().language, channel)
    expires_at = (datetime.now(UTC) + web.session_lifetime).replace(microsecond=0)
    session = Session(site.workspace_id, site.key, conversation_id, conversation, name, expires_at)
    return {
        "session_token": web.signer.session(session),
        "visitor_token": None if visitor.verified else web.signer.visitor(site.workspace_id, site.key, name),
        "conversation": conversation.hex,
        "expires_at": expires_at.isoformat(),
        "title": site.title,
        "greeting": greeting(site.greeting, reader().language),
        "articles": await articles.any_public(web.db, site.workspace_id),
        "limits": {
            "max_text": MAX_TEXT,
            "max_file_bytes": web.max_file_bytes,
            "max_files": MAX_FILES,
            "edit_seconds": web.edit_seconds,
        },
    }


def _visitor_name(web: WebContext, site: ChatSite, request: SessionRequest) -> str:
    if request.visitor:
        check_user(site.secret, request.visitor.user_id, request.visitor.signature)
        return known_visitor(request.visitor.user_id)
    if request.visitor_token:
        return web.signer.read_visitor(request.visitor_token, site.workspace_id, site.key)
    return new_visitor()


def _visitor_called(web: WebContext, mark: str) -> str:
    """What the team calls somebody of whom nothing is known."""
    with use(web.team):
        return _("Visitor {mark}", mark=mark)


def _visitor(web: WebContext, site: ChatSite, name: str, request: SessionRequest) -> Visitor:
    signed = request.visitor
    if signed:
        return Visitor(
            kind="chat",
            value=f"{site.key}:{signed.user_id}",
            external_id=signed.user_id,
            name=signed.name or signed.user_id,
            email=signed.email,
            verified=True,
        )
    random = name.removeprefix("anonymous:")
    return Visitor("visitor", random, None, _visitor_called(web, random[:4]), None, verified=False)


async def _conversation(
    web: WebContext, site: ChatSite, name: str, visitor: Visitor, request: SessionRequest
) -> tuple[int, UUID]:
    """The conversation the visitor goes on with; a new one is made when they want or need it."""
    past = _past_session(web, site, name, request)
    if past and not request.new:
        return past.conversation_id, past.conversation
    now = web.clock.now()
    identity = await conversations.identity(web.db, site.workspace_id, visitor, now)
    latest = await conversations.latest(web.db, identity, site.key)
    if latest and (not request.new or await _is_empty(web, latest[0])):
        return latest
    return await conversations.start(web.db, site.workspace_id, identity, site.key, site.slack_channel, now)


async def _channel(web: WebContext, site: ChatSite, conversation_id: int) -> str:
    """Where the conversation's next case goes: by the customer's language, else by that of the chat."""
    if not site.routes:
        return site.slack_channel
    known = await conversations.customers_language(web.db, conversation_id)
    return site.routes.get(language_of(known or "") or reader().language, site.slack_channel)


def _past_session(web: WebContext, site: ChatSite, name: str, request: SessionRequest) -> Session | None:
    """The session this browser had, if it is this visitor's."""
    if not request.session_token:
        return None
    try:
        past = web.signer.read_past_session(request.session_token, site.key)
    except CxError:
        return None
    return past if (past.workspace_id, past.visitor) == (site.workspace_id, name) else None


async def _is_empty(web: WebContext, conversation_id: int) -> bool:
    row = await conversations.status(web.db, conversation_id)
    return row is not None and row["last_seq"] == 0
