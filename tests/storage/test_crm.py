"""Reading ``crm.yml``: what is meant, or where the mistake is."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.crm import Crm, Source
from cases.errors import ConfigError
from storage.crm import read_crm
from tests.support.sandbox import ROOT

GOOD = """base_url: https://shop.example.com/api
token: CX_CRM_TOKEN
orders:
  path: /customers/{external_id}/orders?limit=50
  list: data.orders
  fields:
    external_id: number
    status: state.name
profile:
  path: customers?email={email}
  fields:
    tier: loyalty.tier
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "crm.yml"
    path.write_text(text)
    return path


def test_what_is_meant(tmp_path: Path) -> None:
    assert read_crm(tmp_path / "crm.yml") is None
    assert read_crm(written(tmp_path, "# nothing")) is None
    assert read_crm(written(tmp_path, GOOD)) == Crm(
        "https://shop.example.com/api",
        "CX_CRM_TOKEN",
        Source(
            "customers/{external_id}/orders?limit=50",
            {"external_id": "number", "status": "state.name"},
            "data.orders",
        ),
        Source("customers?email={email}", {"tier": "loyalty.tier"}),
    )


def test_the_sample_is_right() -> None:
    assert read_crm(ROOT / "config" / "crm.sample.yml") is not None


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ("base_url: https://shop.example.com/api\n", "", 1, "needs `base_url`"),
        ("CX_CRM_TOKEN", "SLACK_BOT_TOKEN", 2, "begins with CX_CRM_"),
        ("{external_id}", "{team}", 4, "whose it is"),
        ("/customers/{external_id}/orders?limit=50", "orders", 4, "whose it is"),
        ("/customers/{external_id}", "https://x.example/{external_id}", 4, "below `base_url`"),
        ("/customers/{external_id}", "//x.example/{external_id}", 4, "below `base_url`"),
        ("/customers/{external_id}", "../{external_id}", 4, "below `base_url`"),
        ("  list: data.orders", "  list: data..orders", 5, "with dots between"),
        ("    status: state.name\n", "", 7, "needs `status`"),
        ("    status: state.name", "    state: state.name", 8, "did you mean `status`"),
        ("    status: state.name", "    status: 5", 8, "a text is needed"),
        ("  fields:\n    tier: loyalty.tier\n", "", 10, "`fields` is needed"),
    ],
)
def test_mistakes_have_a_line(tmp_path: Path, old: str, new: str, line: int, sentence: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError) as error:
        read_crm(written(tmp_path, GOOD.replace(old, new, 1)))
    assert f"line {line}:" in error.value.sentence
    assert sentence in error.value.sentence
