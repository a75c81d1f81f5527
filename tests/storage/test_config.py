from __future__ import annotations

from pathlib import Path

import pytest

from cases.errors import ConfigError
from cases.reader import Language
from storage.config import read_sites

SITE = "{key: shop, title: Shop, slack_channel: support}"


def write(folder: Path, text: str) -> Path:
    folder.joinpath("sites.yml").write_text(text, encoding="utf-8")
    return folder


def test_a_site_is_read_with_all_it_says(tmp_path: Path) -> None:
    sites = read_sites(
        write(
            tmp_path,
            """
sites:
  - key: shop
    title: Zażółć
    greeting: How can we help?
    slack_channel: "#support"
    allowed_origins: ["https://shop.example", "*"]
    receipts: true
  - {key: other, title: Other, slack_channel: C123}
""",
        )
    )
    assert list(sites) == ["shop", "other"]
    shop = sites["shop"]
    assert (shop.title, shop.greeting, shop.slack_channel) == (
        "Zażółć",
        {None: "How can we help?"},
        "support",
    )
    assert shop.allowed_origins == ("https://shop.example", "*")
    assert (shop.receipts, sites["other"].receipts) == (True, False)
    assert (sites["other"].greeting, sites["other"].allowed_origins) == ({None: ""}, ())


def test_the_file_that_comes_with_the_product_can_be_read() -> None:
    assert "shop" in read_sites(Path(__file__).parents[2] / "config")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "list `sites`"),
        ("sites:", "list `sites`"),
        ("sites: []", "list `sites`"),
        ("sites: {shop: 1}", "list `sites`"),
        ("- shop", "list `sites`"),
        ("sites: [", "cannot be read"),
        ("sites: [shop]", "site 1"),
        ("sites: [null]", "site 1"),
        (f"sites: [{SITE}, {{key: x}}]", "site 2 needs a text for `title`"),
        ("sites: [{key: 12, title: x, slack_channel: y}]", "`key`"),
        ("sites: [{key: '', title: x, slack_channel: y}]", "`key`"),
        (f"sites: [{SITE}, {SITE}]", "same key"),
        ("sites: [{key: a, title: b, slack_channel: c, greeting: [1]}]", "`greeting`"),
        (
            "sites: [{key: a, title: b, slack_channel: c, allowed_origins: http://a}]",
            "`allowed_origins`",
        ),
        ("sites: [{key: a, title: b, slack_channel: c, allowed_origins: [1]}]", "`allowed_origins`"),
        ("sites: [{key: a, title: b, slack_channel: c, receipts: 1}]", "true or false for `receipts`"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_sites(write(tmp_path, text))
    assert str(tmp_path / "sites.yml") in caught.value.sentence
    assert says in caught.value.sentence


def test_a_key_that_is_left_empty_counts_as_not_given(tmp_path: Path) -> None:
    text = "sites: [{key: a, title: b, slack_channel: c, greeting: null, allowed_origins: null}]"
    site = read_sites(write(tmp_path, text))["a"]
    assert (site.greeting, site.allowed_origins) == ({None: ""}, ())


def test_a_missing_file_is_named_with_the_variable_that_chooses_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="CX_CONFIG_DIR") as caught:
        read_sites(tmp_path)
    assert str(tmp_path / "sites.yml") in caught.value.sentence


@pytest.mark.parametrize("content", [b"\xff\xfe", None], ids=["no text", "a folder"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "sites.yml"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"sites\.yml cannot be read"):
        read_sites(tmp_path)


def test_a_chat_greets_in_each_language(tmp_path: Path) -> None:
    text = "sites: [{key: a, title: b, slack_channel: c, greeting: {en: Hello, hu: Jó napot}}]"
    tmp_path.joinpath("sites.yml").write_text(text, encoding="utf-8")
    assert read_sites(tmp_path)["a"].greeting == {Language.EN: "Hello", Language.HU: "Jó napot"}


def test_cases_go_by_language(tmp_path: Path) -> None:
    text = "sites: [{key: a, title: b, slack_channel: c, routes: [{language: pl, slack_channel: '#c-pl'}]}]"
    site = read_sites(write(tmp_path, text))["a"]
    assert site.routes == {Language.PL: "c-pl"}
    assert site.channels() == {"c": "a", "c-pl": "a, pl"}


@pytest.mark.parametrize(
    ("routes", "says"),
    [
        ("pl", "site 1 needs a list for `routes`"),
        ("{pl: c-pl}", "site 1 needs a list for `routes`"),
        ("[pl]", "site 1, route 1 must name language and slack_channel."),
        ("[{slack_channel: d}]", "site 1, route 1 is for no language, but the chat speaks en, pl, cs, hu."),
        ("[{language: de, slack_channel: d}]", "route 1 is for the language de, but the chat speaks en, pl"),
        ("[{language: [pl], slack_channel: d}]", "route 1 is for the language ['pl']"),
        ("[{language: pl, slack_channel: d}, {language: hu}]", "route 2 needs a text for `slack_channel`"),
        ("[{language: pl, slack_channel: '#'}]", "route 1 needs a text for `slack_channel`"),
        ("[{language: pl, slack_channel: 7}]", "route 1 needs a text for `slack_channel`"),
        (
            "[{language: pl, process: refund, slack_channel: d}]",
            "route 1 says `process`, but a route has only `language` and `slack_channel`.",
        ),
        (
            "[{language: pl, slack_channel: d}, {language: pl, slack_channel: e}]",
            "route 2 is for the language pl, as one before it.",
        ),
    ],
)
def test_a_route_that_is_wrong_is_said_with_file_and_place(tmp_path: Path, routes: str, says: str) -> None:
    text = f"sites: [{{key: a, title: b, slack_channel: c, routes: {routes}}}]"
    with pytest.raises(ConfigError) as caught:
        read_sites(write(tmp_path, text))
    assert str(tmp_path / "sites.yml") in caught.value.sentence
    assert says in caught.value.sentence


def test_a_greeting_in_another_language_is_refused(tmp_path: Path) -> None:
    text = "sites: [{key: a, title: b, slack_channel: c, greeting: {de: Hallo}}]"
    tmp_path.joinpath("sites.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="greets in the language de, but the chat speaks en, pl, cs, hu"):
        read_sites(tmp_path)
