"""Tokens and signatures: only what we signed, only for what it was signed for, only as long as it lives."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from channels.errors import BadSignature, BadToken, SessionExpired
from channels.tokens import Session, Signer, check_user, new_visitor, sign_user

NOW = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
SIGNER = Signer("a secret for tests")


def a_session(**changes: object) -> Session:
    values: dict[str, object] = {
        "workspace_id": 1,
        "site": "shop",
        "conversation_id": 42,
        "conversation": UUID("5a0c5a4e-8f4e-4d4e-9a53-8a6a7b1f2c3d"),
        "visitor": "user:anna",
        "expires_at": NOW + timedelta(hours=1),
    }
    return Session(**{**values, **changes})  # type: ignore[arg-type]


def test_a_session_comes_back_as_it_was_signed() -> None:
    assert SIGNER.read_session(SIGNER.session(a_session()), "shop", NOW) == a_session()


def test_a_session_ends_on_time() -> None:
    token = SIGNER.session(a_session())
    assert SIGNER.read_session(token, "shop", NOW + timedelta(minutes=59))
    with pytest.raises(SessionExpired):
        SIGNER.read_session(token, "shop", NOW + timedelta(hours=1))


def test_a_session_that_is_over_still_says_what_it_was_for() -> None:
    over = a_session(expires_at=NOW - timedelta(days=400))
    assert SIGNER.read_past_session(SIGNER.session(over), "shop") == over


@pytest.mark.parametrize("token", ["", ".", "a.b", "é.é", "x" * 5_000, "bnVsbA==.AAAA", "a.b.c"])
def test_what_we_did_not_sign_is_no_session(token: str) -> None:
    with pytest.raises(BadToken):
        SIGNER.read_session(token, "shop", NOW)


def test_every_change_of_a_token_voids_it() -> None:
    token = SIGNER.session(a_session())
    for place in range(len(token)):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises(BadToken):
            SIGNER.read_session(changed, "shop", NOW)


def test_a_token_of_another_site_or_another_secret_is_refused() -> None:
    with pytest.raises(BadToken):
        SIGNER.read_session(SIGNER.session(a_session(site="other")), "shop", NOW)
    with pytest.raises(BadToken):
        SIGNER.read_session(Signer("another").session(a_session()), "shop", NOW)


def test_a_token_of_one_kind_never_passes_for_another() -> None:
    file = uuid4()
    visitor, link = SIGNER.visitor(1, "shop", "anonymous:1"), SIGNER.file(file, 42, NOW)
    session = SIGNER.session(a_session())
    for token in (visitor, link):
        with pytest.raises(BadToken):
            SIGNER.read_session(token, "shop", NOW)
    for token in (session, link):
        with pytest.raises(BadSignature):
            SIGNER.read_visitor(token, 1, "shop")
    for token in (session, visitor):
        with pytest.raises(BadToken):
            SIGNER.read_file(token, file, NOW)


def test_an_anonymous_visitor_is_known_again_only_where_they_were() -> None:
    name = new_visitor()
    token = SIGNER.visitor(1, "shop", name)
    assert SIGNER.read_visitor(token, 1, "shop") == name
    for workspace, site in ((2, "shop"), (1, "other")):
        with pytest.raises(BadSignature):
            SIGNER.read_visitor(token, workspace, site)


def test_a_file_link_opens_its_file_for_a_day_or_two() -> None:
    file = uuid4()
    token = SIGNER.file(file, 42, NOW)
    assert SIGNER.read_file(token, file, NOW + timedelta(days=1)) == 42
    assert token == SIGNER.file(file, 42, NOW + timedelta(hours=13)), "the same link all day"
    with pytest.raises(BadToken):
        SIGNER.read_file(token, uuid4(), NOW)
    with pytest.raises(SessionExpired):
        SIGNER.read_file(token, file, NOW + timedelta(days=2))


def test_the_host_sites_signature_is_plain_hmac() -> None:
    expected = hmac.new(b"site secret", b"anna", "sha256").hexdigest()
    assert sign_user("site secret", "anna") == expected
    check_user("site secret", "anna", expected)
    check_user("site secret", "anna", expected.upper())


@pytest.mark.parametrize(
    ("secret", "user", "signature"),
    [
        ("site secret", "anna", ""),
        ("site secret", "anna", "0" * 64),
        ("site secret", "anna", "ü" * 64),
        ("site secret", "anna\ufeff", sign_user("site secret", "anna")),
        ("site secret", "bob", sign_user("site secret", "anna")),
        ("other secret", "anna", sign_user("site secret", "anna")),
        (None, "anna", sign_user("", "anna")),
        ("", "anna", sign_user("", "anna")),
    ],
)
def test_a_wrong_signature_is_refused(secret: str | None, user: str, signature: str) -> None:
    with pytest.raises(BadSignature):
        check_user(secret, user, signature)
