/** Basic Markdown, as `markdown` blocks carry it → elements. */

import { append, h } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { linkNode } from "./mrkdwn.js";

const SPANS = [
  [/`([^`]+)`/u, (match) => h("code", {}, match[1])],
  [/\[([^\]]*)\]\(([^)\s]+)\)/u, (match) => linkNode(match[2], spans(match[1]))],
  [/\*\*(?=\S)(.+?)\*\*/u, (match) => h("strong", {}, spans(match[1]))],
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
  ["bullet", /^\s*[-*+]\s+(.*)$/u],
  ["number", /^\s*\d+[.)]\s+(.*)$/u],
  ["quote", /^>\s?(.*)$/u],
  ["rule", /^\s*(?:-{3,}|\*{3,}|_{3,})\s*$/u],
  ["blank", /^\s*$/u],
];

function kindOf(line) {
  for (const [kind, pattern] of LINE_KINDS) {
    const match = pattern.exec(line);
    if (match && !(kind === "bullet" && LINE_KINDS[4][1].test(line))) return [kind, match];
  }
  return ["text", [line, line]];
}

/**
 * @param {string} text
 * @returns {HTMLElement}
 */
export function markdown(text) {
  const root = h("div", { class: "markdown" });
  text.split(/^```.*$/mu).forEach((part, index) => {
    if (index % 2 === 1) root.append(h("pre", {}, part.replace(/^\n|\n$/gu, "")));
    else append(root, lines(part));
  });
  return root;
}

const GROW = {
  bullet: (list, text) => list.append(h("li", {}, spans(text))),
  number: (list, text) => list.append(h("li", {}, spans(text))),
  quote: (quote, text) => append(quote, [h("br"), spans(text)]),
  text: (paragraph, text) => append(paragraph, [h("br"), spans(text)]),
};

function lines(part) {
  const nodes = [];
  let open = { kind: null, node: null };
  for (const line of part.split("\n")) {
    const [kind, match] = kindOf(line);
    if (kind === open.kind && Object.hasOwn(GROW, kind)) GROW[kind](open.node, match[1]);
    else {
      open = { kind, node: start(kind, match) };
      if (open.node) nodes.push(open.node);
    }
  }
  return nodes;
}

function start(kind, match) {
  if (kind === "blank") return null;
  if (kind === "rule") return h("hr");
  if (kind === "heading") return h(`h${Math.min(6, match[1].length + 2)}`, {}, spans(match[2]));
  if (kind === "bullet") return h("ul", { class: "rt-list" }, h("li", {}, spans(match[1])));
  if (kind === "number") return h("ol", { class: "rt-list" }, h("li", {}, spans(match[1])));
  return h(kind === "quote" ? "blockquote" : "p", {}, spans(match[1]));
}
