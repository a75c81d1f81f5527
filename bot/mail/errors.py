"""What goes wrong with a mail server, with what an operator can do about it."""

from __future__ import annotations

import ssl

from cases.errors import Unavailable


class Trouble(Unavailable):
    """The mail server cannot be used right now; nothing was lost."""

    mend = "Check host, port and security in mailboxes.yml, and the network."


class NotDone(Trouble):
    """The mail server does not do what we ask."""


class LoginRefused(Trouble):
    """The mail server refuses our login."""

    mend = "Check `user` in mailboxes.yml and the secret in CX_MAIL_SECRETS (docs/mail.md says where from)."


class FolderMissing(Trouble):
    """The mailbox has no such folder."""

    mend = "Correct `folder` in mailboxes.yml."


def unreachable(place: str, error: BaseException) -> Trouble:
    """The trouble behind an error of a connection, in one sentence."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Trouble(f"{place} shows a certificate that is not trusted: {error.verify_message}.")
    if isinstance(error, ssl.SSLError):
        return Trouble(f"{place} does not speak TLS as expected ({error.reason or 'handshake failed'}).")
    if isinstance(error, TimeoutError):
        return Trouble(f"{place} does not answer.")
    if isinstance(error, OSError):
        return Trouble(f"{place} cannot be reached: {error.strerror or type(error).__name__}.")
    said = f"{place} answers what no mail server says ({type(error).__name__})."
    return NotDone(said) if isinstance(error, ValueError | IndexError) else Trouble(said)
