/** Markdown, as `markdown` blocks carry it → elements. */

import { append, h } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { channelNode, linkNode, userNode } from "./mrkdwn.js";

const SPANS = [
  [/`([^`]+)`/u, (match) => h("code", {}, match[1])],
  [/<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>/u, (match) => userNode(match[1])],
  [/<#([CG][A-Z0-9]+)(?:\|[^<>]*)?>/u, (match) => channelNode(match[1])],
  [/<(https?:\/\/[^\s<>|]+)>/u, (match) => linkNode(match[1], match[1])],
  [/!?\[([^\]]*)\]\(([^)\s]+)\)/u, (match) => linkNode(match[2], spans(match[1] || match[2]))],
  [/\*\*(?=\S)(.+?)\*\*/u, (match) => h("strong", {}, spans(match[1]))],
  [/__(?=\S)(.+?)__/u, (match) => h("strong", {}, spans(match[1]))],
  [/~~(?=\S)(.+?)~~/u, (match) => h("s", {}, spans(match[1]))],
  [/(?<![\w*])\*(?=\S)([^*]+?)\*(?!\w)/u, (match) => h("em", {}, spans(match[1]))],
  [/(?<!\w)_(?=\S)([^_]+?)_(?!\w)/u, (match) => h("em", {}, spans(match[1]))],
  [/https?:\/\/[^\s<>)\]]+/u, (match) => linkNode(match[0], match[0])],
];

function spans(text) {
  let first = null;
  for (const [pattern, make] of SPANS) {
    const match = pattern.exec(text);
    if (match && (!first || match.index < first.match.index)) first = { match, make };
  }
  if (!first) return withEmoji(text);
  const { match, make } = first;
  return [
    withEmoji(text.slice(0, match.index)),
    make(match),
    spans(text.slice(match.index + match[0].length)),
  ];
}

const LINE_KINDS = [
  ["heading", /^(#{1,6})\s+(.*)$/u],
  ["rule", /^\s*(?:-{3,}|\*{3,}|_{3,})\s*$/u],
  ["item", /^(\s*)(?:[-*+]|(\d+)[.)])\s+(?:\[([ xX])\]\s+)?(.*)$/u],
  ["quote", /^>\s?(.*)$/u],
  ["row", /^\s*\|(.+)\|\s*$/u],
  ["blank", /^\s*$/u],
];

function kindOf(line) {
  for (const [kind, pattern] of LINE_KINDS) {
    const match = pattern.exec(line);
    if (match) return [kind, match];
  }
  return ["text", [line, line]];
}

/**
 * @param {string} text
 * @returns {HTMLElement}
 */
export function markdown(text) {
  const root = h("div", { class: "markdown" });
  text.split(/^\s*```.*$/mu).forEach((part, index) => {
    if (index % 2 === 1) root.append(h("pre", {}, part.replace(/^\n|\n$/gu, "")));
    else append(root, lines(part));
  });
  return root;
}

/** What a following line of the same kind adds to what is open. */
const GROW = {
  quote: (open, match) => append(open.node, [h("br"), spans(match[1])]),
  text: (open, match) => append(open.node, [h("br"), spans(match[1])]),
  item: (open, match) => addItem(open, match),
  row: (open, match) => addRow(open, match),
};

function lines(part) {
  const nodes = [];
  let open = { kind: null };
  for (const line of part.split("\n")) {
    const [kind, match] = kindOf(line);
    if (kind === open.kind && Object.hasOwn(GROW, kind)) GROW[kind](open, match);
    else if (kind === "text" && open.kind === "item" && line.startsWith(" ")) {
      append(open.last, [h("br"), spans(line.trim())]);
    } else {
      open = start(kind, match);
      if (open.node) nodes.push(open.node);
    }
  }
  return nodes;
}

function start(kind, match) {
  if (kind === "blank") return { kind };
  if (kind === "rule") return { kind, node: h("hr") };
  if (kind === "heading")
    return { kind, node: h(`h${Math.min(6, match[1].length + 2)}`, {}, spans(match[2])) };
  if (kind === "item") return startList(match);
  if (kind === "row") return startTable(match);
  return { kind, node: h(kind === "quote" ? "blockquote" : "p", {}, spans(match[1])) };
}

function listFor(match, depth) {
  const number = match[2];
  const attributes = { class: `rt-list depth-${Math.min(depth, 8)}` };
  return h(number ? "ol" : "ul", number && number !== "1" ? { ...attributes, start: number } : attributes);
}

function startList(match) {
  const list = listFor(match, 0);
  const open = { kind: "item", node: list, levels: [{ list, indent: match[1].length }] };
  addItem(open, match);
  return open;
}

/** Deeper by two spaces or more opens a list inside the last entry; less deep closes lists. */
function addItem(open, match) {
  const indent = match[1].length;
  const { levels } = open;
  while (levels.length > 1 && indent < levels.at(-1).indent) levels.pop();
  if (open.last && indent >= levels.at(-1).indent + 2) {
    const list = listFor(match, levels.length);
    open.last.append(list);
    levels.push({ list, indent });
  }
  const done = match[3];
  const box =
    done !== undefined &&
    h("input", { type: "checkbox", class: "task-mark", disabled: true, checked: done !== " " });
  open.last = h("li", { class: box ? "task-item" : null }, box, spans(match[4]));
  levels.at(-1).list.append(open.last);
}

const DIVIDER = /^:?-+:?$/u;

function cellsOf(match) {
  return match[1].split("|").map((cell) => cell.trim());
}

function startTable(match) {
  const head = h(
    "tr",
    {},
    cellsOf(match).map((cell) => h("th", { scope: "col" }, spans(cell))),
  );
  const body = h("tbody");
  const node = h("div", { class: "table-wrap" }, h("table", {}, h("thead", {}, head), body));
  return { kind: "row", node, head, body, align: [] };
}

function addRow(open, match) {
  const cells = cellsOf(match);
  if (cells.every((cell) => DIVIDER.test(cell))) {
    open.align = cells.map((cell) =>
      cell.endsWith(":") ? (cell.startsWith(":") ? "center" : "right") : "left",
    );
    [...open.head.children].forEach((cell, index) => (cell.dataset.align = open.align[index] ?? "left"));
    return;
  }
  const cellNode = (cell, index) => h("td", { data: { align: open.align[index] ?? "left" } }, spans(cell));
  open.body.append(h("tr", {}, cells.map(cellNode)));
}
