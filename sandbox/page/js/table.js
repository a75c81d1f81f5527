/** Blocks of type table. */

import { h } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { icon } from "./icons.js";
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

const ROWS_PER_PAGE = 10;

/**
 * Blocks of type data_table: sorted by a click on a heading, shown page by page.
 * @param {{rows: Object[][], caption?: string, page_size?: number, row_header_column_index?: number}} block
 * @returns {HTMLElement}
 */
export function dataTable(block) {
  const [head, ...rows] = block.rows;
  const size = block.page_size ?? ROWS_PER_PAGE;
  const body = h("tbody");
  const pages = h("div", { class: "table-pages" });
  let [from, sortedBy, direction] = [0, -1, 1];

  function show() {
    const ordered =
      sortedBy < 0 ? rows : [...rows].sort((a, b) => direction * compare(a[sortedBy], b[sortedBy]));
    body.replaceChildren(
      ...ordered.slice(from, from + size).map((row) =>
        h(
          "tr",
          {},
          row.map((cell, index) =>
            cellNode(index === block.row_header_column_index ? "th" : "td", cell, {}, "row"),
          ),
        ),
      ),
    );
    const last = Math.min(from + size, rows.length);
    pages.hidden = rows.length <= size;
    pages.replaceChildren(
      turn("Previous rows", "back", from > 0, -size),
      `${from + 1}–${last} of ${rows.length}`,
      turn("Next rows", "forward", last < rows.length, size),
    );
  }
  function turn(label, picture, possible, step) {
    const move = () => {
      from += step;
      show();
    };
    const attributes = {
      type: "button",
      class: "tool",
      "aria-label": label,
      disabled: !possible,
      on: { click: move },
    };
    return h("button", attributes, icon(picture));
  }
  function sortBy(index) {
    direction = sortedBy === index ? -direction : 1;
    [sortedBy, from] = [index, 0];
    headings.forEach((heading, at) => {
      const order = direction > 0 ? "ascending" : "descending";
      heading.setAttribute("aria-sort", at === index ? order : "none");
    });
    show();
  }
  const headings = head.map((cell, index) => {
    const sort = { type: "button", class: "table-sort", on: { click: () => sortBy(index) } };
    return h("th", { scope: "col", "aria-sort": "none" }, h("button", sort, withEmoji(cell.text ?? "")));
  });
  show();
  return h(
    "div",
    { class: "data-table" },
    h(
      "div",
      { class: "table-wrap", tabIndex: 0, role: "region", "aria-label": block.caption ?? "Table" },
      h(
        "table",
        {},
        block.caption && h("caption", {}, block.caption),
        h("thead", {}, h("tr", {}, headings)),
        body,
      ),
    ),
    pages,
  );
}

function compare(a, b) {
  if (a?.type === "raw_number" && b?.type === "raw_number") return a.value - b.value;
  return plain(a).localeCompare(plain(b), undefined, { numeric: true });
}

function plain(cell) {
  return cell?.text ?? JSON.stringify(cell ?? "");
}

function cellNode(tag, cell, settings, scope = "col") {
  const isNumber = cell?.type === "raw_number";
  return h(
    tag,
    {
      scope: tag === "th" ? scope : null,
      class: settings?.is_wrapped ? "wraps" : null,
      data: { align: settings?.align ?? (isNumber ? "right" : "left") },
    },
    cell?.type === "rich_text" ? richText(cell) : withEmoji(cell?.text ?? ""),
  );
}
