"""What we log in with: a password, or a token of OAuth 2 that is asked for whenever it runs out."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

import aiohttp
import orjson

from bot.mail.errors import LoginRefused, Trouble, unreachable
from cases.mailboxes import Grant, Mailbox, MailSecrets, OAuth

_SECONDS = 15.0
_MARGIN_SECONDS = 60.0
"""A token is not used any more so long before it runs out."""
_USUAL_SECONDS = 300.0
_MOST_BYTES = 100_000


class Login:
    """The secrets of one mailbox."""

    def __init__(self, mailbox: Mailbox, secrets: MailSecrets) -> None:
        self._oauth = mailbox.oauth
        self._secrets = secrets
        self._token = ""
        self._until = 0.0
        self._asking = asyncio.Lock()

    @property
    def password(self) -> str:
        """For the server that mails come from."""
        return self._secrets.secret

    @property
    def smtp_password(self) -> str:
        """For the server that takes ours."""
        return self._secrets.smtp or self._secrets.secret

    async def token(self) -> str:
        """An access token that holds for a minute at least; raises LoginRefused or Trouble."""
        assert self._oauth is not None
        async with self._asking:
            if monotonic() >= self._until:
                self._token, seconds = await _ask(self._oauth, self._secrets)
                self._until = monotonic() + max(seconds - _MARGIN_SECONDS, 0.0)
            return self._token

    def forget(self) -> None:
        """Ask for another token next time: a server did not take this one."""
        self._until = 0.0


async def _ask(oauth: OAuth, secrets: MailSecrets) -> tuple[str, float]:
    """A new token, and for how many seconds it holds (RFC 6749, 4.4 and 6)."""
    try:
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(oauth.token_url, data=_form(oauth, secrets), allow_redirects=False) as answer,
        ):
            said = _object(await answer.content.read(_MOST_BYTES))
            if answer.status != 200:
                raise LoginRefused(f"{oauth.token_url} gives no token: {_why(said) or answer.status}.")
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise unreachable(oauth.token_url, error) from error
    token, seconds = said.get("access_token"), said.get("expires_in")
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise Trouble(f"{oauth.token_url} answers without a token.")
    return token, float(seconds) if isinstance(seconds, int | float) else _USUAL_SECONDS


def _form(oauth: OAuth, secrets: MailSecrets) -> dict[str, str]:
    form = {"grant_type": str(oauth.grant), "client_id": oauth.client_id}
    if oauth.grant is Grant.CLIENT_CREDENTIALS:
        form["client_secret"] = secrets.secret
    else:
        form["refresh_token"] = secrets.secret
        if secrets.client_secret:
            form["client_secret"] = secrets.client_secret
    return form | ({"scope": oauth.scope} if oauth.scope else {})


def _object(content: bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _why(said: dict[str, Any]) -> str:
    words = str(said.get("error") or "")
    return words if words.isprintable() and len(words) <= 100 else ""
