/** Between what a person types and the text a message carries. The workspace escapes it and wraps links. */

import { toShortNames } from "./emoji.js";
import { unescapeText } from "./mrkdwn.js";
import { nameOf } from "./people.js";
import { state } from "./store.js";

const CODE = /(```[\s\S]*?```|`[^`\n]+`)/u;
const RANGES = ["here", "channel", "everyone"];

function escapePattern(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/gu, "\\$&");
}

/** "@Name" → id, longest names first, so that "@Ana Maria" is not read as "@Ana". */
function mentionables() {
  const people = [...state.users.values()].map((user) => [nameOf(user), `<@${user.id}>`]);
  if (state.app) people.push([state.app.name, `<@${state.app.bot_user_id}>`]);
  const groups = [...state.usergroups.values()].map((group) => [group.handle, `<!subteam^${group.id}>`]);
  return [...people, ...groups, ...RANGES.map((range) => [range, `<!${range}>`])].sort(
    (a, b) => b[0].length - a[0].length,
  );
}

function outsideCode(typed) {
  const names = new Map(mentionables().map(([name, token]) => [name.toLowerCase(), token]));
  const anyName = [...names.keys()].map(escapePattern).join("|");
  const channels = new Map(
    [...state.channels.values()]
      .filter((channel) => !channel.is_im)
      .map((channel) => [channel.name, channel.id]),
  );
  const text = typed
    .replace(new RegExp(`(?<![\\w@])@(${anyName})(?!\\w)`, "giu"), (_, name) => names.get(name.toLowerCase()))
    .replace(/(?<![\w&#/])#([\p{L}\p{N}_-]+)/gu, (all, name) =>
      channels.has(name) ? `<#${channels.get(name)}|${name}>` : all,
    );
  return toShortNames(text);
}

/**
 * What to post for what was typed: mentions and emoji as Slack stores them; code stays as it is.
 * @param {string} typed
 * @returns {string}
 */
export function toWire(typed) {
  return typed
    .split(CODE)
    .map((part, index) => (index % 2 === 1 ? part : outsideCode(part)))
    .join("");
}

/**
 * What to put into the editor for a message's text; the reverse of `toWire`.
 * @param {string} text
 * @returns {string}
 */
export function fromWire(text) {
  const names = new Map(mentionables().map(([name, token]) => [token, `@${name}`]));
  return unescapeText(
    text.replace(/<([^<>]+)>/gu, (token, inside) => {
      if (names.has(token)) return names.get(token);
      if (inside.startsWith("#"))
        return `#${state.channels.get(inside.slice(1).split("|")[0])?.name ?? inside.split("|")[1] ?? ""}`;
      return /^[@!]/u.test(inside) ? token : inside.split("|")[0];
    }),
  );
}
