"""What a text names, and what nobody may pass on."""

from __future__ import annotations

import pytest

from storage.named import named, secrets


def test_addresses_numbers_and_references() -> None:
    found = named("Ask Anna.B+x@Example.org. about A-1001 and cx-1042, +48 601 222 333, 12 mugs")
    assert found.emails == ["anna.b+x@example.org"]
    assert {"A-1001", "a-1001", "#A-1001", "1001"} <= set(found.words)
    assert "12" not in found.words
    assert found.phones == ["48601222333"]
    assert found.cases == [1042]


def test_what_nobody_sees_hides_nothing() -> None:
    assert named("an\u200bna\uff20example.org").emails == ["anna@example.org"]
    assert secrets("4111\u2060 1111 1111 1111") == ["…1111"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("4111-1111-1111-1111", ["…1111"]),
        ("378282246310005", ["…0005"]),
        ("4111 1111 1111 1112", []),
        ("tracking 00340434161094042557", []),
        ("PL61 1090 1014 0000 0712 1981 2874 is it", ["…2874"]),
        ("pl61109010140000071219812874", ["…2874"]),
        ("PL61 1090 1014 0000 0712 1981 2875", []),
        ("xoxb-123456789-abcdef", ["…cdef"]),
        ("xoxb-12345678", ["…5678"]),
        ("as-ghp_" + "a" * 30 + ", twice", ["…aaaa"]),
        ("-----BEGIN OPENSSH PRIVATE KEY\nabc", ["…\nabc"]),
        ("４１１１ 1111 1111 1111 and \U000e00414111 1111 1111 1111", ["…1111", "…1111"]),
        ("card 4111 1111 1111 1111, PL61109010140000071219812874", ["…1111", "…2874"]),
        # What only masking knew.
        ("account 61 1090 1014 0000 0712 1981 2874", ["…2874"]),
        ("xapp-1-A012345678-abcd", ["…abcd"]),
        ("glpat-0123456789abcdefghij", ["…ghij"]),
        # A parcel's number with the right check digit is no card's, and a door's code no secret.
        ("parcel 2934567890123453, door code 4711", []),
        ("Order H20391 of 2026-03-02", []),
    ],
)
def test_cards_accounts_and_keys(text: str, found: list[str]) -> None:
    assert secrets(text) == found
