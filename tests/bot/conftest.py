"""The local Slack workspace that the bot's parts are wired to."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.sandbox import ROOT, SandboxProcess


@pytest.fixture(scope="module")
async def slack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SandboxProcess]:
    """One for the tests of a module, with the app's own manifest."""
    process = SandboxProcess(tmp_path_factory.mktemp("slack"), manifest=ROOT / "manifest.yml")
    process.start()
    yield process
    await process.close()
