"""What the sandbox says of a seed or manifest it cannot use."""

import json
from pathlib import Path

import pytest
import yaml

from sandbox.config import read_manifest, read_seeds
from sandbox.errors import StartError
from tests.support.sandbox import DEFAULT_MANIFEST, DEFAULT_WORKSPACE


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is not valid JSON"),
        ("[]", "must hold a JSON object"),
        ('{"team": {"id": "T", "name": "n", "domain": "d"}}', 'lacks "app" (a JSON object)'),
        (
            json.dumps({**DEFAULT_WORKSPACE, "team": {"id": "T", "name": "n"}}),
            'lacks the text "domain" in "team"',
        ),
        (json.dumps({**DEFAULT_WORKSPACE, "users": [{"id": "U1"}]}), 'lacks the text "name" in "users"'),
        (json.dumps({**DEFAULT_WORKSPACE, "channels": ["C1"]}), 'lacks the text "id" in "channels"'),
        (json.dumps({**DEFAULT_WORKSPACE, "users": []}), "needs at least one person"),
    ],
)
def test_a_broken_workspace_file(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "workspace.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(StartError) as caught:
        read_seeds(path)
    assert says in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"features: [", "is not valid YAML"),
        (b"\xff\xfe", "is not valid YAML"),
        (b"just words", "must hold a mapping"),
        (b"features: {slash_commands: [3]}", "does not have the shape of a Slack manifest"),
        (b"features: {slash_commands: [{description: x}]}", "does not have the shape of a Slack manifest"),
    ],
)
def test_a_broken_manifest(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "manifest.yml"
    path.write_bytes(content)
    with pytest.raises(StartError) as caught:
        read_manifest(path)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_a_manifest_allows(tmp_path: Path) -> None:
    path = tmp_path / "manifest.yml"
    path.write_text(yaml.safe_dump(DEFAULT_MANIFEST), encoding="utf-8")
    manifest = read_manifest(path)
    assert "chat:write" in manifest.scopes
    assert "message.channels" in manifest.events
    assert manifest.commands["/cx"].usage_hint == "status"
    assert manifest.shortcuts["send_to_customer"].kind == "message"
    assert (manifest.interactive, manifest.socket_mode, manifest.home_tab) == (True, True, True)
    path.write_text("display_information: {name: bare}", encoding="utf-8")
    bare = read_manifest(path)
    assert (bare.scopes, bare.events, bare.interactive, bare.socket_mode) == (
        frozenset(),
        frozenset(),
        False,
        False,
    )
