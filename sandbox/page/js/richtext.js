/** rich_text blocks → elements. */

import { h } from "./dom.js";
import { emojiNode, withEmoji } from "./emoji.js";
import { broadcastNode, channelNode, dateNode, groupNode, linkNode, userNode } from "./mrkdwn.js";
import { state } from "./store.js";

const STYLES = { bold: "strong", italic: "em", strike: "s", code: "code", underline: "u" };

const LEAVES = {
  text: (leaf) => withNewlines(leaf.text),
  link: (leaf) => linkNode(leaf.url, leaf.text || leaf.url),
  emoji: (leaf) => emojiNode(leaf.name, leaf.unicode),
  user: (leaf) => userNode(leaf.user_id),
  channel: (leaf) => channelNode(leaf.channel_id),
  usergroup: (leaf) => groupNode(leaf.usergroup_id),
  team: () => h("span", { class: "mention" }, `@${state.team.name}`),
  broadcast: (leaf) => broadcastNode(leaf.range),
  date: (leaf) => dateNode(leaf.timestamp, leaf.format, leaf.url, leaf.fallback),
  color: (leaf) => [colorSwatch(leaf.value), h("code", {}, leaf.value)],
};

function colorSwatch(value) {
  if (!/^#[0-9a-f]{3,8}$/iu.test(value)) return null;
  return h("span", { class: "rt-color", style: { "background-color": value } });
}

function withNewlines(text) {
  return text.split("\n").map((line, index) => [index > 0 && h("br"), withEmoji(line)]);
}

function leafNode(leaf) {
  const content = Object.hasOwn(LEAVES, leaf.type) ? LEAVES[leaf.type](leaf) : (leaf.text ?? "");
  return Object.keys(STYLES)
    .filter((style) => leaf.style?.[style])
    .reduce((inner, style) => h(STYLES[style], {}, inner), content);
}

function plainText(leaves) {
  return leaves.map((leaf) => leaf.text ?? leaf.url ?? "").join("");
}

function listNode(list) {
  const ordered = list.style === "ordered";
  const start = ordered && list.offset ? list.offset + 1 : null;
  const indent = Math.min(list.indent ?? 0, 8);
  return bordered(
    list,
    h(
      ordered ? "ol" : "ul",
      { class: `rt-list depth-${indent}`, style: { "--indent": indent }, start },
      list.elements.map((item) => h("li", {}, item.elements.map(leafNode))),
    ),
  );
}

/** A quote's line runs along lists and code that belong to it. */
function bordered(part, node) {
  return part.border ? h("div", { class: "rt-quoted" }, node) : node;
}

const PARTS = {
  rich_text_section: (part) => h("div", { class: "rt-section" }, part.elements.map(leafNode)),
  rich_text_preformatted: (part) => bordered(part, h("pre", {}, plainText(part.elements))),
  rich_text_quote: (part) => h("blockquote", {}, part.elements.map(leafNode)),
  rich_text_list: listNode,
};

/**
 * @param {{elements: Object[]}} block
 * @returns {HTMLElement}
 */
export function richText(block) {
  const parts = block.elements.filter((part) => Object.hasOwn(PARTS, part.type));
  return h(
    "div",
    { class: "rich-text" },
    parts.map((part) => PARTS[part.type](part)),
  );
}
