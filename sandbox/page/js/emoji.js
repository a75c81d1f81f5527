/** Emoji: short names as messages carry them, and how they are shown. */

import { h } from "./dom.js";
import { ALIASES, EMOJI } from "./emojidata.js";

const BARE = (text) => text.replace(/\uFE0F/gu, "");
const NAMES = new Map(Object.entries(EMOJI).map(([name, char]) => [BARE(char), name]));
const UNICODE = /\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier}|\u200D\p{Extended_Pictographic})*/gu;

/**
 * The canonical short name, or null when this page does not know it.
 * @param {string} name short name without colons; skin tones are dropped
 * @returns {string|null}
 */
export function emojiName(name) {
  const plain = name.split("::")[0];
  const known = ALIASES.get(plain) ?? plain;
  return Object.hasOwn(EMOJI, known) ? known : null;
}

/**
 * Show an emoji by its short name; an unknown one stays readable as `:name:`.
 * @param {string} name
 * @param {string} [unicode] hyphenated code points, as rich_text carries them
 * @returns {HTMLElement}
 */
export function emojiNode(name, unicode) {
  const known = emojiName(name);
  if (known) return drawn(known);
  if (unicode && /^[0-9a-f-]+$/iu.test(unicode)) {
    const char = String.fromCodePoint(...unicode.split("-").map((part) => Number.parseInt(part, 16)));
    return h("span", { class: "emoji-font", title: `:${name}:` }, char);
  }
  return h("span", { class: "emoji-unknown" }, `:${name}:`);
}

function drawn(name) {
  const char = EMOJI[name];
  const file = char.codePointAt(0).toString(16);
  return h(
    "span",
    {
      class: "emoji",
      role: "img",
      title: `:${name}:`,
      "aria-label": name.replaceAll("_", " "),
      style: { "background-image": `url(/static/emoji/${file}.svg)` },
    },
    char,
  );
}

/**
 * Split text into strings and emoji elements, for `:short_names:` and Unicode emoji alike.
 * @param {string} text
 * @returns {Array<string|HTMLElement>}
 */
export function withEmoji(text) {
  const parts = [];
  let rest = 0;
  for (const match of text.matchAll(/:([a-z0-9_+'-]+(?:::skin-tone-[2-6])?):/gu)) {
    if (!emojiName(match[1])) continue;
    parts.push(...unicodeParts(text.slice(rest, match.index)), emojiNode(match[1]));
    rest = match.index + match[0].length;
  }
  parts.push(...unicodeParts(text.slice(rest)));
  return parts;
}

function unicodeParts(text) {
  const parts = [];
  let rest = 0;
  for (const match of text.matchAll(UNICODE)) {
    const name = NAMES.get(BARE(match[0]));
    if (!name) continue;
    parts.push(text.slice(rest, match.index), drawn(name));
    rest = match.index + match[0].length;
  }
  parts.push(text.slice(rest));
  return parts.filter((part) => part !== "");
}

/**
 * Turn typed Unicode emoji into short names, as Slack stores them.
 * @param {string} text
 * @returns {string}
 */
export function toShortNames(text) {
  return text.replace(UNICODE, (char) => (NAMES.has(BARE(char)) ? `:${NAMES.get(BARE(char))}:` : char));
}
