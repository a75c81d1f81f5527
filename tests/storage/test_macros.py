"""``macros.yml``: what it says, and how its mistakes are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.errors import ConfigError
from cases.macros import Macro
from cases.reader import Language
from storage.macros import read_macros
from tests.support.sandbox import ROOT

GOOD = """macros:
  - key: late
    title: Parcel is late
    when:
      description: It has not come.
      examples: [Where is it, It has not come yet]
    text:
      en: |-
        Dear {customer},

        {order} is {order_status}.
"""


def test_what_it_says(tmp_path: Path) -> None:
    file = tmp_path / "macros.yml"
    assert read_macros(file) == ()
    file.write_text("# nothing yet\n")
    assert read_macros(file) == ()
    file.write_text(GOOD)
    assert read_macros(file) == (
        Macro(
            "late",
            "Parcel is late",
            ("It has not come.", "Where is it", "It has not come yet"),
            {Language.EN: "Dear {customer},\n\n{order} is {order_status}."},
        ),
    )


@pytest.mark.parametrize("name", ["macros.sample.yml", "demo/macros.yml"])
def test_those_that_come_along_can_be_read(name: str) -> None:
    assert len(read_macros(ROOT / "config" / name)) >= 2


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (GOOD.replace("{order} is", "{ordr} is"), 11, "`{ordr}` is no placeholder; did you mean `order`?"),
        (GOOD.replace("{customer}", "{}"), 9, "`{}` is no placeholder; known are customer, agent"),
        (GOOD.replace("      en: |-", "      de: |-"), 8, "`de` means nothing here"),
        (GOOD.replace("      en: |-", "      hun: |-"), 8, "did you mean `hu`?"),
        (GOOD.replace("    title: Parcel is late\n", ""), 2, "this macro needs `title`"),
        (GOOD.replace("examples", "exmaples"), 6, "did you mean `examples`?"),
        (
            GOOD.replace("      examples: [Where is it, It has not come yet]\n", ""),
            5,
            "`when` needs `examples`",
        ),
        (GOOD.replace("[Where is it, It has not come yet]", "[Once]"), 6, "two examples"),
        (GOOD.replace("key: late", "key: La te"), 2, "is no key"),
        (GOOD[: GOOD.index("      en:")] + "      {}\n", 8, "a text in one language at least"),
        (GOOD[: GOOD.index(" |-")] + f" {'x' * 10_001}\n", 8, "at most"),
        (GOOD + GOOD.split("\n", 1)[1], 12, "a macro with the key `late` already"),
        ("macros: [\n", 2, "no YAML"),
    ],
)
def test_mistakes_name_their_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    file = tmp_path / "macros.yml"
    file.write_text(text)
    with pytest.raises(ConfigError) as wrong:
        read_macros(file)
    assert f"{file}, line {line}:" in wrong.value.sentence
    assert what in wrong.value.sentence
