"""HTTP mode: signed requests to the app's request URL, again when they fail."""

import asyncio
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from urllib.parse import urlencode

import aiohttp
import orjson

from sandbox.delivery import ACK_SECONDS, SLACK_RETRY_DELAYS, Parcel
from sandbox.errors import ActError, NotDelivered
from sandbox.faults import Faults
from sandbox.model import Json

MOST_REDIRECTS = 2
MOST_AT_ONCE = 100
AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


class HttpMode:
    """Delivery by HTTP.

    `retry_delays` are the seconds to wait after each failed try of an event (Slack: at once, 1 min, 5 min).
    """

    def __init__(
        self,
        signing_secret: str,
        faults: Faults,
        retry_delays: tuple[float, ...] = SLACK_RETRY_DELAYS,
        ack_seconds: float = ACK_SECONDS,
    ) -> None:
        self._ack_seconds = ack_seconds
        self._key = signing_secret.encode()
        self._faults = faults
        self._retry_delays = retry_delays
        self._session: aiohttp.ClientSession | None = None
        self._under_way: dict[asyncio.Task[None], Parcel] = {}
        self.url: str | None = None

    async def verify(self, url: str) -> None:
        """Slack's handshake with a new request URL. Raises ActError(url_not_verified) with the reason."""
        challenge = secrets.token_hex(26)
        body = {"token": "sandbox-verification-token", "challenge": challenge, "type": "url_verification"}
        try:
            status, _, text = await self._post(url, orjson.dumps(body), JSON, {})
        except (aiohttp.ClientError, TimeoutError) as problem:
            raise ActError("url_not_verified", detail=f"{type(problem).__name__}: {problem}") from problem
        if status != 200 or challenge not in _challenges(text):
            raise ActError("url_not_verified", detail=f"HTTP {status} without the challenge")
        self.url = url

    def send(self, parcel: Parcel) -> bool:
        run = self._event(parcel) if parcel.kind == "events_api" else self._interaction(parcel)
        task = asyncio.get_running_loop().create_task(run)
        self._under_way[task] = parcel
        task.add_done_callback(lambda done: self._under_way.pop(done, None))
        return True

    def forget(self) -> None:
        for task in list(self._under_way):
            task.cancel()

    @property
    def undelivered(self) -> int:
        return sum(not parcel.done for parcel in self._under_way.values())

    async def close(self) -> None:
        self.forget()
        if self._session is not None:
            await self._session.close()
            self._session = None

    # ── one request ──────────────────────────────────────────────────────────────────────────────

    async def _post(
        self, url: str, body: bytes, kind: str, more: dict[str, str]
    ) -> tuple[int, Mapping[str, str], str]:
        if self._session is None:
            limit = aiohttp.TCPConnector(limit=MOST_AT_ONCE)
            self._session = aiohttp.ClientSession(connector=limit, cookie_jar=aiohttp.DummyCookieJar())
        headers = {"Content-Type": kind, "User-Agent": AGENT, **self._signature(body), **more}
        timeout = aiohttp.ClientTimeout(total=self._ack_seconds)
        async with self._session.post(
            url, data=body, headers=headers, timeout=timeout, max_redirects=MOST_REDIRECTS
        ) as answer:
            return answer.status, answer.headers, await answer.text(errors="replace")

    def _signature(self, body: bytes) -> dict[str, str]:
        now = str(int(time.time()))
        digest = hmac.new(self._key, b"v0:" + now.encode() + b":" + body, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": f"v0={digest}"}

    # ── events ───────────────────────────────────────────────────────────────────────────────────

    async def _event(self, parcel: Parcel) -> None:
        """Tries until it is acknowledged, the app wants no retry, or the delays are used up."""
        reason = ""
        for number, delay in enumerate((0.0, *self._retry_delays)):
            await asyncio.sleep(delay)
            if self.url is None:
                return
            retry = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason} if number else {}
            reason, again = await self._try(self.url, parcel, retry)
            if not reason:
                parcel.done = True
            if not reason or not again:
                return

    async def _try(self, url: str, parcel: Parcel, retry: dict[str, str]) -> tuple[str, bool]:
        """Why it failed (empty: it did not), and whether to try again."""
        try:
            status, headers, _ = await self._post(url, parcel.payload, JSON, retry)
        except TimeoutError:
            return "http_timeout", True
        except aiohttp.TooManyRedirects:
            return "too_many_redirects", True
        except aiohttp.ClientError:
            return "connection_failed", True
        if self._faults.rules and self._faults.struck("swallow_ack", parcel.name, parcel.channel):
            return "http_timeout", True
        again = headers.get("X-Slack-No-Retry", "") != "1"
        return ("", False) if 200 <= status < 300 else ("http_error", again)

    # ── interactions ─────────────────────────────────────────────────────────────────────────────

    async def _interaction(self, parcel: Parcel) -> None:
        """Once, as a form; the answer goes to whoever waits for it."""
        if parcel.kind == "slash_commands":
            fields = {key: str(value) for key, value in orjson.loads(parcel.payload).items()}
        else:
            fields = {"payload": parcel.payload.decode()}
        try:
            status, _, text = await self._post(self.url or "", urlencode(fields).encode(), FORM, {})
            if self._faults.rules and self._faults.struck("swallow_ack", parcel.name, parcel.channel):
                return
            outcome: Json | NotDelivered | None = _answer(parcel.kind, text)
            if status != 200:
                outcome = NotDelivered("http_service_error")
        except TimeoutError:
            outcome = NotDelivered("operation_timeout")
        except (aiohttp.ClientError, ValueError):
            outcome = NotDelivered("dispatch_failed")
        parcel.done = True
        if parcel.answer is None or parcel.answer.done():
            return
        if isinstance(outcome, NotDelivered):
            parcel.answer.set_exception(outcome)
        else:
            parcel.answer.set_result(outcome)


def _answer(kind: str, text: str) -> Json | None:
    """What the body of an acknowledgement says: JSON, or plain text after a command."""
    if not text.strip():
        return None
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {"text": text} if kind == "slash_commands" else None
    return body if isinstance(body, dict) and body else None


def _challenges(text: str) -> set[str]:
    """The challenge may come back as plain text, JSON or a form."""
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {text.strip(), text.strip().removeprefix("challenge=")}
    return {str(body.get("challenge"))} if isinstance(body, dict) else {str(body)}
