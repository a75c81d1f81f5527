"""Signed tokens of the web chat: who a visitor is, which conversation a session may use.

A token is ``base64url(payload).base64url(HMAC-SHA256)``. The key of each kind of token is derived
from the product's secret key, so that a token of one kind can never pass for another. Nothing in
a token is secret; the signature only proves that we issued it.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from cases.surveys import LINK_FOR
from channels.errors import BadSignature, BadToken, SessionExpired

MAX_TOKEN_LENGTH = 1_024
_KNOWN = "user:"
FILE_LINK_LIFETIME = timedelta(days=2)
"""A link to a file lives until the end of the following UTC day; each reading of the history renews it."""


@dataclass(frozen=True, slots=True)
class Session:
    """What a session token allows: to read and write one conversation until it expires."""

    workspace_id: int
    site: str
    conversation_id: int
    conversation: UUID
    visitor: str
    expires_at: datetime

    @property
    def signed(self) -> bool:
        """Whether the host site vouches for the visitor."""
        return self.visitor.startswith(_KNOWN)


class Signer:
    """Issues and checks the tokens of one deployment.

    ``secret`` is CX_SECRET_KEY; replicas must share it, and changing it ends all sessions.
    """

    def __init__(self, secret: str) -> None:
        self._keys = {
            kind: hmac.digest(secret.encode(), kind.encode(), "sha256")
            for kind in ("session", "visitor", "file", "survey", "page", "form")
        }

    def session(self, session: Session) -> str:
        """The token of ``session``; its expiry is kept in whole seconds."""
        return self._sign(
            "session",
            [
                session.workspace_id,
                session.site,
                session.conversation_id,
                session.conversation.hex,
                session.visitor,
                int(session.expires_at.timestamp()),
            ],
        )

    def read_session(self, token: str, site: str, now: datetime) -> Session:
        """The session that ``token`` stands for.

        Raises BadToken for anything we did not sign for ``site``, SessionExpired when it is over.
        """
        session = self.read_past_session(token, site)
        if session.expires_at <= now:
            raise SessionExpired
        return session

    def read_past_session(self, token: str, site: str) -> Session:
        """Like :meth:`read_session`, but a session that is over is good enough (to renew it)."""
        workspace_id, token_site, conversation_id, conversation, visitor, expires = self._read(
            "session", token, BadToken
        )
        if token_site != site:
            raise BadToken
        expires_at = datetime.fromtimestamp(expires, UTC)
        return Session(workspace_id, site, conversation_id, UUID(conversation), visitor, expires_at)

    def visitor(self, workspace_id: int, site: str, visitor: str) -> str:
        """The token by which an anonymous visitor is known again; it does not expire."""
        return self._sign("visitor", [workspace_id, site, visitor])

    def read_visitor(self, token: str, workspace_id: int, site: str) -> str:
        """The anonymous visitor that ``token`` stands for. Raises BadSignature for any other token."""
        token_workspace, token_site, visitor = self._read("visitor", token, BadSignature)
        if (token_workspace, token_site) != (workspace_id, site):
            raise BadSignature
        return str(visitor)

    def file(self, file: UUID, conversation_id: int, now: datetime) -> str:
        """The token of a link to ``file``, the same all day so that browsers can cache the file."""
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        expires = int((midnight + FILE_LINK_LIFETIME).timestamp())
        return self._sign("file", [file.hex, conversation_id, expires])

    def read_file(self, token: str, file: UUID, now: datetime) -> int:
        """The conversation that the link ``token`` to ``file`` was made for.

        Raises BadToken for anything else, SessionExpired when the link is too old.
        """
        token_file, conversation_id, expires = self._read("file", token, BadToken)
        if token_file != file.hex:
            raise BadToken
        if expires <= now.timestamp():
            raise SessionExpired("This link has expired. Please open the file from the chat again.")
        return int(conversation_id)

    def survey(self, survey: UUID, asked_at: datetime) -> str:
        """The token of the page on which a customer answers; it lives for LINK_FOR."""
        return self._sign("survey", [survey.hex, int((asked_at + LINK_FOR).timestamp())])

    def read_survey(self, token: str, now: datetime) -> UUID:
        """What the page's ``token`` was made for.

        Raises BadToken for anything else, SessionExpired when the link is too old.
        """
        survey, expires = self._read("survey", token, BadToken)
        if expires <= now.timestamp():
            raise SessionExpired("This link has expired.")
        return UUID(survey)

    def page(self, receipt: UUID) -> str:
        """The token of the page of a case: how long it works is said by the case, not by the token."""
        return self._sign("page", [receipt.hex])

    def read_page(self, token: str) -> UUID:
        """What the page's ``token`` was made for; raises BadToken for anything else."""
        (receipt,) = self._read("page", token, BadToken)
        return UUID(receipt)

    def opens(self, token: str) -> bool:
        """Whether ``token`` opens a page of a case or of a survey, or did so once."""
        for kind in ("page", "survey"):
            with suppress(BadToken):
                self._read(kind, token, BadToken)
                return True
        return False

    def form(self, receipt: UUID, key: str) -> str:
        """What a form on that page carries: ``key`` says which form it is, so that it has one effect."""
        return self._sign("form", [receipt.hex, key])

    def read_form(self, token: str, receipt: UUID) -> str:
        """The key of a form that was shown on that page; raises BadToken for any other."""
        made_for, key = self._read("form", token, BadToken)
        if made_for != receipt.hex:
            raise BadToken
        return str(key)

    def _sign(self, kind: str, fields: Sequence[object]) -> str:
        payload = urlsafe_b64encode(json.dumps(fields, separators=(",", ":")).encode())
        return f"{payload.decode()}.{self._mac(kind, payload)}"

    def _mac(self, kind: str, payload: bytes) -> str:
        return urlsafe_b64encode(hmac.digest(self._keys[kind], payload, "sha256")).decode().rstrip("=")

    def _read(self, kind: str, token: str, error: type[BadToken] | type[BadSignature]) -> list[Any]:
        if len(token) > MAX_TOKEN_LENGTH or not token.isascii():
            raise error
        payload, _, mac = token.partition(".")
        if not hmac.compare_digest(mac, self._mac(kind, payload.encode())):
            raise error
        fields: list[Any] = json.loads(urlsafe_b64decode(payload))
        return fields


def new_visitor() -> str:
    """A fresh name for a visitor who did not say who they are."""
    return f"anonymous:{uuid4().hex}"


def known_visitor(user_id: str) -> str:
    """The name of a visitor whom the host site vouches for."""
    return f"{_KNOWN}{user_id}"


def sign_user(site_secret: str, user_id: str) -> str:
    """What the host site computes for its signed-in user: hex HMAC-SHA256(site secret, user id)."""
    return hmac.new(site_secret.encode(), user_id.encode(), sha256).hexdigest()


def check_user(site_secret: str | None, user_id: str, signature: str) -> None:
    """Raise BadSignature unless ``signature`` proves that the host site vouches for ``user_id``."""
    if not site_secret:
        raise BadSignature("This chat takes no signed-in visitors: it has no secret in CX_CHAT_SECRETS.")
    expected = sign_user(site_secret, user_id)
    if not signature.isascii() or not hmac.compare_digest(expected, signature.strip().lower()):
        raise BadSignature
