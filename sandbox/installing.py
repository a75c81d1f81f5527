"""Codes that stand for somebody's permission to install the app in a workspace."""

import secrets
import time
from dataclasses import dataclass

from sandbox.errors import ApiError

GOOD_SECONDS = 600.0


@dataclass(slots=True)
class Permission:
    """Who allowed it, where, and which scopes."""

    team: str
    user: str
    redirect_uri: str
    scopes: list[str]
    at: float
    used: bool = False


class Codes:
    """All codes of this sandbox; they are good once, for 10 minutes."""

    def __init__(self) -> None:
        self._given: dict[str, Permission] = {}

    def give(self, team: str, user: str, redirect_uri: str, scopes: list[str]) -> str:
        code = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(32)}"
        self._given[code] = Permission(team, user, redirect_uri, scopes, time.monotonic())
        return code

    def exchange(self, code: str, redirect_uri: str | None) -> Permission:
        """Raises ApiError: invalid_code, code_already_used, code_expired, bad_redirect_uri."""
        permission = self._given.get(code)
        if permission is None:
            raise ApiError("invalid_code")
        if permission.used:
            raise ApiError("code_already_used")
        if time.monotonic() - permission.at > GOOD_SECONDS:
            raise ApiError("code_expired")
        if redirect_uri is not None and redirect_uri != permission.redirect_uri:
            raise ApiError("bad_redirect_uri")
        permission.used = True
        return permission
