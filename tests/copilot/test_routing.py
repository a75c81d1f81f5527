"""Suggesting departments: learnt from examples, corrected by people, silent where it cannot know."""

from __future__ import annotations

from random import Random
from string import ascii_lowercase

import pytest

from bot.settings import PROJECT_DIR
from cases.routing import Desk, Routed
from copilot.desks import Desks
from copilot.routing import SURE, Router, TooFewExamples
from storage.departments import read_departments

GREETINGS = ("hi", "hello", "good morning", "hi there", "hello hello")
ASKS = {
    "parcels": ("where is my parcel {}", "the courier lost the box {}", "tracking of order {} stands still"),
    "money": ("refund for {} is missing", "charged twice for {}", "send the invoice of {}"),
    "things": ("how do I wash the {}", "which bulb fits lamp {}", "the {} has a crack in the glaze"),
}
THANKS = ("ok thanks", "yes please", "no that is all", "thank you bye")


def conversations(many: int = 40) -> list[Routed]:
    """Conversations that begin with a greeting, as most do."""
    return [
        Routed(
            (
                GREETINGS[number % len(GREETINGS)],
                asks[number % len(asks)].format(number),
                THANKS[number % len(THANKS)],
            ),
            label,
        )
        for label, asks in ASKS.items()
        for number in range(many)
    ]


@pytest.fixture(scope="module")
def router() -> Router:
    return Router.train(conversations())


@pytest.mark.parametrize(
    ("said", "label"),
    [
        ("my box is not here, where is the parcel?", "parcels"),
        ("my refund is missing, send the invoice", "money"),
        ("can I wash it", "things"),
    ],
)
def test_the_department_is_known_from_what_was_asked(router: Router, said: str, label: str) -> None:
    found = router.suggest(("hello", said, "thank you"))
    assert (found.label, found.sure) == (label, True)


@pytest.mark.parametrize("said", ["hi", "good morning", "ok thanks", "zzz qqq", "", "🙂", "4711"])
def test_a_greeting_says_nothing(router: Router, said: str) -> None:
    found = router.suggest((said,))
    assert not found.sure
    assert found.confidence < SURE


def codes(many: int = 40, seed: int = 1) -> list[Routed]:
    """Conversations that say nothing but a number: a booking code, a telephone number, a house's."""
    random = Random(seed)
    letters = "".join(random.choice(ascii_lowercase) for _ in range(3 * many))
    digits = [f"{random.randrange(10**9, 10**10)}" for _ in range(3 * many)]
    return [
        Routed(("hello", said), label)
        for place in range(many)
        for said, label in (
            (f"{letters[3 * place : 3 * place + 3]} {digits[3 * place][:3]}", "flights"),
            (digits[3 * place + 1], "policies"),
            (f"{digits[3 * place + 2][:2]} {letters[3 * place : 3 * place + 3]}", "meals"),
        )
    ]


def test_a_number_that_nobody_wrote_before_is_known_by_its_shape() -> None:
    learnt, unseen = Router.train(codes()), codes(seed=2)
    found = learnt.suggest_all([each.turns for each in unseen])
    assert [each.label for each in found] == [each.label for each in unseen]


def test_numbers_of_one_shape_are_no_likeness() -> None:
    corrected = Routed(("kyf 176",), "policies", corrected=True)
    learnt = Router.train([*codes(), corrected])
    assert learnt.alike(("kyf 176",)) == [corrected]
    assert learnt.alike(("bbu 520",)) == []
    assert learnt.suggest(("bbu 520",)).label == "flights"


def orders(many: int = 40) -> list[Routed]:
    """Conversations that all speak of an order: a shop's in their second turn, flights' from the third on."""
    return [
        Routed(("hello", *said), label)
        for number in range(many)
        for said, label in (
            ((f"order {number}", "it broke", "the vase fell", "thanks", "bye"), "shop"),
            (
                (
                    f"window {number}",
                    f"order {number} order",
                    f"yes the order {number}",
                    f"the order number {number}",
                    f"order {number}",
                ),
                "flights",
            ),
        )
    ]


def test_a_word_counts_for_whom_it_is_when_that_much_was_said() -> None:
    learnt = Router.train(orders())
    for said, label in (("order 77", "shop"), ("window 77", "flights")):
        found = learnt.suggest(("hello", said))
        assert (found.label, found.sure) == (label, True)


def test_learning_again_says_the_same(router: Router) -> None:
    again = Router.train(conversations())
    asked = ("hi", "the box is lost and I want the refund")
    assert again.suggest(asked) == router.suggest(asked)


def test_what_people_corrected_comes_first() -> None:
    asked = ("hello", "where is the gift wrapping of my parcel")
    before = Router.train(conversations()).suggest(asked)
    assert before.label == "parcels"
    corrected = Routed(("hi", "where is the wrapping of my gift parcel"), "things", corrected=True)
    after = Router.train([*conversations(), corrected]).suggest(asked)
    assert (after.label, after.sure) == ("things", True)


def test_few_examples_are_never_sure() -> None:
    found = Router.train(conversations(3)).suggest(("where is my parcel",))
    assert (found.label, found.sure) == ("parcels", False)


def test_two_departments_are_enough_and_one_is_not() -> None:
    two = [each for each in conversations(4) if each.label != "things"]
    assert Router.train(two).suggest(("refund please",)).label == "money"
    with pytest.raises(TooFewExamples):
        Router.train([each for each in two if each.label == "money"])
    with pytest.raises(TooFewExamples):
        Router.train([Routed(("a b",), "x"), Routed(("c d",), "y"), Routed((" ",), "y")])


async def test_the_shops_own_departments() -> None:
    desks = Desks(read_departments(PROJECT_DIR / "config" / "demo" / "departments.yml"))
    for said, name in (
        ("My parcel stands still for days", "Logistics"),
        ("I was charged twice", "Billing"),
        ("Can the mug go into the dishwasher?", "Products"),
    ):
        found = await desks.suggest(1, [said])
        assert found is not None
        assert (found.name, found.sure) == (name, False)
    assert await desks.suggest(1, [" "]) is None


async def test_without_departments_nothing_is_suggested() -> None:
    assert await Desks(()).suggest(1, ["Where is my parcel?"]) is None
    alone = Desk("a", "Alone", "", ("one thing", "another thing"))
    assert await Desks([alone]).suggest(1, ["one thing"]) is None
