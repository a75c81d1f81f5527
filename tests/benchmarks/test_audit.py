"""What a comparison finds: nothing when all is right, and each kind of damage by its name."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.replay.audit import Entry, Evidence, Faults, compare, judge

entries = st.tuples(st.sampled_from(["customer", "agent"]), st.text(min_size=1, max_size=8))
distinct = st.lists(entries, min_size=2, max_size=12, unique=True)
repetitive = st.lists(st.tuples(st.just("customer"), st.sampled_from("ab")), max_size=10)
places = st.integers(0, 100)


@given(st.one_of(distinct, repetitive))
def test_what_was_said_is_right(said: list[Entry]) -> None:
    assert not compare(said, said, said)


@given(distinct, places)
def test_a_missing_message_is_lost(said: list[Entry], place: int) -> None:
    at = place % len(said)
    assert compare(said, said[:at] + said[at + 1 :]) == Faults(lost=1)


@given(distinct, places, places)
def test_a_repeated_message_is_doubled(said: list[Entry], place: int, where: int) -> None:
    found = list(said)
    found.insert(where % (len(said) + 1), said[place % len(said)])
    assert compare(said, found) == Faults(doubled=1)


@given(distinct, places)
def test_swapped_messages_are_out_of_order(said: list[Entry], place: int) -> None:
    at = place % (len(said) - 1)
    found = [*said[:at], said[at + 1], said[at], *said[at + 2 :]]
    assert compare(said, found) == Faults(out_of_order=1)


@given(distinct, places)
def test_words_of_another_conversation_are_mixed(said: list[Entry], where: int) -> None:
    other = ("customer", "something that was said elsewhere")
    found = list(said)
    found.insert(where % (len(said) + 1), other)
    assert compare(said, found, [*said, other]) == Faults(mixed=1)
    assert compare(said, found, said) == Faults(strange=1)


@given(distinct)
def test_who_said_it_matters(said: list[Entry]) -> None:
    role, text = said[0]
    found = [("agent" if role == "customer" else "customer", text), *said[1:]]
    if found[0] not in said:
        assert compare(said, found) == Faults(lost=1, strange=1)


@given(repetitive, repetitive)
def test_every_difference_is_noticed(said: list[Entry], found: list[Entry]) -> None:
    assert bool(compare(said, found, said)) == (said != found)


@given(distinct.flatmap(lambda said: st.tuples(st.just(said), st.permutations(said))))
def test_nothing_is_counted_as_lost_that_is_there(both: tuple[list[Entry], list[Entry]]) -> None:
    faults = compare(*both)
    assert (faults.lost, faults.doubled, faults.strange) == (0, 0, 0)


SAID: list[Entry] = [("customer", "Hello"), ("agent", "Hi"), ("agent", "Closed now")]
GOOD = Evidence(
    id="one",
    said=SAID,
    places={"transcript": SAID, "screen": SAID, "thread": SAID},
    cards=1,
    unmarked=0,
    closed=True,
)


def test_a_good_replay_is_right() -> None:
    verdict = judge([GOOD, replace(GOOD, id="two")])
    assert verdict.right
    assert (verdict.conversations, verdict.messages, verdict.closed) == (2, 6, 2)


def test_a_replay_of_nothing_is_not_right() -> None:
    assert not judge([]).right


def test_each_place_counts() -> None:
    for place in GOOD.places:
        bad = replace(GOOD, id="bad", places={**GOOD.places, place: SAID[:-1]})
        verdict = judge([GOOD, bad])
        assert not verdict.right
        assert verdict.total == Faults(lost=1)
        assert verdict.wrong == ["bad"]


def test_a_second_card_is_a_doubled_message() -> None:
    assert judge([replace(GOOD, cards=2)]).total == Faults(doubled=1)


def test_open_or_unmarked_cases_are_not_right() -> None:
    assert not judge([replace(GOOD, closed=False)]).right
    assert not judge([replace(GOOD, unmarked=1)]).right


def test_a_message_in_the_wrong_thread_is_lost_here_and_mixed_there() -> None:
    mine: list[Entry] = [("customer", "My order is late")]
    yours: list[Entry] = [("customer", "My lamp is broken")]
    one = Evidence("one", mine, {"thread": []}, 1, 0, True)
    two = Evidence("two", yours, {"thread": [*yours, *mine]}, 1, 0, True)
    assert judge([one, two]).total == Faults(lost=1, mixed=1)


def test_what_formats_an_agents_words_may_go_and_a_customers_may_not() -> None:
    said: list[Entry] = [("customer", "is it `A_1`?"), ("agent", "It is `A_1`, *surely*")]
    read: list[Entry] = [("customer", "is it `A_1`?"), ("agent", "It is A_1, surely")]
    assert judge([Evidence("one", said, {"transcript": read, "thread": said}, 1, 0, True)]).right
    lost: list[Entry] = [("customer", "is it A_1?"), read[1]]
    assert not judge([Evidence("one", said, {"transcript": lost}, 1, 0, True)]).right
