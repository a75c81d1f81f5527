"""The knowledge base: what an import replaces, and what a question finds."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from bot.settings import PROJECT_DIR
from cases.articles import Article
from storage import article_files, articles, gaps, knowledge
from storage.articles import BATCH, Replaced
from tests.support.office import ANNA, BORIS, NOW, WORKSPACE, Office

RETURNS = Article("returns", "Sending something back", "Within sixty days. The label is in the pocket.")
LAMPS = Article("lamps", "Hanging a lamp", "Switch the current off first.\n\nUse a bulb of at most 40 W.")


async def put(office: Office, *given: Article, source: str = "handbook") -> Replaced:
    return await articles.replace(office.db, office.workspace, source, given, NOW)


async def found(office: Office, question: str, public_only: bool = False) -> list[str]:
    rows = await knowledge.search(office.db, office.workspace, question, limit=50, public_only=public_only)
    return [row["external_id"] for row in rows]


async def shop(office: Office) -> None:
    """The demo's handbook."""
    await put(office, *article_files.read(PROJECT_DIR / "config" / "demo" / "knowledge"))


async def test_importing_again_replaces_a_source_and_leaves_the_others(office: Office) -> None:
    assert await put(office, RETURNS, LAMPS) == Replaced(added=2, changed=0, removed=0, same=0)
    assert await put(office, RETURNS, source="wiki") == Replaced(added=1, changed=0, removed=0, same=0)
    newer = Article("lamps", "Hanging a lamp", "Ask an electrician.")
    other = Article("mugs", "Mugs", "Dishwasher safe.")
    assert await put(office, newer, other) == Replaced(added=1, changed=1, removed=1, same=0)
    assert await put(office, newer, other) == Replaced(added=0, changed=0, removed=0, same=2)
    assert await found(office, "electrician") == ["lamps"]
    assert await found(office, "bulb") == []
    assert await found(office, "sixty days") == ["returns"]
    assert await articles.count(office.db, office.workspace) == 3


async def test_many_articles_and_one_that_is_a_title_alone(office: Office) -> None:
    many = [Article(f"a{number}", f"Number {number}", "text " * 400) for number in range(BATCH + 1)]
    done = await put(office, *many, Article("only", "Opening hours", ""))
    assert done.added == BATCH + 2
    assert await found(office, "opening hours?") == ["only"]


async def test_an_interrupted_import_changes_nothing(office: Office) -> None:
    await put(office, RETURNS)

    def stop(_done: int) -> None:
        raise RuntimeError("unplugged")

    with pytest.raises(RuntimeError):
        await articles.replace(office.db, office.workspace, "handbook", [LAMPS], NOW, stop)
    assert await found(office, "label lamp") == ["returns"]


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("Hello! My parcel has not moved since Monday. The tracking stands still.", "parcel-late.md"),
        ("Hi, the bowl arrived with a chip in the rim. I am so disappointed.", "broken-on-arrival.md"),
        ("I moved last week. Can you change the address of my order?", "change-address.md"),
        ("You took the money two times! Why was I charged twice??", "charged-twice.md"),
        ("Our company needs a VAT invoice", "invoice-company.md"),
        ("Dzień dobry, chciałabym zwrócić obrus. Jak odesłac paczke?", "zwroty.md"),
        ("GIFT NOTE", "gift-note.md"),
    ],
)
async def test_what_customers_write_finds_its_article(office: Office, question: str, best: str) -> None:
    await shop(office)
    assert (await found(office, question))[0] == best


async def test_the_passage_that_answers_is_shown(office: Office) -> None:
    await put(
        office, Article("x", "Lamps", "About lamps.\n\n" + "Oak and cotton. " * 60 + "\n\nBulbs: 40 W.")
    )
    (row,) = await knowledge.search(office.db, office.workspace, "Which bulbs?")
    assert row["passage_text"].endswith("Bulbs: 40 W.")
    assert not row["passage_text"].startswith("About lamps.")


async def test_customers_are_shown_public_articles_only(office: Office) -> None:
    await put(office, RETURNS, Article("open", "The label", "In the pocket.", public=True))
    assert await found(office, "where is the label", public_only=True) == ["open"]


async def test_another_workspace_finds_nothing(office: Office) -> None:
    await put(office, RETURNS)
    assert await knowledge.search(office.db, office.workspace + 1, "label") == []
    row = await office.row("SELECT token FROM articles")
    assert await articles.one(office.db, office.workspace, row["token"])
    assert await articles.one(office.db, office.workspace + 1, row["token"]) is None
    assert await articles.one(office.db, office.workspace, uuid4()) is None


@pytest.mark.parametrize("question", ["", " \n ", "?!", "'; DROP TABLE articles; --", "\\ % _ & | ! <-> :*"])
async def test_nonsense_finds_nothing_and_breaks_nothing(office: Office, question: str) -> None:
    await put(office, RETURNS)
    assert await found(office, question) == []


async def test_the_question_of_a_case_is_what_its_customer_wrote(office: Office) -> None:
    case = await office.case("Where is the label?")
    conversation = await office.conversation_of(case.case_id)
    await office.says(conversation, "It is not in the pocket.")
    assert await knowledge.question_of(office.db, case.case_id) == (
        "Where is the label?\nIt is not in the pocket."
    )


async def test_a_missing_article_is_listed_until_one_helps(office: Office) -> None:
    await put(office, RETURNS)
    case = await office.case("Do you ship to the moon?")
    for person in (ANNA, BORIS):
        await knowledge.mark(office.db, case.case_id, None, person.id, NOW)
    assert await knowledge.marks_of(office.db, case.case_id) == {None: ANNA.id}
    (gap,) = await gaps.gaps(office.db, WORKSPACE, NOW)
    assert [(each["number"], each["said_by"]) for each in gap.items] == [(case.case_number, ANNA.id)]
    assert await gaps.gaps(office.db, WORKSPACE, NOW + timedelta(seconds=1)) == []
    article = await office.row("SELECT id FROM articles")
    await knowledge.mark(office.db, case.case_id, article["id"], BORIS.id, NOW)
    assert await gaps.gaps(office.db, WORKSPACE, NOW) == []


async def close(office: Office, *cases: int) -> None:
    given = "UPDATE cases SET status = 'closed', closed_at = %s WHERE id = ANY(%s)"
    await office.db.fetch(given, [NOW, list(cases)])


async def test_what_is_missing_is_grouped_by_what_is_shared(office: Office) -> None:
    await put(office, RETURNS)
    moon = [
        await office.case(text) for text in ("Do you ship to the moon?", "Shipping costs, the moon please")
    ]
    warranty = [await office.case(f"Is there a warranty for {thing}?") for thing in ("mugs", "mats", "vases")]
    alone = await office.case("Hello there")
    await close(office, *(case.case_id for case in (*warranty, moon[1], alone)))
    await knowledge.mark(office.db, moon[0].case_id, None, ANNA.id, NOW)
    later = NOW + timedelta(hours=1)
    await gaps.missed(office.db, WORKSPACE, " moon\n shipping ", BORIS.id, later)
    found = await gaps.gaps(office.db, WORKSPACE, NOW)
    assert [set(gap.words) for gap in found] == [{"ship", "moon"}, {"warranti"}]
    assert found[0].items[0]["words"] == "moon shipping"
    assert [item["number"] for item in found[0].items][1:] == [each.case_number for each in reversed(moon)]
    assert {item["number"] for item in found[1].items} == {case.case_number for case in warranty}
    # Two would be chance.
    article = await office.row("SELECT id FROM articles")
    await knowledge.mark(office.db, warranty[0].case_id, article["id"], ANNA.id, NOW)
    assert len(await gaps.gaps(office.db, WORKSPACE, NOW)) == 1
