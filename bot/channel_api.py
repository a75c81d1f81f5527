"""Replies of the channel API: posted to the other system, signed, as often as it takes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import UUID

import aiohttp
import orjson

from cases.deliveries import NotTaken, OutboundReply, Sent, TryLater, Unclear
from cases.messages import reference
from cases.reader import reader, reader_of, use
from cases.receipts import link_words
from channels.api import signed
from channels.pages import case_link, survey_link
from channels.tokens import Signer
from storage.sources import Source

_SECONDS = 20.0
_MOST_ANSWER = 64 * 1024
_LATER = frozenset({408, 425, 429})
FILES = "/api/v1/files/"
"""Where the files of replies are fetched."""


class ApiSender:
    """Implements ``cases.deliveries.Sender``. The webhook-id is the message's: to repeat it is harmless."""

    repeatable = True

    def __init__(
        self,
        session: aiohttp.ClientSession,
        sources: Mapping[str, Source],
        secrets: Mapping[str, str],
        signer: Signer | None,
        address: str | None,
    ) -> None:
        """``address`` is where the other systems reach us, for links to files."""
        self._session = session
        self._sources = sources
        self._secrets = secrets
        self._signer = signer
        self._address = address

    async def send(self, reply: OutboundReply) -> Sent:
        """Post it; raises NotTaken, TryLater or Unclear."""
        source, secret = self._sources.get(reply.site), self._secrets.get(reply.site)
        if source is None or source.deliver_to is None:
            raise NotTaken("This system takes no replies: sources.yml names no address for them.")
        if secret is None:
            raise TryLater("CX_API_SECRETS has no secret for this system.")
        now = datetime.now(UTC)
        body = orjson.dumps(self._body(reply, now)).decode()
        headers = {"Content-Type": "application/json"} | signed(secret, str(reply.message_uuid), body, now)
        try:
            return await self._post(source.deliver_to, body, headers)
        except aiohttp.ClientConnectorError:
            raise TryLater("The other system cannot be reached.") from None
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise Unclear("The other system gave no answer.") from None

    async def _post(self, address: str, body: str, headers: Mapping[str, str]) -> Sent:
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        async with self._session.post(
            address, data=body.encode(), headers=headers, allow_redirects=False, timeout=timeout
        ) as answer:
            if 200 <= answer.status < 300:
                return Sent(_named(await answer.content.read(_MOST_ANSWER)))
            if answer.status in _LATER or answer.status >= 500:
                raise TryLater("The other system answered with status {status}.", status=str(answer.status))
            raise NotTaken("The other system refuses it with status {status}.", status=str(answer.status))

    def _body(self, reply: OutboundReply, now: datetime) -> dict[str, object]:
        return {
            "type": "reply",
            "timestamp": now.isoformat(),
            "data": {
                "message": str(reply.message_uuid),
                "source": reply.site,
                "thread": reply.thread_key,
                "to": reply.to.value.removeprefix(f"{reply.site}:"),
                "reference": reference(reply.case_number),
                "subject": reply.subject,
                "text": self._text(reply),
                "author": reply.author,
                "language": reply.language,
                "written_at": reply.created_at.isoformat(),
                "automatic": reply.automatic,
                "files": self._files(reply, now),
                "page": self._page(reply),
                "survey": self._survey(reply),
            },
        }

    def _files(self, reply: OutboundReply, now: datetime) -> list[dict[str, object]]:
        if reply.files and (self._signer is None or self._address is None):
            raise TryLater("Files can only be fetched where CX_PUBLIC_URL says from where.")
        return [
            {
                "name": file.name,
                "type": file.mime,
                "size": file.size,
                "url": self._link(file.path.name, reply, now),
            }
            for file in reply.files
        ]

    def _link(self, name: str, reply: OutboundReply, now: datetime) -> str:
        assert self._signer is not None
        token = self._signer.file(UUID(name), reply.conversation_id, now)
        return f"{self._address}{FILES}{name}?token={quote(token)}"

    def _text(self, reply: OutboundReply) -> str:
        """Its words; a receipt ends with its link, for systems that do nothing with ``page``."""
        page = self._page(reply)
        if page is None:
            return reply.text
        with use(reader_of(reply.language) if reply.language else reader()):
            return f"{reply.text}\n{link_words(page)}"

    def _page(self, reply: OutboundReply) -> str | None:
        """The page that shows the customer how their case stands, where the reply is a receipt."""
        if reply.receipt is None or self._signer is None or self._address is None:
            return None
        return case_link(self._address, self._signer, reply.receipt)

    def _survey(self, reply: OutboundReply) -> str | None:
        """The page on which the customer says how it was, where the reply asks that."""
        if reply.survey is None or self._signer is None or self._address is None:
            return None
        return survey_link(self._address, self._signer, reply.survey, reply.created_at)


def _named(answer: bytes) -> str | None:
    """What the other system calls the message, where its answer says so: ``{"id": "…"}``."""
    try:
        said = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return None
    found = said.get("id") if isinstance(said, dict) else None
    return found[:200] if isinstance(found, str) and found.isprintable() else None
