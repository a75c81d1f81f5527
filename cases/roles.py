"""Who may do what: the one policy. Acts are checked here, at the moment of the act, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from cases.errors import NotAllowed
from cases.language import later


class Role(StrEnum):
    """What a full member of the workspace is in the work on cases; one person may be several."""

    AGENT = "agent"
    DEPARTMENT = "department"
    LEAD = "lead"
    SUPERVISOR = "supervisor"


class Act(StrEnum):
    """What people do by a click, a form, a shortcut, a reaction or a word of ``/cx``."""

    HELP = "help"
    LOOK = "look"
    """See boards, cases and summaries."""
    TAKE = "take"
    SEND = "send"
    """Write to a customer."""
    TAKE_BACK = "take_back"
    """Keep one's own message from going out."""
    CLOSE = "close"
    OPEN = "open"
    """Open a case by hand."""
    ARRANGE = "arrange"
    """Change what a case is: its customer, priority, tags, links; merge, split and reopen it."""
    ADDRESS = "address"
    """Write to the customers of many cases at once."""
    ASK = "ask"
    """Ask a department."""
    ANSWER = "answer"
    """Answer what a department was asked, in its channel; nothing else comes with it."""
    BOARD = "board"
    """See everybody's cases on one's own App Home."""
    SETTINGS = "settings"
    """Change what the company's files say of hours, days off, times and texts, in this workspace."""


_FIELD = frozenset({Role.AGENT, Role.SUPERVISOR})

_MAY: dict[Act, frozenset[Role] | None] = {
    Act.HELP: None,
    Act.LOOK: _FIELD | {Role.LEAD},
    Act.TAKE: _FIELD,
    Act.SEND: _FIELD,
    Act.TAKE_BACK: None,
    Act.CLOSE: _FIELD,
    Act.OPEN: _FIELD | {Role.LEAD, Role.DEPARTMENT},
    Act.ARRANGE: _FIELD,
    Act.ADDRESS: frozenset({Role.LEAD, Role.SUPERVISOR}),
    Act.ASK: _FIELD,
    Act.ANSWER: None,
    Act.BOARD: frozenset({Role.SUPERVISOR}),
    Act.SETTINGS: frozenset({Role.SUPERVISOR}),
}
"""The roles of which one is needed; None = every full member."""

_REFUSALS = {
    Act.LOOK: later("Only agents, leads and supervisors can look at cases."),
    Act.TAKE: later("Only agents and supervisors can take cases."),
    Act.SEND: later("Only agents and supervisors can write to customers."),
    Act.CLOSE: later("Only agents and supervisors can close cases."),
    Act.OPEN: later("Only agents, departments, leads and supervisors can open cases."),
    Act.ARRANGE: later("Only agents and supervisors can change cases."),
    Act.ADDRESS: later("Only leads and supervisors can write to many customers at once."),
    Act.ASK: later("Only agents and supervisors can ask departments."),
    Act.BOARD: later("Only supervisors see everybody's cases here."),
    Act.SETTINGS: later("Only supervisors and admins can change settings."),
}


@dataclass(frozen=True, slots=True)
class People:
    """Some people: the members of Slack user groups (handles or ids), and single members (ids)."""

    groups: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Department:
    """A department, its people and its leads."""

    key: str
    name: str
    people: People
    lead: People


@dataclass(frozen=True, slots=True)
class RoleBook:
    """What a company says about roles.

    Without ``agents`` every full member is an agent; without ``supervisors`` those are who
    administer the workspace. ``admins`` are told when the app is cut off: without them, who
    administers the workspace.
    """

    agents: People | None = None
    supervisors: People | None = None
    departments: tuple[Department, ...] = ()
    admins: People | None = None

    def people(self) -> Iterator[People]:
        """Everybody it names."""
        yield from filter(None, (self.agents, self.supervisors, self.admins))
        for department in self.departments:
            yield department.people
            yield department.lead

    def groups(self) -> frozenset[str]:
        """The user groups it names."""
        return frozenset(group for people in self.people() for group in people.groups)

    def members(self) -> frozenset[str]:
        """The single members it names."""
        return frozenset(member for people in self.people() for member in people.members)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person is: their roles, and the departments (by name) that they belong to or lead."""

    roles: frozenset[Role]
    departments: tuple[str, ...] = field(default=())
    leads: tuple[str, ...] = field(default=())
    appointed: bool = True
    """Whether the company has named its leads or supervisors; until then agents stand in for them."""
    admin: bool = False
    """Whether they are told when the app is cut off, and may change its settings."""


def standing(book: RoleBook, belongs: Callable[[People], bool], *, administers: bool) -> Standing:
    """What a full member is, by the company's word; ``administers`` = an admin or owner of the workspace."""
    leads = tuple(each.name for each in book.departments if belongs(each.lead))
    departments = tuple(each.name for each in book.departments if belongs(each.people) or belongs(each.lead))
    found = {
        Role.AGENT: book.agents is None or belongs(book.agents),
        Role.SUPERVISOR: administers if book.supervisors is None else belongs(book.supervisors),
        Role.DEPARTMENT: bool(departments),
        Role.LEAD: bool(leads),
    }
    appointed = book.supervisors is not None or any(each.lead != People() for each in book.departments)
    admin = administers if book.admins is None else belongs(book.admins)
    roles = frozenset(role for role, held in found.items() if held)
    return Standing(roles, departments, leads, appointed, admin)


def may(who: Standing, act: Act) -> bool:
    """Whether the policy lets a full member of that standing do it."""
    needed = _MAY[act]
    if act is Act.ADDRESS and not who.appointed:
        needed = _FIELD
    if act is Act.SETTINGS and who.admin:
        return True
    return needed is None or bool(needed & who.roles)


def refusal(act: Act) -> later:
    """The sentence that says who may."""
    return _REFUSALS[act]


def check(who: Standing, act: Act) -> None:
    """Return when they may; raises NotAllowed with the sentence that says who may."""
    if not may(who, act):
        raise NotAllowed(refusal(act))
