"""One tree of the errors that people can act on.

The docstring of a class is its default message: one sentence that may be shown to the person
who caused it. Anything outside this tree is a bug and is shown as an id only.
"""

from __future__ import annotations

from uuid import UUID

from cases.language import _, later
from cases.reader import Reader, use
from cases.settings import Setting


class CxError(Exception):
    """Something went wrong."""

    def __init__(self, message: str | later | None = None, /, **values: object) -> None:
        super().__init__(message.message if isinstance(message, later) else message or type(self).message())
        self.values = values

    def __str__(self) -> str:
        with use(Reader()):
            return self.sentence

    @classmethod
    def message(cls) -> str:
        """The default sentence for people, in English: the first line of the docstring."""
        return (cls.__doc__ or CxError.__doc__ or "").strip().splitlines()[0]

    @property
    def sentence(self) -> str:
        """The sentence to show, in the reader's language, with ``{name}`` replaced by the values given."""
        return self.saying()

    def saying(self, **values: object) -> str:
        """``sentence`` with some values put another way."""
        return _(self.args[0], **self.values | values)


class NotFound(CxError):
    """That does not exist (any more)."""


class NotAllowed(CxError):
    """You may not do that."""


class GuestsMayNot(NotAllowed):
    """Only full members of this workspace can work on cases."""


class SharedChannel(NotAllowed):
    """Cases never live in channels that are shared with others, so nothing is done here."""


class AlreadyDone(CxError):
    """That has already been done."""


class AlreadyDecided(AlreadyDone):
    """Somebody has decided that already."""


class CaseClosed(AlreadyDone):
    """This case is closed already."""


class CaseMerged(CaseClosed):
    """This case goes on in {case}."""


class CustomerWrote(AlreadyDone):
    """The customer wrote in the meantime; please read that, then send it once more."""

    def __init__(self, draft: UUID | None = None) -> None:
        super().__init__()
        self.draft = draft
        """By what name the text can be sent once that was read: clicks made before do not know it."""


class DateKnown(AlreadyDone):
    """The customer knows this date already."""


class DatePassed(AlreadyDone):
    """This date is not ahead any more; please write to the customer with another one."""


class SettingsChanged(AlreadyDone):
    """Somebody changed these settings meanwhile; please open them once more."""


class InvalidInput(CxError):
    """That input cannot be used."""


class NoChannel(InvalidInput):
    """This case has no customer to write to yet: link them first, with More → Customer."""


class TextMissing(InvalidInput):
    """Please write what the customer should read."""


class ReasonMissing(InvalidInput):
    """Please say why the customer is not told."""


class ReplyMissing(InvalidInput):
    """Please choose the reply that told them."""


class GapsLeft(InvalidInput):
    """This text still has gaps ({gaps}): fill them in, then send it."""


class TextTooLong(InvalidInput):
    """That text is too long."""


class ConfigError(CxError):
    """The configuration cannot be used."""


class SettingRefused(ConfigError):
    """This setting cannot be used."""

    def __init__(
        self, setting: Setting | None = None, message: str | later | None = None, /, **values: object
    ) -> None:
        super().__init__(message, **values)
        self.setting = setting
        """What is wrong, of all that was changed."""


class Unavailable(CxError):
    """A service that this needs cannot be reached right now; nothing was lost, please try again."""
