/** Emoji: short names as messages carry them, and how they are shown. */

import { h } from "./dom.js";

/** Short name → Unicode, each with a drawing in ../emoji named after its code point. */
export const EMOJI = {
  outbox_tray: "📤",
  inbox_tray: "📥",
  incoming_envelope: "📨",
  hourglass_flowing_sand: "⏳",
  hourglass: "⌛",
  exclamation: "❗",
  question: "❓",
  ticket: "🎫",
  eyes: "👀",
  white_check_mark: "✅",
  heavy_check_mark: "✔️",
  x: "❌",
  no_entry: "⛔",
  warning: "⚠️",
  lock: "🔒",
  bell: "🔔",
  "+1": "👍",
  "-1": "👎",
  heart: "❤️",
  tada: "🎉",
  pray: "🙏",
  clap: "👏",
  raised_hands: "🙌",
  wave: "👋",
  smile: "😄",
  blush: "😊",
  slightly_smiling_face: "🙂",
  joy: "😂",
  thinking_face: "🤔",
  cry: "😢",
  fire: "🔥",
  rocket: "🚀",
  sparkles: "✨",
  star: "⭐",
  bulb: "💡",
  speech_balloon: "💬",
  speaking_head_in_silhouette: "🗣️",
  bust_in_silhouette: "👤",
  robot_face: "🤖",
  email: "📧",
  envelope: "✉️",
  telephone_receiver: "📞",
  iphone: "📱",
  headphones: "🎧",
  memo: "📝",
  page_facing_up: "📄",
  paperclip: "📎",
  pushpin: "📌",
  package: "📦",
  truck: "🚚",
  shopping_trolley: "🛒",
  receipt: "🧾",
  credit_card: "💳",
  moneybag: "💰",
  mag: "🔍",
  hammer_and_wrench: "🛠️",
  calendar: "📅",
  alarm_clock: "⏰",
  timer_clock: "⏲️",
  globe_with_meridians: "🌐",
  arrows_counterclockwise: "🔄",
  large_green_circle: "🟢",
  large_yellow_circle: "🟡",
  red_circle: "🔴",
  large_blue_circle: "🔵",
  white_circle: "⚪",
  office: "🏢",
  zzz: "💤",
  repeat: "🔁",
  card_index_dividers: "🗂️",
  raising_hand: "🙋",
  bar_chart: "📊",
  chart_with_upwards_trend: "📈",
  clock3: "🕒",
  link: "🔗",
  busts_in_silhouette: "👥",
  label: "🏷️",
  sunny: "☀️",
  ok_hand: "👌",
  muscle: "💪",
  sweat_smile: "😅",
  handshake: "🤝",
  arrow_right: "➡️",
  leftwards_arrow_with_hook: "↩️",
  no_bell: "🔕",
  rotating_light: "🚨",
  key: "🔑",
  house: "🏠",
  mailbox_with_mail: "📬",
  pencil2: "✏️",
  new: "🆕",
  sos: "🆘",
  handbag: "👜",
  gift: "🎁",
  coffee: "☕",
};

/** The reactions this product gives a meaning, shown first in the picker. */
export const PRODUCT = [
  "outbox_tray",
  "incoming_envelope",
  "hourglass_flowing_sand",
  "exclamation",
  "ticket",
  "eyes",
  "white_check_mark",
];

const ALIASES = new Map(
  Object.entries({
    thumbsup: "+1",
    thumbsdown: "-1",
    thinking: "thinking_face",
    "e-mail": "email",
    phone: "telephone_receiver",
    robot: "robot_face",
    heavy_exclamation_mark: "exclamation",
    green_circle: "large_green_circle",
    yellow_circle: "large_yellow_circle",
    blue_circle: "large_blue_circle",
  }),
);

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
