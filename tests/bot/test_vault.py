"""Tokens at rest."""

from __future__ import annotations

import pytest

from bot.vault import Vault
from cases.errors import ConfigError

TOKEN = "xoxb-1-very-secret"


def test_a_token_comes_back_and_cannot_be_read_on_the_way() -> None:
    vault = Vault(["a long secret"])
    sealed = vault.seal("T1", TOKEN)
    assert TOKEN not in sealed
    assert vault.open("T1", sealed) == TOKEN
    assert sealed != vault.seal("T1", TOKEN)


def test_keys_are_rotated_by_listing_the_new_one_first() -> None:
    sealed = Vault(["old"]).seal("T1", TOKEN)
    both = Vault(["new", "old"])
    assert not both.is_current(sealed)
    assert both.open("T1", sealed) == TOKEN
    again = both.seal("T1", both.open("T1", sealed))
    assert both.is_current(again)
    assert Vault(["new"]).open("T1", again) == TOKEN


def test_without_its_key_the_sentence_says_what_to_do() -> None:
    sealed = Vault(["old"]).seal("T1", TOKEN)
    with pytest.raises(ConfigError, match=r"of the workspace T1 cannot be decrypted: .* CX_ENCRYPTION_KEYS"):
        Vault(["new"]).open("T1", sealed)


def test_a_token_of_one_workspace_is_none_of_another() -> None:
    vault = Vault(["a long secret"])
    with pytest.raises(ConfigError, match="T2 was made for another"):
        vault.open("T2", vault.seal("T1", TOKEN))
