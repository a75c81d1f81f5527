"""The part after the plus sign of our address by which an answer finds its conversation.

A mail server may change the case of addresses, and allows 64 characters before the @, so a token is 24 small
letters and digits: the conversation's number and a signature. It is in many people's mailboxes and forwarded
with mails, so it proves nothing about who writes: whoever takes it must know the sender, too.
"""

from __future__ import annotations

import hmac
from base64 import b32decode, b32encode

from channels.errors import BadReplyToken

LENGTH = 24
_NUMBER = 6
_MAC = 9


class ReplyTokens:
    """Makes and reads the tokens of one deployment; ``secret`` is CX_SECRET_KEY."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"mail-reply", "sha256")

    def token(self, mailbox: str, conversation_id: int) -> str:
        """The token of a conversation in the mailbox with the address ``mailbox``."""
        number = conversation_id.to_bytes(_NUMBER, "big")
        return b32encode(number + self._mac(mailbox, number)).decode().lower()

    def address(self, mailbox: str, conversation_id: int) -> str:
        """The address of ``mailbox`` with the conversation's token."""
        local, _, domain = mailbox.rpartition("@")
        return f"{local}+{self.token(mailbox, conversation_id)}@{domain}"

    def read(self, mailbox: str, token: str) -> int:
        """The conversation that ``token`` names. Raises BadReplyToken unless we made it for ``mailbox``."""
        if len(token) != LENGTH or not token.isascii():
            raise BadReplyToken
        try:
            content = b32decode(token.upper())
        except ValueError:
            raise BadReplyToken from None
        number, mac = content[:_NUMBER], content[_NUMBER:]
        if not hmac.compare_digest(mac, self._mac(mailbox, number)):
            raise BadReplyToken
        return int.from_bytes(number, "big")

    def _mac(self, mailbox: str, number: bytes) -> bytes:
        return hmac.digest(self._key, number + mailbox.lower().encode(), "sha256")[:_MAC]


def without_token(address: str) -> tuple[str, str]:
    """An address without what follows the plus sign, and that; both in lower case."""
    local, _, domain = address.lower().rpartition("@")
    base, _, token = local.partition("+")
    return f"{base}@{domain}", token
