"""HTML as Markdown: what people see stays, and nothing takes long."""

from __future__ import annotations

import time

import pytest

from channels.confluence import as_html
from channels.markup import DEPTH, markdown, plain


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<h2>Returns</h2><p>Within <b>30</b> days.</p>", "## Returns\n\nWithin **30** days."),
        ("<ul><li>one<li>two</ul>", "- one\n- two"),
        ("<div>one</div><div>two</div>", "one\n\ntwo"),
        ("<table><tr><th>a</th></tr><tr><td>1</td></tr></table>", "| a |\n| --- |\n| 1 |"),
        (
            '<p>See <a href="https://x.example/?a=1&amp;b=2">here</a></p>',
            "See [here](https://x.example/?a=1&b=2)",
        ),
        ('<a href="javascript:alert(1)">here</a>', "here"),
        ("a<script>alert('<p>b</p>')</script><style>p{}</style>c<!-- <p>d</p> -->", "ac"),
        ("1 < 2 & order_id <b", "1 < 2 & order_id <b"),
    ],
)
def test_what_a_reader_sees(page: str, expected: str) -> None:
    assert markdown(page).endswith(expected)


def test_headings_are_text() -> None:
    assert plain("Who we&#8217;re <em>not</em>\n") == "Who we’re not"


@pytest.mark.parametrize(
    "piece",
    ["<a ", "<div>", "<ul title='</ul>'>", "<ul></b>", "<!--", "<![CDATA[", '<a b="', "<ac:link>", "&lt"],
)
def test_nothing_takes_long(piece: str) -> None:
    started = time.process_time()
    markdown(as_html(piece * 8_000))
    assert time.process_time() - started < 3


def test_what_is_nested_deeply_keeps_its_words() -> None:
    made = markdown("<blockquote>" * 1000 + "deep" + "</blockquote>" * 1000 + "after")
    assert "deep" in made
    assert made.count(">") <= 2 * DEPTH
    assert made.endswith("after")


STORAGE = """
<ac:layout><ac:layout-section><ac:layout-cell><h1>Refunds</h1>
<ac:structured-macro ac:name="info"><ac:parameter ac:name="title">Mind</ac:parameter>
<ac:rich-text-body><p>Only with a receipt&nbsp;&ndash; always.</p></ac:rich-text-body></ac:structured-macro>
<ac:structured-macro ac:name="code"><ac:parameter ac:name="language">sh</ac:parameter>
<ac:plain-text-body><![CDATA[if a < b && c; then <ok/>]]></ac:plain-text-body></ac:structured-macro>
<p>See <ac:link><ri:page ri:content-title="Return &amp; labels" /></ac:link> or
<ac:link><ri:page ri:content-title="X"/>
<ac:plain-text-link-body><![CDATA[the list]]></ac:plain-text-link-body></ac:link>
<ac:emoticon ac:name="blue-star" ac:emoji-fallback="🙂"/></p>
<ac:task-list><ac:task><ac:task-id>17</ac:task-id><ac:task-status>incomplete</ac:task-status>
<ac:task-body>Call the customer</ac:task-body></ac:task></ac:task-list>
<ac:image><ri:attachment ri:filename="secret.png"/></ac:image>
<ac:structured-macro ac:name="toc"><ac:parameter ac:name="maxLevel">2</ac:parameter></ac:structured-macro>
<p>State:
<ac:structured-macro ac:name="status"><ac:parameter ac:name="title">DONE</ac:parameter>
</ac:structured-macro></p>
</ac:layout-cell></ac:layout-section></ac:layout>
"""


def test_macros_of_confluence() -> None:
    made = markdown(as_html(STORAGE))
    assert made.startswith("# Refunds")
    assert "> **Mind**" in made
    assert "Only with a receipt\xa0– always." in made
    assert "if a < b && c; then <ok/>" in made
    assert "See Return & labels or" in made
    assert "the list" in made
    assert "🙂" in made
    assert "- Call the customer" in made
    assert "State:\nDONE" in made
    assert not {"17", "incomplete", "secret.png", "maxLevel", "CDATA", "ac:"} & set(made.split())
