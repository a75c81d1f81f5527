"""Reading ``roles.yml``: who is agent, department, lead, supervisor, admin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from cases.roles import Department, People, RoleBook
from cases.settings import ROLES_FILE, Change
from storage.amending import amended
from storage.yaml_places import Place, by_key, load

NO_ROLES = "{}"
"""What counts without a file."""

_MEMBER = re.compile(r"[UW][A-Z0-9]{2,}")
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_PEOPLE = ("groups", "members")


def read_roles(path: Path, changes: Sequence[Change] = ()) -> RoleBook:
    """What the file says; without a file, or with an empty one, nothing.

    ``changes`` stand before that, those of other files and for which it has no place left out. Raises
    ConfigError that names the file and the line of the mistake, and SettingRefused for one in a change.
    """
    place = load(path, NO_ROLES)
    assert place is not None
    node, _unfit = amended(place.node, [each for each in changes if each.setting.file == ROLES_FILE])
    assert node is not None
    fields = Place(path, node).fields(("agents", "supervisors", "departments", "admins"))
    return RoleBook(
        agents=_people(fields["agents"]) if "agents" in fields else None,
        supervisors=_people(fields["supervisors"]) if "supervisors" in fields else None,
        departments=by_key(fields.get("departments"), _department, "department", lambda each: each.key),
        admins=_people(fields["admins"]) if "admins" in fields else None,
    )


def _department(place: Place) -> Department:
    fields = place.fields(("key", "name", *_PEOPLE, "lead"))
    place.need(fields, ("key", "name"), "this department")
    return Department(
        key=read_key(fields["key"]),
        name=fields["name"].text(),
        people=_some(place, {name: fields[name] for name in _PEOPLE if name in fields}),
        lead=_people(fields["lead"]) if "lead" in fields else People(),
    )


def read_key(place: Place) -> str:
    """A department's key; raises ConfigError for what is none."""
    key = place.text()
    if not _KEY.fullmatch(key):
        raise place.wrong(f"“{key}” is no key: small letters, digits, - and _, at most 40.")
    return key


def _people(place: Place) -> People:
    return _some(place, place.fields(_PEOPLE))


def _some(place: Place, fields: dict[str, Place]) -> People:
    """At least one group or member."""
    groups = [each.text().removeprefix("@") for each in _listed(fields, "groups")]
    members = [_member(each) for each in _listed(fields, "members")]
    if not groups and not members:
        raise place.wrong("name at least one of `groups` (Slack user groups) and `members` (member ids).")
    return People(frozenset(groups), frozenset(members))


def _listed(fields: dict[str, Place], name: str) -> list[Place]:
    return list(fields[name].items()) if name in fields else []


def _member(place: Place) -> str:
    member = place.text()
    if not _MEMBER.fullmatch(member):
        raise place.wrong(
            f"“{member}” is no member id such as U024BE7LH "
            "(in Slack: a person's profile → ⋮ → Copy member ID)."
        )
    return member
