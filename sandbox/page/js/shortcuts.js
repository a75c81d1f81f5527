/** The app's shortcuts: global ones, and those of a message. */

import { act } from "./api.js";
import { notice, sentence } from "./errors.js";
import { state } from "./store.js";

/** @returns {Object[]} those that need no message */
export function globalShortcuts() {
  return state.app.shortcuts.filter((shortcut) => shortcut.type === "global");
}

/** @returns {Object[]} those that take a message */
export function messageShortcuts() {
  return state.app.shortcuts.filter((shortcut) => shortcut.type === "message");
}

/** @param {{name: string, callback_id: string}} shortcut a global one */
export async function runShortcut(shortcut) {
  say(shortcut, await act("shortcut", { callback_id: shortcut.callback_id }));
}

/** @param {{name: string, callback_id: string}} shortcut @param {string} channel @param {{ts: string}} message */
export async function runMessageShortcut(shortcut, channel, message) {
  const details = { callback_id: shortcut.callback_id, channel, ts: message.ts };
  say(shortcut, await act("message_shortcut", details));
}

function say(shortcut, answer) {
  if (!answer.ok) notice(`${shortcut.name}: ${sentence(answer.error)}`);
}
