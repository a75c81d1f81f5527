"""HTML of mails as their readers see it."""

from __future__ import annotations

import pytest

from channels.mail_html import MAX_QUOTES, text
from channels.mail_quotes import split


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<div>One</div><div>Two</div>", "One\nTwo"),
        ("<div>One</div><div><br></div><div>Two</div>", "One\n\nTwo"),
        ("One<br>Two<br/>Three", "One\nTwo\nThree"),
        ("  One \n  two&nbsp;three ", "One two three"),
        ("<ul><li>One<li>Two</ul>End", "- One\n- Two\n\nEnd"),
        ("<table><tr><td>Size</td><td>42</td></tr><tr><td>Red</td></tr></table>", "Size\t42\nRed"),
        ("5 &lt; 6 &amp; 7*8 _x_", "5 < 6 & 7*8 _x_"),
        ("<pre>a\n  b</pre>c", "a\n  b\n\nc"),
        ("<a href='https://x.example/'>x.example</a>", "x.example"),
        ("<a href='https://x.example/a'>here</a>!", "here (https://x.example/a)!"),
        ("<a href='mailto:a@b.example'>a@b.example</a>", "a@b.example"),
        ("<a href='javascript:alert(1)'>here</a>", "here"),
        ("<a href='https://x.example/a'><img src=x alt=''></a>", ""),
        ("<img alt='Our shop' src='cid:x'> <img alt='🙂'>", "[Our shop] 🙂"),
        ("<blockquote>One<blockquote>Two</blockquote></blockquote>Three", "> One\n>\n> > Two\n\nThree"),
        ("<!DOCTYPE html><html><head><title>x</title><style>p{}</style></head><body>One</body>", "One"),
        ("<!--[if mso]><p>x</p><![endif]-->One<![if !mso]>Two<![endif]><?xml x?><o:p>&nbsp;</o:p>", "OneTwo"),
        ("<p>a\x00b\x1bc</p>", "abc"),
    ],
)
def test_what_a_reader_sees(page: str, expected: str) -> None:
    assert text(page) == expected


def test_quotes_have_an_end() -> None:
    assert "> " * MAX_QUOTES + "deep" in text("<blockquote>" * 1_000 + "deep")
    assert text("</blockquote>" * 5 + "One") == "One"


GMAIL = """<div dir="ltr">It has not come yet.<div><br></div><div>Where is it?</div></div><br>
<div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">pon., 3 mar
2025 o 10:12 Support
&lt;<a href="mailto:support@shop.example">support@shop.example</a>&gt; napisał(a):<br></div>
<blockquote class="gmail_quote" style="margin:0 0 0 .8ex"><div>Good morning,<br><br>it left on Friday.</div>
</blockquote></div>"""
OUTLOOK = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head>
<meta name=Generator content="Microsoft Word 15">
<!--[if !mso]><style>v\\:* {behavior:url(#default#VML);}</style><![endif]-->
</head><body><div class=WordSection1>
<p class=MsoNormal>It has not come yet.<o:p></o:p></p><p class=MsoNormal>Where is it?<o:p></o:p></p>
<p class=MsoNormal><o:p>&nbsp;</o:p></p><div><div style='border:none;border-top:solid #E1E1E1 1.0pt'>
<p class=MsoNormal><b>Von:</b> Support &lt;support@shop.example&gt;
<br><b>Gesendet:</b> Montag, 3. M&auml;rz 2025 10:12<br>
<b>An:</b> Jan Nowak &lt;jan@example.com&gt;<br><b>Betreff:</b> AW: Paket<o:p></o:p></p></div></div>
<p class=MsoNormal>Good morning,</p><p class=MsoNormal>it left on Friday.</p></div></body></html>"""
WEB_OUTLOOK = """<div>It has not come yet.</div><div>Where is it?</div><div id="appendonsend"></div>
<hr style="width:98%">
<div id="divRplyFwdMsg"><font><b>Od:</b> Support &lt;support@shop.example&gt;<br><b>Odesl&aacute;no:</b>
pondělí 3. 3. 2025 10:12<br><b>Komu:</b> Jan<br><b>Předmět:</b> Re: Balík</font></div><div>Good morning,
it left on Friday.</div>"""
APPLE = """<html><body>It has not come yet.<br><br>Where is it?<br id="lineBreakAtBeginningOfMessage"><div>
<br><blockquote type="cite"><div>3. 3. 2025 v 10:12, Support &lt;support@shop.example&gt;:</div>
<br><div>Good morning,
it left on Friday.</div></blockquote></div><br></body></html>"""
THUNDERBIRD = """<html><body><p>It has not come yet.</p><p>Where is it?</p>
<div class="moz-cite-prefix">2025. 03. 03. 10:12
keltezéssel, Support írta:<br></div><blockquote type="cite">
<p>Good morning,<br>it left on Friday.</p></blockquote>
<div class="moz-signature">-- <br>Jan</div></body></html>"""


@pytest.mark.parametrize("page", [GMAIL, OUTLOOK, WEB_OUTLOOK, APPLE, THUNDERBIRD])
def test_quotes_of_mail_programs(page: str) -> None:
    found = split(text(page), "AW: Paket")
    assert found.new.split("\n", 1)[0] == "It has not come yet."
    assert found.new.endswith("Where is it?")
    assert "Friday" in found.folded
