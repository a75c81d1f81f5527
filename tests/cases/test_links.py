from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.links import allowed, defuse, find

HOSTS = ("shop.example", "źródło.pl")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("see https://shop.example/a?b=c#d.", "https://shop.example/a?b=c#d"),
        ("(see http://evil.com/x_(y))", "http://evil.com/x_(y)"),
        ("WWW.Evil.Com", "WWW.Evil.Com"),
        ("go to evil.com/path!", "evil.com/path"),
        ("evil.com", "evil.com"),
        ("[x](http://evil.com)", "http://evil.com"),
        ("<https://evil.com|shop.example>", "https://evil.com"),
        ("<https://evil.com>", "https://evil.com"),
        ("https://shop.example@evil.com", "https://shop.example@evil.com"),
        ("HTTPS://EVIL.COM", "HTTPS://EVIL.COM"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("data:text/html,x", "data:text/html,x"),
        ("ftp://evil.com", "ftp://evil.com"),
        ("http://10.0.0.1/x", "http://10.0.0.1/x"),
        ("10.0.0.1:8080/x", "10.0.0.1:8080/x"),
        ("http://[::1]/", "http://[::1]/"),
        ("ev\u200bil.c\u00adom", "evil.com"),
        ("evil．com", "evil.com"),
        ("evil。com", "evil.com"),
        ("ｅｖｉｌ.com", "evil.com"),
        ("źródło.pl", "źródło.pl"),
        ("xn--rdo-gna3k6a.xn--p1ai", "xn--rdo-gna3k6a.xn--p1ai"),
        ("mail bob@evil.com now", "bob@evil.com"),
        ("mailto:bob@evil.com", "mailto:bob@evil.com"),
        ("evil.zzz/login", "evil.zzz/login"),
    ],
)
def test_links_are_found(text: str, address: str) -> None:
    assert [link.address for link in find(text)] == [address]


@pytest.mark.parametrize(
    "text",
    [
        "version 2.0.1, 1.299,00 zł, 27.11.2026",
        "e.g. this, i.e. that",
        "W2378156 [sic] (12) <!channel> <@U123>",
        "The data: 5 of 7. Tel: 501 234 567",
        "at 10:00",
        "[x] (y)",
    ],
)
def test_ordinary_words_are_no_links(text: str) -> None:
    assert find(text) == []
    assert defuse(text, HOSTS) == (text, [])


@pytest.mark.parametrize(
    "text",
    [
        "https://shop.example",
        "http://shop.example/x",
        "https://SHOP.example:443/x",
        "shop.example/x",
        "help.shop.example",
        "https://źródło.pl/x",
        "help@shop.example",
    ],
)
def test_our_own_links_may_stay(text: str) -> None:
    (link,) = find(text)
    assert allowed(link, HOSTS)
    assert defuse(text, HOSTS) == (text, [])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://evil.com/path", "evil[.]com/path"),
        ("see evil.com.", "see evil[.]com."),
        ("https://shop.example.evil.com", "shop[.]example[.]evil[.]com"),
        ("https://evilshop.example", "evilshop[.]example"),
        ("https://shop.example@evil.com", "shop[.]example[@]evil[.]com"),
        ("https://shop.example\\@evil.com", "shop[.]example\\[@]evil[.]com"),
        ("https://shop.example:8443/", "shop[.]example:8443/".replace(":", "[:]")),
        ("http://shop.example:443/", "shop[.]example[:]443/"),
        ("ftp://shop.example/x", "shop[.]example/x"),
        ("javascript:alert(1)", "alert(1)"),
        ("javascript:https://evil.com", "evil[.]com"),
        ("foo.javascript:com/x", "foo[.]com/x"),
        ("shop。example", "shop[.]example"),
        ("shop\u200b.example", "shop[.]example"),
        ("bob@evil.com", "bob[@]evil[.]com"),
        ("[our shop](https://evil.com)", "our shop (evil[.]com)"),
        ("[https://shop.example](https://evil.com)", "https://shop.example (evil[.]com)"),
        ("[evil.com](https://shop.example)", "evil[.]com (https://shop.example)"),
        ("![x](https://evil.com/a.png)", "x (evil[.]com/a[.]png)"),
        ("<https://evil.com|our shop>", "our shop (evil[.]com)"),
        ("[a](/relative)", "a (/relative)"),
    ],
)
def test_other_links_are_taken_apart(text: str, shown: str) -> None:
    plain, defused = defuse(text, HOSTS)
    assert plain == shown
    assert defused
    assert defuse(plain, HOSTS)[0] == plain


def test_our_labelled_links_show_where_they_go() -> None:
    assert defuse("[our shop](https://shop.example/x)", HOSTS) == ("our shop (https://shop.example/x)", [])


SIGNS = [*"[]()<>|./:@!\\ \n\u200b。", "](", "://", "www.", "http", "https://", "javascript:", "data:"]
WORDS = ["evil", "evil.com", "shop.example", "com", "x", "[a](b)", "1.2.3.4"]
PIECES = st.sampled_from([*SIGNS, *WORDS])


@given(st.lists(PIECES | st.text(max_size=3), max_size=14).map("".join))
def test_only_allowed_links_are_left(text: str) -> None:
    plain, _ = defuse(text, HOSTS)
    assert defuse(plain, HOSTS) == (plain, [])
    assert all(allowed(link, HOSTS) and link.label is None for link in find(plain))


@pytest.mark.parametrize("piece", ["a.", "a", "[", "<a ", "[a](", "http://", "a@", "1.", "www.", "]("])
def test_hostile_texts_come_to_an_end(piece: str) -> None:
    defuse(piece * 20_000, HOSTS)
