"""Installing the app into a workspace by OAuth: from the first click to a token that is kept, encrypted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from secrets import token_urlsafe
from urllib.parse import quote, urljoin

import aiohttp
import structlog
from cryptography.fernet import Fernet, InvalidToken
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.oauth import AuthorizeUrlGenerator
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.connection import Connect
from bot.vault import Vault, derive
from bot.workspace import error_code
from cases.clock import Clock
from cases.errors import CxError, InvalidInput, Unavailable
from storage import installations
from storage.db import Database

STATE_SECONDS = 600
"""How long Slack's page may be looked at before one has to start again."""
REDIRECT = "/slack/oauth_redirect"

_CREDENTIALS = frozenset(
    {"bad_client_secret", "invalid_client_id", "bad_redirect_uri", "invalid_redirect_uri"}
)

log = structlog.get_logger(__name__)


class StartAgain(InvalidInput):
    """This installation was finished, or begun elsewhere or too long ago. Please start it again."""


class Cancelled(InvalidInput):
    """You cancelled the installation, so nothing was changed."""


class NotConfigured(CxError):
    """Slack does not accept this server's client id, client secret or address; please tell who runs it."""


class WholeOrganisation(InvalidInput):
    """CX Copilot is installed into single workspaces, not into a whole organisation: please choose one."""


@dataclass(frozen=True, slots=True)
class Begun:
    """An installation under way: where to go, and what this browser must bring back."""

    url: str
    nonce: str


@dataclass(frozen=True, slots=True)
class Installed:
    """A finished installation."""

    team: str
    name: str
    url: str
    channels: Sequence[str]
    """Names of the Slack channels to which its sites bring cases; empty when no site is its own."""


class Installer:
    """Sends people to Slack's consent page, and takes what they come back with."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        connect: Connect,
        vault: Vault,
        *,
        client_id: str,
        client_secret: str,
        secret_key: str,
        public_url: str,
        scopes: Sequence[str],
        channels_of: Callable[[str], Sequence[str]],
    ) -> None:
        self._db = db
        self._clock = clock
        self._connect = connect
        self._vault = vault
        self._client_id = client_id
        self._client_secret = client_secret
        self._states = Fernet(derive(secret_key, "states of installations"))  # not translated
        self._redirect = public_url.rstrip("/") + REDIRECT
        self._channels_of = channels_of
        self.secure = self._redirect.startswith("https:")
        """Whether browsers reach us by TLS."""
        self._consent = AuthorizeUrlGenerator(
            client_id=client_id,
            # The generator puts it in as it is.
            redirect_uri=quote(self._redirect, safe=""),
            scopes=scopes,
            authorization_url=urljoin(connect(None).base_url, "../oauth/v2/authorize"),
        )

    def begin(self) -> Begun:
        """A new installation."""
        nonce = token_urlsafe(24)
        state = self._states.encrypt(nonce.encode()).decode()
        return Begun(self._consent.generate(quote(state, safe="")), nonce)

    async def finish(self, *, state: str, nonce: str, code: str, error: str) -> Installed:
        """Keep what Slack grants for ``code``.

        Raises StartAgain for a state that is not this browser's, too old or used; Cancelled, NotConfigured,
        WholeOrganisation or Unavailable when Slack does not grant it.
        """
        await self._check(state, nonce)
        if error:
            raise Cancelled if error == "access_denied" else StartAgain
        granted = await self._exchange(code)
        team = granted["team"]["id"]
        slack = self._connect(granted["access_token"])
        try:
            who = await slack.auth_test()
        except (SlackClientError, aiohttp.ClientError, TimeoutError):
            raise Unavailable from None
        await installations.save(
            self._db,
            team=team,
            name=who["team"],
            url=who["url"],
            bot_user=who["user_id"],
            bot=who["bot_id"],
            token=self._vault.seal(team, granted["access_token"]),
            scopes=granted["scope"].split(","),
            installed_by=granted["authed_user"]["id"],
            now=self._clock.now(),
        )
        log.info("installing.installed", team=team)
        return Installed(team, who["team"], who["url"], self._channels_of(team))

    async def _check(self, state: str, nonce: str) -> None:
        try:
            ours = self._states.decrypt(state.encode(), ttl=STATE_SECONDS)
        except InvalidToken:
            raise StartAgain from None
        if not compare_digest(ours, nonce.encode()):
            raise StartAgain
        if not await installations.spend(self._db, sha256(ours).hexdigest(), self._clock.now()):
            raise StartAgain

    async def _exchange(self, code: str) -> AsyncSlackResponse:
        try:
            granted = await self._connect(None).oauth_v2_access(
                client_id=self._client_id,
                client_secret=self._client_secret,
                code=code,
                redirect_uri=self._redirect,
            )
        except SlackApiError as error:
            refusal = error_code(error)
            log.error("installing.refused", error=refusal)
            raise (NotConfigured if refusal in _CREDENTIALS else StartAgain) from None
        except (aiohttp.ClientError, TimeoutError):
            raise Unavailable from None
        if granted.get("is_enterprise_install") or not granted.get("team"):
            raise WholeOrganisation
        return granted
