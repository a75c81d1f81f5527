/** People and the app: their names and their pictures. */

import { h } from "./dom.js";
import { emojiNode } from "./emoji.js";
import { icon } from "./icons.js";
import { state } from "./store.js";

const COLORS = ["#3f6fb5", "#277a5b", "#a5527c", "#a35a22", "#6a5bb8", "#2c7480", "#9a4d4d", "#5d6f27"];

/** @param {Object} user @returns {string} the name others read */
export function nameOf(user) {
  return user.profile?.display_name || user.real_name || user.name;
}

function initials(name) {
  const words = name.split(/[\s._-]+/u).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : words;
  return letters.map((word) => [...word][0].toUpperCase()).join("") || "?";
}

function colorOf(user) {
  if (/^#?[0-9a-f]{6}$/iu.test(user.color ?? "")) return `#${user.color.replace("#", "")}`;
  const index = [...state.users.keys()].indexOf(user.id);
  return COLORS[(index < 0 ? user.id.length : index) % COLORS.length];
}

/**
 * A coloured square with a person's initials; the app has a mark of its own.
 * @param {Object} user
 * @param {"tiny"|"small"|"medium"|"large"} [size]
 * @returns {HTMLElement}
 */
export function avatar(user, size = "medium") {
  if (user.id === state.app?.bot_user_id) return appAvatar(size);
  return h(
    "span",
    { class: `avatar avatar-${size}`, "aria-hidden": "true", style: { "background-color": colorOf(user) } },
    initials(nameOf(user)),
  );
}

/** @returns {HTMLElement} the dot that says whether somebody is here; its parent's class decides */
export function presenceDot() {
  return h("span", { class: "presence", "aria-hidden": "true" });
}

/** @param {"tiny"|"small"|"medium"|"large"} size @returns {HTMLElement} */
export function appAvatar(size = "medium") {
  return h("span", { class: `avatar avatar-app avatar-${size}`, "aria-hidden": "true" }, icon("bolt"));
}

function writtenBy(message) {
  const isApp = Boolean(message.bot_id) || message.user === state.app.bot_user_id;
  const user = state.users.get(message.user);
  const own = isApp ? state.app.name : user ? nameOf(user) : (message.user ?? "Unknown");
  return { isApp, user, name: message.username || own, emoji: message.icons?.emoji?.replaceAll(":", "") };
}

/** @param {Object} message @returns {string} the same for messages that show the same name and picture */
export function authorKey(message) {
  const { name, emoji } = writtenBy(message);
  return `${message.user ?? message.bot_id}/${name}/${emoji ?? ""}`;
}

/**
 * Who wrote a message: a person, the app, or the app under another name and picture.
 * @param {Object} message
 * @returns {{name: string, isApp: boolean, user: Object|undefined, avatar: HTMLElement}} `user`: whose profile it is
 */
export function authorOf(message) {
  const { isApp, user, name, emoji } = writtenBy(message);
  return { name, isApp, user, avatar: authorAvatar(isApp, user, name, emoji) };
}

function authorAvatar(isApp, user, name, emoji) {
  if (emoji)
    return h("span", { class: "avatar avatar-emoji avatar-medium", "aria-hidden": "true" }, emojiNode(emoji));
  if (isApp && name === state.app.name) return appAvatar();
  return avatar(isApp || !user ? { id: name, real_name: name } : user);
}

/**
 * Names of people for a sentence: "You, Maya and Tom".
 * @param {string[]} ids
 * @returns {string}
 */
export function nameList(ids) {
  const names = ids.map((id) =>
    id === state.me.id ? "You" : state.users.has(id) ? nameOf(state.users.get(id)) : "Someone",
  );
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : (names[0] ?? "");
}
