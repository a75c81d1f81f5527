"""What all commands share: settings or one sentence, a database, and how errors are said."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from pydantic import ValidationError
from pydantic_settings import SettingsError

from bot.demo import state
from bot.settings import Settings
from cases.errors import ConfigError

EXIT_CANNOT = 2
"""Nothing was done: something must be set up or mended first."""


def read_settings(**given: Any) -> Settings:
    """The settings of the environment and ``.env``, overridden by those ``given`` by field name.

    Raises ConfigError naming the variable at fault.
    """
    try:
        return Settings.model_validate({}).model_copy(update=given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{where}: {first['msg'].removeprefix('Value error, ')}.") from None
    except SettingsError as error:
        raise ConfigError(f"The settings cannot be read: {error}.") from None


@contextmanager
def database(settings: Settings) -> Iterator[Settings]:
    """``settings`` with the address of a database that is migrated and answers.

    Without DATABASE_URL that is the embedded server of the data folder, which is started, brought up to
    date, and stopped again by the last one who uses it. Raises ConfigError or Unavailable.
    """
    from storage import reach

    if settings.database_url:
        reach.check(settings.database_url)
        yield settings
        return
    from storage import embedded, migrate

    with embedded.served(settings.home) as server:
        migrate.upgrade(server.url)
        yield settings.model_copy(update={"database_url": server.url})


def of_running_demo(settings: Settings) -> Settings:
    """``settings`` as the demo has them, if one runs here and the operator named no database.

    So `cx import` and `cx doctor` act on the demo that one looks at. Somebody who runs the real thing
    from the same data folder has a database there, and keeps it.
    """
    from storage import embedded

    if settings.database_url or embedded.data_folder(settings.home).exists():
        return settings
    demo = state.running(settings.home)
    return settings.model_copy(update=state.as_settings(demo, settings.home / "demo")) if demo else settings


def fail(sentence: str, status: int = EXIT_CANNOT) -> NoReturn:
    """Say one sentence on standard error and end with ``status``."""
    sys.stderr.write(f"cx: {sentence}\n")
    sys.exit(status)


def become(module: str, arguments: list[str]) -> NoReturn:
    """Go on as ``python -m module``: its output, its signals and its exit status are ours."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606 - no shell is wanted
