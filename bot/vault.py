"""Slack tokens at rest: encrypted, with keys that never lie beside them."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cases.errors import ConfigError

_PURPOSE = "tokens of Slack installations"


class Vault:
    """Encrypts with a key of the first of ``secrets`` and decrypts with those of all of them.

    So keys are rotated by putting a new secret in front: what is read with an older one is sealed anew.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        keys = [Fernet(derive(secret, _PURPOSE)) for secret in secrets]
        self._first = keys[0]
        self._all = MultiFernet(keys)

    def seal(self, team: str, token: str) -> str:
        """``token`` encrypted, for the workspace ``team`` only."""
        return self._first.encrypt(json.dumps([team, token]).encode()).decode()

    def open(self, team: str, sealed: str) -> str:
        """The token that was sealed for ``team``; raises ConfigError when no key fits."""
        try:
            whose, token = json.loads(self._all.decrypt(sealed))
        except InvalidToken:
            raise ConfigError(
                f"The stored token of the workspace {team} cannot be decrypted: list the secret that it was "
                "encrypted with in CX_ENCRYPTION_KEYS too, or install the app there again."
            ) from None
        if whose != team:
            raise ConfigError(f"The stored token of the workspace {team} was made for another one.")
        return str(token)

    def is_current(self, sealed: str) -> bool:
        """Whether it was encrypted with the first key."""
        try:
            self._first.decrypt(sealed)
        except InvalidToken:
            return False
        return True


def derive(secret: str, purpose: str) -> bytes:
    """A Fernet key for one ``purpose``, from a long random secret."""
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"cx-copilot: {purpose}".encode())
    derived = hkdf.derive(secret.encode())
    return urlsafe_b64encode(derived)
