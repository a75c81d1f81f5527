"""The shapes of the blocks table and data_table."""

from typing import Any

from sandbox.validate.rich_text import ELEMENTS_OF_BLOCK
from sandbox.validate.shapes import (
    Checker,
    Report,
    Shape,
    anything,
    boolean,
    by_type,
    choice,
    items,
    text,
    whole,
)

MOST_CELLS = 20
MOST_TEXT_IN_TABLES = 10_000


def _number(value: Any, at: str, report: Report) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        report.add("must provide a number", at)


def _cell_text(value: Any, at: str, report: Report) -> None:
    text(MOST_TEXT_IN_TABLES, 0)(value, at, report)
    if isinstance(value, str):
        report.table_text += len(value)


CELLS: dict[str, Shape] = {
    "raw_text": Shape({"type": anything, "text": _cell_text}, ("text",)),
    "raw_number": Shape({"type": anything, "value": _number, "text": _cell_text}, ("value", "text")),
    "rich_text": Shape(
        {"type": anything, "block_id": text(255), "elements": ELEMENTS_OF_BLOCK}, ("elements",)
    ),
}
_ROW = items(by_type(CELLS, frozenset(CELLS)), MOST_CELLS)
_COLUMN = Shape({"align": choice("left", "center", "right"), "is_wrapped": boolean}).check

TABLE: dict[str, Checker] = {"rows": items(_ROW, 100), "column_settings": items(_COLUMN, MOST_CELLS, 0)}
DATA_TABLE: dict[str, Checker] = {
    "rows": items(_ROW, 201, 2),
    "caption": text(255),
    "page_size": whole(1, 100),
    "row_header_column_index": whole(0, MOST_CELLS - 1),
}


def count_table(value: dict[str, Any], at: str, report: Report) -> None:
    """One table per message, 10,000 characters in it."""
    report.tables += 1
    if report.tables > 1:
        report.add("only one table allowed", f"{at}/type")
    if report.table_text > MOST_TEXT_IN_TABLES:
        report.add(f"must be less than {MOST_TEXT_IN_TABLES + 1} characters in all cells", f"{at}/rows")


def same_width(value: dict[str, Any], at: str, report: Report) -> None:
    """All rows of a data table have the same number of cells; its header holds no rich text."""
    rows = value.get("rows")
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        return
    if len({len(row) for row in rows}) > 1:
        report.add("all rows must have the same number of cells", f"{at}/rows")
    if rows and any(isinstance(cell, dict) and cell.get("type") == "rich_text" for cell in rows[0]):
        report.add("unsupported type: rich_text", f"{at}/rows/0")
