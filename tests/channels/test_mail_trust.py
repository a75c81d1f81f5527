"""Findings of mail servers: ours, and what senders invent."""

from __future__ import annotations

import pytest

from channels.mail import Address
from channels.mail_parts import headers
from channels.mail_trust import authenticated

OURS = frozenset({"mx.shop.example"})


def trusted(*findings: str, sender: str = "jan@example.com") -> bool | None:
    said = "".join(f"Authentication-Results: {finding}\n" for finding in findings)
    return authenticated(headers(said.encode()), Address("", sender), OURS)


@pytest.mark.parametrize(
    "finding",
    [
        "mx.shop.example; dmarc=pass header.from=example.com",
        "mx.shop.example 1; spf=fail smtp.mailfrom=l.example; dmarc=pass (p=none; x) header.from=example.com",
        "mx.shop.example;\n dkim=pass (2048-bit key) header.d=example.com header.s=s1",
        "mx.shop.example; dkim=fail header.d=example.com; dkim=pass header.i=@example.com",
        "mx.shop.example; spf=pass smtp.mailfrom=bounce@example.com",
        "mx.shop.example; dmarc=none; spf=pass smtp.mailfrom=example.com",
        "MX.Shop.Example (ours); dkim=pass header.d=example.com",
    ],
)
def test_our_server_vouches(finding: str) -> None:
    assert trusted(finding) is True


@pytest.mark.parametrize(
    "finding",
    [
        "mx.shop.example; none",
        "mx.shop.example; dmarc=fail header.from=example.com; dkim=pass header.d=example.com",
        "mx.shop.example; dmarc=pass header.from=evil.example",
        "mx.shop.example; dmarc=pass header.from=example.com; dmarc=fail header.from=example.com",
        "mx.shop.example; dkim=pass header.d=evil.example",
        "mx.shop.example; dkim=pass header.d=mail.example.com",
        "mx.shop.example; dkim=pass header.d=com",
        "mx.shop.example; dkim=pass header.d=ample.com",
        "mx.shop.example; spf=pass smtp.helo=example.com",
        'mx.shop.example; spf=pass smtp.mailfrom="x; dkim=pass header.d=example.com; y"@evil.example',
        'mx.shop.example; spf=pass smtp.mailfrom="a@example.com"@evil.example',
        "mx.shop.example; spf=fail (dkim=pass header.d=example.com) smtp.mailfrom=example.com",
        "mx.shop.example; spf=fail (((; dkim=pass header.d=example.com",
    ],
)
def test_nothing_proves_it(finding: str) -> None:
    assert trusted(finding) is False


def test_fault_26_only_our_topmost_finding_counts() -> None:
    forged = "mx.shop.example; dkim=pass header.d=example.com"
    assert trusted("mx.shop.example; dkim=none", forged) is False
    assert trusted("mx.evil.example; dkim=pass header.d=example.com") is None
    assert trusted('"mx.shop.example"; dkim=pass header.d=example.com') is None
    assert trusted("mx.evil.example; none", forged) is True
    assert trusted() is None


def test_a_domain_speaks_for_those_below_it() -> None:
    assert trusted("mx.shop.example; dkim=pass header.d=example.com", sender="jan@mail.example.com") is True
