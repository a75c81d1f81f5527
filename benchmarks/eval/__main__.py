"""``python -m benchmarks.eval``: one word per task."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from benchmarks.eval.figures import Figure

app = typer.Typer(
    help="How well the copilot does its tasks, on sets with known answers.",
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)

Json = Annotated[Path | None, typer.Option("--json", help="Write the figures there.")]
Url = Annotated[str | None, typer.Option(help="A PostgreSQL server instead of an own one.")]


@app.callback()
def tasks() -> None:
    """Each task prints its figures beside those of its last run, and keeps them in CX_HOME/eval."""


@app.command()
def knowledge(
    articles: Annotated[Path, typer.Option(help="JSON Lines: article_id, title, body.")],
    queries: Annotated[Path, typer.Option(help="JSON Lines: query_id, situation, relevant (article ids).")],
    embeddings: Annotated[
        str | None, typer.Option(metavar="local", help="Also with an embedding model that runs here.")
    ] = None,
    database_url: Url = None,
    json_file: Json = None,
) -> None:
    """Do questions find their articles? Ours without a model, beside plain ts_rank and BM25.

    Ends with 1 when recall@10 is less than 1.5 times that of BM25 in the same run.
    """
    from benchmarks.eval.knowledge import measure

    if embeddings not in {None, "local"}:
        raise typer.BadParameter("is `local`, or left out", param_hint="--embeddings")
    local = embeddings is not None
    _report("knowledge", lambda: measure(articles, queries, database_url, local=local), json_file)


@app.command()
def routing(
    train: Annotated[Path, typer.Option(help="JSON Lines: conversation_id, department, customer_turns.")],
    test: Annotated[Path, typer.Option(help="The same, of other conversations.")],
    sample: Annotated[int, typer.Option(min=2, help="How many of them a model is asked.")] = 50,
    json_file: Json = None,
) -> None:
    """Is the right department suggested, and does it know when not? Without a model.

    With OPENAI_API_KEY or OPENAI_BASE_URL the model's answers to a sample stand beside it, which cost a call
    each and fail nothing.

    Ends with 1 when more than 1% of the surest 95% are wrong, or the confidence is off by more than 0.03.
    """
    from benchmarks.eval.routing import measure

    _report("routing", lambda: measure(train, test, sample), json_file)


@app.command()
def tokens(
    conversations: Annotated[Path, typer.Option(help="JSON Lines: conversation_id, customer_id, turns.")],
    database_url: Url = None,
    json_file: Json = None,
) -> None:
    """What do drafts and summaries cost? The shipped way, beside resending the whole history.

    Ends with 1 when a message of a case of 250 bills more than 1.5 times as much as one of a case of 24; that
    the shipped way bills a fifth of the other is an aim, shown as held or not.
    """
    from benchmarks.eval.tokens import measure

    _report("tokens", lambda: measure(conversations, database_url), json_file)


def _report(task: str, measure: Callable[[], list[Figure]], json_file: Path | None) -> None:
    from benchmarks.eval.figures import BrokenTask, report

    try:
        held = report(task, measure(), json_file)
    except BrokenTask as error:
        print(f"cx eval: {error}", file=sys.stderr)
        raise typer.Exit(2) from None
    raise typer.Exit(0 if held else 1)


if __name__ == "__main__":
    app()
