"""What the operator can set: the environment, read once, at the start of a process."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Annotated

from dotenv import dotenv_values
from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cases.reader import Language, Reader, language_of, reader_of, zone_named
from cases.surveys import AskHours
from copilot.model import Endpoint
from storage.plans import PlanFiles

PROJECT_DIR = Path(__file__).resolve().parent.parent
_ENV_FILE = ".env"
_ANY_SECRET = re.compile(r"[^=]*=.*", re.DOTALL)
_API_SECRET = re.compile(r"[a-z0-9-]+=whsec_[A-Za-z0-9+/]{32,88}={0,2}")
"""What Standard Webhooks call a symmetric secret."""
_HOURS = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d|24:00)")


def default_home() -> Path:
    """Where data lives unless CX_HOME says otherwise.

    As root the embedded PostgreSQL runs as its own user and must be able to enter every parent
    folder, so the data stays outside home folders.
    """
    if os.geteuid() == 0:
        return Path("/var/lib/cx-copilot")
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "cx-copilot"


def environment() -> Mapping[str, str]:
    """Every name that is set, as settings are: those of ``.env``, and of the environment, which wins.

    For names that a company's own files speak of, such as a token's in ``crm.yml``.
    """
    written = dotenv_values(_ENV_FILE, encoding="utf-8")
    return {name: value for name, value in written.items() if value is not None} | dict(os.environ)


def _env(name: str) -> AliasChoices:
    return AliasChoices(name)


class Settings(BaseSettings):
    """All settings of a process; each field names its environment variable."""

    model_config = SettingsConfigDict(env_file=_ENV_FILE, extra="ignore")

    home: Path = Field(default_factory=default_home, validation_alias=_env("CX_HOME"))
    config_dir: Path = Field(PROJECT_DIR / "config", validation_alias=_env("CX_CONFIG_DIR"))
    database_url: str | None = Field(None, validation_alias=_env("DATABASE_URL"))

    slack_bot_token: SecretStr | None = Field(None, validation_alias=_env("SLACK_BOT_TOKEN"))
    slack_app_token: SecretStr | None = Field(None, validation_alias=_env("SLACK_APP_TOKEN"))
    slack_signing_secret: SecretStr | None = Field(None, validation_alias=_env("SLACK_SIGNING_SECRET"))
    slack_api_url: str = Field("https://slack.com/api/", validation_alias=_env("SLACK_API_URL"))

    slack_client_id: str | None = Field(None, validation_alias=_env("CX_SLACK_CLIENT_ID"))
    slack_client_secret: SecretStr | None = Field(None, validation_alias=_env("CX_SLACK_CLIENT_SECRET"))
    """Not SLACK_CLIENT_ID and SLACK_CLIENT_SECRET: where Bolt finds those, it keeps tokens its own way."""

    secret_key: SecretStr | None = Field(None, validation_alias=_env("CX_SECRET_KEY"))
    encryption_keys: SecretStr | None = Field(None, validation_alias=_env("CX_ENCRYPTION_KEYS"))
    chat_secrets: Annotated[dict[str, str], NoDecode] = Field(
        default_factory=dict, validation_alias=_env("CX_CHAT_SECRETS"), repr=False
    )
    mail_secrets: Annotated[dict[str, str], NoDecode] = Field(
        default_factory=dict, validation_alias=_env("CX_MAIL_SECRETS"), repr=False
    )

    api_secrets: Annotated[dict[str, str], NoDecode] = Field(
        default_factory=dict, validation_alias=_env("CX_API_SECRETS"), repr=False
    )

    host: str = Field("127.0.0.1", validation_alias=_env("CX_HOST"))
    port: int = Field(8300, ge=1, le=65535, validation_alias=_env("CX_PORT"))
    public_url: str | None = Field(None, validation_alias=_env("CX_PUBLIC_URL"))
    language: str = Field("en", validation_alias=_env("CX_LANGUAGE"))
    time_zone: str = Field("UTC", validation_alias=_env("CX_TIME_ZONE"))
    log_level: str = Field("INFO", validation_alias=_env("CX_LOG_LEVEL"))

    undo_chat_seconds: float = Field(3.0, ge=0, le=60, validation_alias=_env("CX_UNDO_CHAT_SECONDS"))
    undo_mail_seconds: float = Field(10.0, ge=0, le=60, validation_alias=_env("CX_UNDO_MAIL_SECONDS"))
    post_interval_seconds: float = Field(1.0, ge=0, validation_alias=_env("CX_POST_INTERVAL_SECONDS"))
    post_burst: int = Field(3, ge=1, validation_alias=_env("CX_POST_BURST"))
    merge: bool = Field(True, validation_alias=_env("CX_MERGE"))
    reopen_days: float = Field(7.0, ge=0, validation_alias=_env("CX_REOPEN_DAYS"))
    surveys: bool = Field(True, validation_alias=_env("CX_SURVEYS"))
    survey_minutes: float = Field(60.0, ge=0, le=20_160, validation_alias=_env("CX_SURVEY_MINUTES"))
    survey_hours: str = Field("09:00-20:00", validation_alias=_env("CX_SURVEY_HOURS"))
    chat_limits: bool = Field(True, validation_alias=_env("CX_CHAT_LIMITS"))
    new_cases: int = Field(10, ge=0, validation_alias=_env("CX_CHAT_NEW_CASES"))
    session_hours: float = Field(168.0, gt=0, validation_alias=_env("CX_SESSION_HOURS"))
    chat_edit_minutes: float = Field(15.0, ge=0, validation_alias=_env("CX_CHAT_EDIT_MINUTES"))
    max_file_mb: int = Field(25, ge=1, validation_alias=_env("CX_MAX_FILE_MB"))
    demo: bool = Field(False, validation_alias=_env("CX_DEMO"))
    carriers: Path | None = Field(None, validation_alias=_env("CX_CARRIERS"))
    """Where the demo writes ``mailboxes.yml`` and ``sources.yml``: its ports are in them."""
    carriers_url: str | None = Field(None, validation_alias=_env("CX_CARRIERS_URL"))
    """Where the demo's customers have their mails and text messages; opened by the clock's token."""
    clock_token: SecretStr | None = Field(None, min_length=1, validation_alias=_env("CX_CLOCK_TOKEN"))
    """What turns the demo's clock; its processes follow it, all others have the real time."""
    crash_at: str | None = Field(None, validation_alias=_env("CX_CRASH_AT"))

    openai_api_key: SecretStr | None = Field(None, validation_alias=_env("OPENAI_API_KEY"))
    openai_base_url: str | None = Field(None, validation_alias=_env("OPENAI_BASE_URL"))
    openai_model: str = Field("gpt-5-mini", validation_alias=_env("OPENAI_MODEL"))
    company: str = Field("the company", validation_alias=_env("CX_COMPANY"))
    masks: bool = Field(True, validation_alias=_env("CX_MASKS"))
    """Whether personal data is hidden from the model."""

    draft_on_arrival: bool = Field(False, validation_alias=_env("CX_DRAFT_ON_ARRIVAL"))

    embedding_model: str | None = Field(None, validation_alias=_env("OPENAI_EMBEDDING_MODEL"))
    embedding_base_url: str | None = Field(None, validation_alias=_env("OPENAI_EMBEDDING_BASE_URL"))
    """Where it is asked; None = where the other model is."""

    confluence_email: str | None = Field(None, validation_alias=_env("CX_CONFLUENCE_EMAIL"))
    confluence_token: SecretStr | None = Field(None, validation_alias=_env("CX_CONFLUENCE_TOKEN"))
    wordpress_user: str | None = Field(None, validation_alias=_env("CX_WORDPRESS_USER"))
    wordpress_password: SecretStr | None = Field(None, validation_alias=_env("CX_WORDPRESS_PASSWORD"))

    @property
    def ask_hours(self) -> AskHours:
        """When customers may be asked how it was, on their clocks."""
        start, end = self.survey_hours.split("-")
        return AskHours(time.fromisoformat(start), time.fromisoformat(end.replace("24:", "00:")))

    @property
    def address(self) -> str | None:
        """Where customers' browsers reach this server; None where nobody has said it."""
        if self.public_url:
            return self.public_url.rstrip("/")
        if self.host in {"0.0.0.0", "::"}:  # noqa: S104 - asked, not bound to
            return None
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def company_name(self) -> str:
        """What the company is called; empty where nobody has said it."""
        return self.company if self.company != type(self).model_fields["company"].default else ""

    @property
    def endpoint(self) -> Endpoint | None:
        """The model that the copilot speaks with; None where it works without one."""
        if self.openai_api_key is None and self.openai_base_url is None:
            return None
        key = self.openai_api_key.get_secret_value() if self.openai_api_key else "none"
        return Endpoint(self.openai_model, self.openai_base_url, key)

    @property
    def roles_file(self) -> Path:
        """Who is agent, department, lead, supervisor; the demo's people have a file of their own."""
        return self._company / "roles.yml"

    @property
    def departments_file(self) -> Path:
        """Whom the copilot may suggest to ask; the demo's departments are of no use to a real company."""
        return self._company / "departments.yml"

    @property
    def macros_file(self) -> Path:
        """Skeletons of replies for when no model writes one."""
        return self._company / "macros.yml"

    @property
    def tone_folder(self) -> Path:
        """How customers are written to, by language and channel."""
        return self._company / "tone"

    @property
    def processes_file(self) -> Path:
        """What cases can be about."""
        return self._company / "processes.yml"

    @property
    def hours_file(self) -> Path:
        """When the company works."""
        return self._company / "hours.yml"

    @property
    def reminders_file(self) -> Path:
        """By when what has to be done, where the processes say nothing else."""
        return self._company / "reminders.yml"

    @property
    def plan_files(self) -> PlanFiles:
        """What says by when cases should be done."""
        return PlanFiles(
            self.hours_file, self.departments_file, self.processes_file, self.time_zone, self.reminders_file
        )

    @property
    def crm_file(self) -> Path:
        """Where customers' orders and profiles are asked for, if not in our own tables."""
        return self._company / "crm.yml"

    @property
    def sources_file(self) -> Path:
        """Which other systems speak the channel API."""
        return (self._carried or self._company) / "sources.yml"

    @property
    def _company(self) -> Path:
        """Where the files of the company itself are: the demo's shop has its own."""
        return self.config_dir / "demo" if self.demo else self.config_dir

    @property
    def mailboxes_file(self) -> Path:
        """The addresses to which customers write mails."""
        return (self._carried or self._company) / "mailboxes.yml"

    @property
    def _carried(self) -> Path | None:
        return self.carriers if self.demo else None

    @property
    def oauth(self) -> bool:
        """Whether the app can be installed into workspaces by OAuth."""
        return bool(self.slack_client_id)

    @property
    def encryption_secrets(self) -> list[str]:
        """What stored tokens are encrypted with: the first for new ones; CX_SECRET_KEY is always the last."""
        listed = self.encryption_keys.get_secret_value() if self.encryption_keys else ""
        own = self.secret_key.get_secret_value() if self.secret_key else ""
        return [secret for part in [*listed.split(","), own] if (secret := part.strip())]

    def roles_of(self, team: str) -> Path:
        """The roles file of one workspace: ``roles.T….yml`` where there is one."""
        own = self.roles_file.with_name(f"roles.{team}.yml")
        return own if own.exists() else self.roles_file

    @field_validator("chat_secrets", mode="before")
    @classmethod
    def _parse_chat_secrets(cls, value: object) -> object:
        """Read ``site=secret,site2=secret2``."""
        if not isinstance(value, str):
            return value
        return _pairs(value, _ANY_SECRET, "CX_CHAT_SECRETS wants pairs like shop=secret, separated by commas")

    @field_validator("mail_secrets", mode="before")
    @classmethod
    def _parse_mail_secrets(cls, value: object) -> object:
        """Read ``key=secret,key2=secret2``; a comma in a secret is written as %2C."""
        if not isinstance(value, str):
            return value
        wants = "CX_MAIL_SECRETS wants pairs like support=secret, separated by commas"
        return {key: secret.replace("%2C", ",") for key, secret in _pairs(value, _ANY_SECRET, wants).items()}

    @field_validator("api_secrets", mode="before")
    @classmethod
    def _parse_api_secrets(cls, value: object) -> object:
        """Read ``source=whsec_…,source2=whsec_…``."""
        if not isinstance(value, str):
            return value
        wants = (
            "CX_API_SECRETS wants pairs like help-desk=whsec_…, separated by commas; a secret is whsec_ "
            "and 24 to 64 random bytes in base64"
        )
        return _pairs(value, _API_SECRET, wants)

    @field_validator("survey_hours")
    @classmethod
    def _read_hours(cls, value: str) -> str:
        found = _HOURS.fullmatch(value.replace(" ", ""))
        if found is None or found[1] >= found[2]:
            raise ValueError(f"“{value}” are no hours of a day: use 09:00-20:00, for example")
        return found[0]

    @field_validator("language")
    @classmethod
    def _speak_it(cls, value: str) -> str:
        if language_of(value) is None:
            raise ValueError(f"“{value}” is not a language of this version: {', '.join(Language)}")
        return value

    @field_validator("time_zone")
    @classmethod
    def _know_it(cls, value: str) -> str:
        if zone_named(value) is None:
            raise ValueError(f"“{value}” is not a time zone: use a name such as Europe/Warsaw")
        return value

    @property
    def team(self) -> Reader:
        """Who reads what is posted for everybody."""
        return reader_of(self.language, self.time_zone)

    @field_validator("slack_api_url")
    @classmethod
    def _end_with_slash(cls, value: str) -> str:
        return value.rstrip("/") + "/"


def _pairs(value: str, fits: re.Pattern[str], wants: str) -> dict[str, str]:
    """Read ``key=secret,key2=secret2``; raises ValueError with ``wants`` where a pair does not fit."""
    pairs = [part.strip() for part in value.split(",") if part.strip()]
    if not all(fits.fullmatch(pair) for pair in pairs):
        raise ValueError(wants)
    return dict(pair.split("=", 1) for pair in pairs)
