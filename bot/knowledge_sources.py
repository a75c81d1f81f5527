"""Where articles come from: files, and Confluence and WordPress over their APIs."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from pydantic import SecretStr
from rich.console import Console
from rich.progress import Progress, TextColumn

from bot.importing import list_problems
from bot.outside import Outside, base_of
from bot.settings import Settings
from cases.articles import Article
from cases.errors import ConfigError
from channels import confluence, wordpress
from channels.fetch import Fetch
from storage import article_files
from storage.imports import BrokenFile


@dataclass(frozen=True, slots=True)
class Wanted:
    """From where articles are to come: one of a path, a Confluence with a space, a WordPress site."""

    path: Path | None
    confluence: str | None
    space: str | None
    wordpress: str | None
    language: str
    public: bool

    def __post_init__(self) -> None:
        """Raises ConfigError when that is not one place."""
        if sum(place is not None for place in (self.path, self.confluence, self.wordpress)) != 1:
            raise ConfigError("Name one source: a path, --confluence with --space, or --wordpress.")
        if (self.confluence is None) != (self.space is None):
            raise ConfigError("--confluence and --space belong together.")

    @property
    def source(self) -> str:
        """What to call what comes from there, unless somebody says otherwise."""
        if self.path is not None:
            return self.path.resolve().name
        url = base_of(self.confluence or self.wordpress or "", "The source")
        return f"{url.host}/{self.space}" if self.space else f"{url.host}{url.path.rstrip('/')}"


def read(settings: Settings, wanted: Wanted) -> list[Article]:
    """All articles of a place, or an error: ConfigError, BrokenFile after listing its lines, Unavailable."""
    if wanted.path is not None:
        try:
            return article_files.read(wanted.path, language=wanted.language, public=wanted.public)
        except BrokenFile as error:
            list_problems(wanted.path, error)
            raise
    article_files.check_language(wanted.language)
    if wanted.confluence is not None and wanted.space is not None:
        return asyncio.run(read_confluence(settings, wanted.confluence, wanted.space, wanted.language))
    return asyncio.run(read_wordpress(settings, wanted.wordpress or "", wanted.language))


async def read_confluence(settings: Settings, address: str, space: str, language: str) -> list[Article]:
    """The pages of a Confluence space; raises ConfigError or Unavailable, and then there is nothing.

    With CX_CONFLUENCE_EMAIL this is Cloud, with CX_CONFLUENCE_TOKEN alone Data Center.
    """
    token = settings.confluence_token
    if token is None or not token.get_secret_value():
        raise ConfigError("CX_CONFLUENCE_TOKEN is not set: Confluence shows its pages to whom it knows.")
    email = settings.confluence_email
    headers = _basic(email, token) if email else {"Authorization": f"Bearer {token.get_secret_value()}"}
    async with _reaching(address, "Confluence", headers) as fetch:
        with _counting(f"Confluence, {space}") as shown:
            return await confluence.articles(
                fetch, address, space, cloud=bool(email), language=language, progress=shown
            )


async def read_wordpress(settings: Settings, address: str, language: str) -> list[Article]:
    """The public posts and pages of a WordPress site; raises ConfigError or Unavailable.

    Some sites show even these only to users: CX_WORDPRESS_USER with an application password.
    """
    user, password = settings.wordpress_user, settings.wordpress_password
    headers = _basic(user, password) if user and password else {}
    async with _reaching(address, "WordPress", headers) as fetch:
        with _counting(f"WordPress, {address}") as shown:
            return await wordpress.articles(fetch, language=language, progress=shown)


def _basic(user: str, secret: SecretStr) -> Mapping[str, str]:
    both = f"{user}:{secret.get_secret_value()}".encode()
    return {"Authorization": f"Basic {base64.b64encode(both).decode()}"}


@asynccontextmanager
async def _reaching(address: str, name: str, headers: Mapping[str, str]) -> AsyncIterator[Fetch]:
    base = base_of(address, name)
    # No cookies: who we are is said by the headers alone.
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Outside(session, base, f"{name} at {base.host}", headers)


@contextmanager
def _counting(what: str) -> Iterator[Callable[[int], None]]:
    columns = (TextColumn("{task.description}"), TextColumn("{task.completed:,} articles"))
    with Progress(*columns, transient=True, disable=not Console().is_terminal) as shown:
        task = shown.add_task(what, total=None)
        yield lambda read: shown.update(task, completed=read)
