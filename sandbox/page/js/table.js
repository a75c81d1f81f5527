/** Blocks of type table. */

import { h } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { richText } from "./richtext.js";

/** @param {{rows: Object[][], column_settings?: Object[]}} block the first row holds the headings @returns {HTMLElement} */
export function tableBlock({ rows, column_settings: columns = [] }) {
  const [head, ...body] = rows;
  const cells = (row, tag) => row.map((cell, index) => cellNode(tag, cell, columns[index] ?? {}));
  return h(
    "div",
    { class: "table-wrap", tabIndex: 0, role: "region", "aria-label": "Table" },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, cells(head ?? [], "th"))),
      h(
        "tbody",
        {},
        body.map((row) => h("tr", {}, cells(row, "td"))),
      ),
    ),
  );
}

function cellNode(tag, cell, settings) {
  const isNumber = cell?.type === "raw_number";
  return h(
    tag,
    {
      scope: tag === "th" ? "col" : null,
      class: settings?.is_wrapped ? "wraps" : null,
      data: { align: settings?.align ?? (isNumber ? "right" : "left") },
    },
    cell?.type === "rich_text" ? richText(cell) : withEmoji(cell?.text ?? ""),
  );
}
