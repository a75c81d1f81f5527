"""Articles are found by what they mean, where a model tells; else by their words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.doctor_knowledge import meaning
from bot.embedding import embed_some, embeddings_of
from bot.finding import State
from bot.settings import Settings
from cases.articles import Article, Embed
from cases.errors import Unavailable
from copilot.embeddings import Embeddings
from storage import articles, knowledge, vectors
from storage.db import Database
from tests.support.embedder import MODEL, Embedder, embedder
from tests.support.office import NOW, Office, open_office

SHELF = [
    Article("p", "Tracking", "Follow your parcel on the carrier's page."),
    Article("r", "Returns", "You get a refund within two weeks.", public=True),
    Article("l", "Lighting", "Each lamp takes at most 40 W.\n\n" + "Lamp care. " * 120),
]


@pytest.fixture
async def office(database: Database) -> Office:
    office = await open_office(database)
    await articles.replace(office.db, office.workspace, "handbook", SHELF, NOW)
    return office


@pytest.fixture
async def server() -> AsyncIterator[Embedder]:
    async with embedder() as running:
        yield running


@pytest.fixture
async def model(server: Embedder) -> AsyncIterator[Embeddings]:
    embeddings = Embeddings(MODEL, server.url, "")
    yield embeddings
    await embeddings.close()


async def embed_all(office: Office, model: Embeddings) -> None:
    while await embed_some(office.db, model):
        pass


async def found(office: Office, question: str, embed: Embed | None, **options: bool) -> list[str]:
    rows = await knowledge.search(office.db, office.workspace, question, embed=embed, **options)
    return [row["external_id"] for row in rows]


async def test_meaning_finds_what_no_word_does(office: Office, model: Embeddings) -> None:
    await embed_all(office, model)
    assert await found(office, "when does my package come", None) == []
    assert (await found(office, "when does my package come", model.of_question))[0] == "p"
    # Both together: the word is in one, the meaning in another.
    both = await found(office, "money for a shipment, lamp", model.of_question)
    assert set(both) == {"p", "r", "l"}
    assert both[0] == "l"


async def test_the_beginning_of_a_long_story_counts(office: Office, model: Embeddings) -> None:
    await embed_all(office, model)
    story = "My bulb!\n\n" + "\n\n".join(["And so on, and so forth. " * 34] * 8)
    assert (await found(office, story, model.of_question))[0] == "l"


async def test_what_is_as_near_to_all_says_nothing(office: Office, model: Embeddings) -> None:
    both = [Article("a", "", "Parcel, lamp."), Article("b", "", "Parcel, refund.")]
    await articles.replace(office.db, office.workspace, "handbook", both, NOW)
    await embed_all(office, model)
    filler = "so " * 280
    asked = await model.of_question(f"parcel {filler}\n\nlamp refund money {filler}", office.workspace)
    assert len(asked) == 2
    rows = await vectors.nearest(office.db, office.workspace, asked, limit=5)
    assert [row["external_id"] for row in rows] == ["b", "a"]
    assert rows[0]["near"] == pytest.approx(1 / 10**0.5, abs=0.01)
    assert rows[1]["near"] == pytest.approx(0)


async def test_the_public_is_shown_what_is_public(office: Office, model: Embeddings) -> None:
    await embed_all(office, model)
    assert await found(office, "package money", model.of_question, public_only=True) == ["r"]


async def test_only_new_and_changed_passages_are_asked_about(
    office: Office, server: Embedder, model: Embeddings
) -> None:
    await embed_all(office, model)
    assert sum(map(len, server.asked)) == 5
    await embed_all(office, model)
    changed = [*SHELF[1:], Article("p", "Tracking", "Your parcel has a number.")]
    await articles.replace(office.db, office.workspace, "handbook", changed, NOW + timedelta(days=1))
    server.asked.clear()
    await embed_all(office, model)
    assert server.asked == [["Tracking\nYour parcel has a number."]]


async def test_two_workers_do_not_ask_twice(office: Office, server: Embedder, model: Embeddings) -> None:
    server.seconds = 0.2
    await asyncio.gather(*(embed_some(office.db, model) for _ in range(4)))
    asked = [text for texts in server.asked for text in texts]
    assert len(asked) == len(set(asked)) == 5


async def test_a_claim_that_began_before_another_ended_gets_nothing(office: Office) -> None:
    for model in map(str, range(40)):
        claims = await asyncio.gather(*(vectors.claim(office.db, model) for _ in range(8)))
        assert sorted(row["id"] for rows in claims for row in rows) == sorted(
            row["id"] for row in await office.db.fetch("SELECT id FROM passages")
        )


async def test_a_passage_that_is_refused_holds_up_nobody(
    office: Office, server: Embedder, model: Embeddings
) -> None:
    server.poison = "refund"
    await embed_all(office, model)
    state = await vectors.state(office.db, MODEL)
    assert (state["passages"], state["ready"], state["refused"]) == (5, 4, 1)
    assert (await meaning(office.db, MODEL)).state is State.NOTE


async def test_a_model_that_is_away_is_asked_again(
    office: Office, server: Embedder, model: Embeddings
) -> None:
    server.status = 503
    with pytest.raises(Unavailable, match="status 503"):
        await embed_some(office.db, model)
    server.status = 200
    assert await embed_some(office.db, model) == 5


@pytest.mark.parametrize("broken", [{"status": 500}, {"seconds": 4.0}])
async def test_words_do_while_the_model_does_not_answer(
    office: Office, server: Embedder, model: Embeddings, broken: dict[str, float]
) -> None:
    await embed_all(office, model)
    for name, value in broken.items():
        setattr(server, name, value)
    clock = asyncio.get_running_loop().time
    started = clock()
    assert await found(office, "parcel", model.of_question) == ["p"]
    assert clock() - started < 4
    asked = len(server.asked)
    assert await found(office, "parcel", model.of_question) == ["p"]
    assert len(server.asked) == asked


async def test_words_do_while_comparing_takes_too_long(
    office: Office, model: Embeddings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await embed_all(office, model)
    monkeypatch.setattr(vectors, "SECONDS", 0.1)
    async with office.db.transaction() as other:
        await other.execute("LOCK TABLE passage_vectors")
        assert await found(office, "parcel", model.of_question) == ["p"]


async def test_what_is_personal_stays_in_the_house(
    office: Office, server: Embedder, model: Embeddings
) -> None:
    question = "My parcel! anna.nowak@example.org, card 4111 1111 1111 1111, +48 601 234 567"
    assert (await found(office, question, model.of_question)) == ["p"]
    said = str(server.asked)
    assert "parcel" in said
    assert not any(secret in said for secret in ("anna.nowak", "4111", "601"))


async def test_another_model_starts_anew(office: Office, server: Embedder, model: Embeddings) -> None:
    await embed_all(office, model)
    other = Embeddings("other", server.url, "")
    assert await found(office, "package", other.of_question) == []
    await embed_all(office, other)
    assert (await found(office, "package", other.of_question))[0] == "p"
    await office.db.fetch("UPDATE passage_vectors SET claimed_at = claimed_at - interval '2 days'")
    await embed_all(office, other)
    assert (await vectors.state(office.db, MODEL))["ready"] == 0
    await other.close()


async def test_without_the_extension_words_do(office: Office, server: Embedder, model: Embeddings) -> None:
    """Until somebody makes it."""
    await office.db.fetch("DROP EXTENSION IF EXISTS vector CASCADE")
    assert (await meaning(office.db, MODEL)).state is State.NOTE
    assert await found(office, "parcel", model.of_question) == ["p"]
    assert await vectors.prepare(office.db)
    assert await vectors.available(office.db)


async def test_many_vectors_get_an_index_that_finds_the_same(
    office: Office, model: Embeddings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await embed_all(office, model)
    assert not await vectors.index(office.db, MODEL)
    before = await found(office, "package", model.of_question)
    monkeypatch.setattr(vectors, "EXACT", 2)
    assert await vectors.index(office.db, MODEL)
    assert await vectors.index(office.db, MODEL)
    row = await office.row("SELECT indexdef FROM pg_indexes WHERE indexname LIKE 'ix_passage_vectors_%%'")
    assert "hnsw" in row["indexdef"]
    assert await found(office, "package", model.of_question) == before


async def test_settings_name_the_model(database: Database) -> None:
    def made(**given: str) -> Embeddings | None:
        return embeddings_of(Settings.model_validate({}).model_copy(update=given), database)

    assert made(openai_base_url="http://127.0.0.1:1/v1") is None
    named = made(embedding_model="m", openai_base_url="http://127.0.0.1:1/v1")
    assert named is not None
    assert named.base_url == "http://127.0.0.1:1/v1"
    other = made(embedding_model="m", embedding_base_url="http://127.0.0.1:2/v1", openai_base_url="x")
    assert other is not None
    assert other.base_url == "http://127.0.0.1:2/v1"
