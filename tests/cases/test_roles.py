"""The policy: which standing may do which act."""

from __future__ import annotations

import pytest

from cases.errors import NotAllowed
from cases.roles import Act, Department, People, Role, RoleBook, Standing, check, may, standing

CARE = People(groups=frozenset({"care"}))
BOSS = People(members=frozenset({"U1"}))
BOOK = RoleBook(
    agents=CARE,
    supervisors=BOSS,
    departments=(
        Department("logistics", "Logistics", People(groups=frozenset({"log"})), BOSS),
        Department("billing", "Billing", People(members=frozenset({"U2"})), People()),
    ),
)


def of(book: RoleBook, *people: People, admin: bool = False) -> Standing:
    return standing(book, lambda each: each in people, administers=admin)


@pytest.mark.parametrize(
    ("people", "roles", "departments", "leads"),
    [
        ((), set(), (), ()),
        ((CARE,), {Role.AGENT}, (), ()),
        ((BOSS,), {Role.SUPERVISOR, Role.LEAD, Role.DEPARTMENT}, ("Logistics",), ("Logistics",)),
        ((BOOK.departments[1].people,), {Role.DEPARTMENT}, ("Billing",), ()),
        ((CARE, BOOK.departments[0].people), {Role.AGENT, Role.DEPARTMENT}, ("Logistics",), ()),
    ],
)
def test_roles_add_up(
    people: tuple[People, ...], roles: set[Role], departments: tuple[str, ...], leads: tuple[str, ...]
) -> None:
    assert of(BOOK, *people) == Standing(frozenset(roles), departments, leads)
    assert of(BOOK, *people, admin=True).roles == roles


def test_without_configuration_every_full_member_is_an_agent() -> None:
    assert of(RoleBook()).roles == {Role.AGENT}
    assert of(RoleBook(), admin=True).roles == {Role.AGENT, Role.SUPERVISOR}


@pytest.mark.parametrize(
    ("role", "acts"),
    [
        (None, {Act.HELP, Act.TAKE_BACK, Act.ANSWER}),
        (Role.DEPARTMENT, {Act.HELP, Act.TAKE_BACK, Act.ANSWER, Act.OPEN}),
        (Role.LEAD, {Act.HELP, Act.TAKE_BACK, Act.ANSWER, Act.LOOK, Act.OPEN, Act.ADDRESS}),
        (Role.AGENT, set(Act) - {Act.BOARD, Act.ADDRESS, Act.SETTINGS}),
        (Role.SUPERVISOR, set(Act)),
    ],
)
def test_what_each_role_may_do(role: Role | None, acts: set[Act]) -> None:
    who = Standing(frozenset({role} if role else ()))
    assert {act for act in Act if may(who, act)} == acts


@pytest.mark.parametrize("act", list(Act))
def test_each_act_is_decided_and_its_refusal_is_one_sentence(act: Act) -> None:
    nobody = Standing(frozenset())
    if may(nobody, act):
        check(nobody, act)
        return
    with pytest.raises(NotAllowed) as refused:
        check(nobody, act)
    assert refused.value.sentence.startswith("Only ")
    assert refused.value.sentence.count(".") == 1


def test_admins_may_change_settings_and_nothing_else_by_that() -> None:
    boss = of(RoleBook(supervisors=CARE), admin=True)
    assert [act for act in Act if may(boss, act) and not may(of(RoleBook(supervisors=CARE)), act)] == [
        Act.SETTINGS
    ]
    named = RoleBook(agents=CARE, supervisors=CARE, admins=BOSS)
    assert may(of(named, BOSS), Act.SETTINGS)
    assert not may(of(named, admin=True), Act.SETTINGS), "the file names others"


def test_the_people_it_names() -> None:
    assert BOOK.groups() == {"care", "log"}
    assert BOOK.members() == {"U1", "U2"}
