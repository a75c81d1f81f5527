/** Slack's message markup ("mrkdwn") → elements. Text only ever becomes text nodes. */

import { h } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { dateToken } from "./time.js";
import { emit, state } from "./store.js";

const WRAPPERS = { "*": "strong", _: "em", "~": "s" };
const LONGEST_SPAN = 3_000;
const URL_START = /^https?:\/\/[^\s<>|]+/u;

/** @param {string} text escaped as Slack escapes it @returns {string} */
export function unescapeText(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/**
 * A link, or plain text when the address is not one a chat should open.
 * @param {string} url
 * @param {Node|string|Array} label
 * @returns {HTMLElement}
 */
export function linkNode(url, label) {
  if (!/^(?:https?:\/\/|mailto:|tel:)/iu.test(url)) return h("span", {}, label);
  return h("a", { href: url, target: "_blank", rel: "noreferrer noopener", class: "link" }, label);
}

/** @param {string} id @param {string} [label] @returns {HTMLElement} a person's mention */
export function userNode(id, label) {
  const user = state.users.get(id);
  if (!user) return h("span", { class: "mention" }, `@${label || id}`);
  return h(
    "button",
    {
      type: "button",
      class: `mention${id === state.me?.id ? " mention-me" : ""}`,
      on: { click: (event) => emit("profile", { anchor: event.currentTarget, user }) },
    },
    `@${user.real_name || user.name}`,
  );
}

/** @param {string} id @param {string} [label] @returns {HTMLElement} a group's mention */
export function groupNode(id, label) {
  const group = state.usergroups.get(id);
  const isMine = group?.users?.includes(state.me?.id);
  const name = group?.handle || label || id;
  return h(
    "span",
    { class: `mention${isMine ? " mention-me" : ""}`, title: group?.name },
    `@${name.replace(/^@/u, "")}`,
  );
}

/** @param {string} id @param {string} [label] @returns {HTMLElement} a link to a channel of this workspace */
export function channelNode(id, label) {
  const channel = state.channels.get(id);
  if (!channel) return h("span", { class: "mention" }, `#${label || id}`);
  return h("a", { class: "mention", href: `#/${id}` }, `#${channel.name}`);
}

/** @param {string} range here, channel or everyone @returns {HTMLElement} */
export function broadcastNode(range) {
  return h("span", { class: "mention mention-me" }, `@${range}`);
}

/** @param {number} seconds @param {string} pattern @param {string} [link] @param {string} [fallback] @returns {Node} */
export function dateNode(seconds, pattern, link, fallback) {
  const text = Number.isFinite(seconds) ? dateToken(seconds, pattern) : (fallback ?? "");
  const time = h("time", { title: fallback }, text);
  return link ? linkNode(link, time) : time;
}

/**
 * Show mrkdwn text.
 * @param {string} text
 * @returns {DocumentFragment}
 */
export function mrkdwn(text) {
  const out = document.createDocumentFragment();
  text.split(/```/u).forEach((part, index, parts) => {
    const isCode = index % 2 === 1 && index < parts.length - 1;
    if (isCode) out.append(h("pre", {}, unescapeText(part.replace(/^\n|\n$/gu, ""))));
    else out.append(...paragraphs(index % 2 === 1 ? `\`\`\`${part}` : trimAround(part, index, parts.length)));
  });
  return out;
}

/** A code block starts on its own line, so the newlines that touch it would only add empty lines. */
function trimAround(part, index, count) {
  const start = index > 0 ? part.replace(/^\n/u, "") : part;
  return index < count - 1 ? start.replace(/\n$/u, "") : start;
}

function paragraphs(text) {
  if (text === "") return [];
  const nodes = [];
  let quote = null;
  let first = true;
  for (const line of text.split("\n")) {
    const quoted = /^(?:&gt;|>)\s?(.*)$/su.exec(line);
    if (quoted) {
      if (quote) quote.append(h("br"));
      else nodes.push((quote = h("blockquote")));
      quote.append(...inline(quoted[1]));
    } else {
      if (!first && !quote) nodes.push(h("br"));
      nodes.push(...inline(line));
      quote = null;
    }
    first = false;
  }
  return nodes;
}

/**
 * Show one line of mrkdwn.
 * @param {string} line
 * @returns {Array<Node|string>}
 */
export function inline(line) {
  const nodes = [];
  let plain = "";
  let at = 0;
  while (at < line.length) {
    const span = spanAt(line, at);
    if (span) {
      nodes.push(...withEmoji(unescapeText(plain)), span.node);
      plain = "";
      at = span.end;
    } else {
      plain += line[at];
      at += 1;
    }
  }
  nodes.push(...withEmoji(unescapeText(plain)));
  return nodes;
}

function spanAt(line, at) {
  const char = line[at];
  if (char === "<") return angleSpan(line, at);
  if (char === "`") return codeSpan(line, at);
  if (char in WRAPPERS) return wrappedSpan(line, at, char);
  if (char === "h" && !/[\w/]/u.test(line[at - 1] ?? "")) return bareLink(line, at);
  return null;
}

function angleSpan(line, at) {
  const end = line.indexOf(">", at);
  if (end < 0) return null;
  return { node: angleNode(line.slice(at + 1, end)), end: end + 1 };
}

function angleNode(inside) {
  const bar = inside.indexOf("|");
  const target = bar < 0 ? inside : inside.slice(0, bar);
  const label = bar < 0 ? "" : unescapeText(inside.slice(bar + 1));
  if (target.startsWith("@")) return userNode(target.slice(1), label.replace(/^@/u, ""));
  if (target.startsWith("#")) return channelNode(target.slice(1), label);
  if (target.startsWith("!")) return specialNode(target.slice(1), label);
  const url = unescapeText(target);
  if (!/^[a-z][a-z0-9+.-]*:/iu.test(url)) return document.createTextNode(unescapeText(`<${inside}>`));
  return linkNode(url, label ? withEmoji(label) : url.replace(/^mailto:/u, ""));
}

function specialNode(what, label) {
  const [kind, ...details] = what.split("^");
  if (kind === "date") return dateNode(Number.parseInt(details[0], 10), details[1] ?? "", details[2], label);
  if (kind === "subteam") return groupNode(details[0], label);
  return broadcastNode(kind);
}

function codeSpan(line, at) {
  const end = line.indexOf("`", at + 1);
  if (end <= at + 1) return null;
  return { node: h("code", {}, unescapeText(line.slice(at + 1, end))), end: end + 1 };
}

function wrappedSpan(line, at, char) {
  if (/[\p{L}\p{N}*_~]/u.test(line[at - 1] ?? "") && !(line[at - 1] in WRAPPERS)) return null;
  if (line[at - 1] === char || /^\s?$/u.test(line[at + 1] ?? "")) return null;
  const end = closing(line, at + 1, char);
  if (end < 0) return null;
  return { node: h(WRAPPERS[char], {}, inline(line.slice(at + 1, end))), end: end + 1 };
}

/** Where the span ends: markers inside links and code do not count, nor do those inside a word. */
function closing(line, from, char) {
  const last = Math.min(line.length, from + LONGEST_SPAN);
  for (let at = from; at < last; at += 1) {
    if (line[at] === "<" && line.indexOf(">", at) > 0) at = line.indexOf(">", at);
    else if (line[at] === "`" && line.indexOf("`", at + 1) > 0) at = line.indexOf("`", at + 1);
    else if (line[at] === char && closes(line, at, from, char)) return at;
  }
  return -1;
}

function closes(line, at, from, char) {
  return (
    at > from &&
    !/\s/u.test(line[at - 1]) &&
    !/[\p{L}\p{N}]/u.test(line[at + 1] ?? "") &&
    line[at + 1] !== char
  );
}

function bareLink(line, at) {
  const match = URL_START.exec(line.slice(at, at + 2_000));
  if (!match) return null;
  const url = match[0].replace(/[.,;:!?'")\]*_~]+$/u, "");
  return { node: linkNode(unescapeText(url), unescapeText(url)), end: at + url.length };
}
