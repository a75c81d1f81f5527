"""A place to run the program at with a model beside it, for measurements of the copilot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks import postgres, rig
from benchmarks.model_server.serving import ModelServer, model_server
from benchmarks.programs import CHANNELS, Place, migrate

MADE = "Made by a model"
"""What a card of the copilot says."""


@asynccontextmanager
async def stage(bench: rig.Bench) -> AsyncIterator[tuple[ModelServer, Place]]:
    """A model that fills in forms, and a fresh workspace and database, without Slack's limits."""
    async with model_server(bench.folder / "model") as model:
        await model.outputs("Summary", "Draft")
        with postgres.database(bench.server) as url:
            async with rig.sandbox(bench.http, bench.folder, channels=CHANNELS, limits=False) as slack:
                place = Place(bench.folder, slack, url)
                migrate(place)
                yield model, place
