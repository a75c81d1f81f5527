/** What a person can do with a message. */

import { act } from "./api.js";
import { h } from "./dom.js";
import { ask } from "./dialog.js";
import { emojiNode } from "./emoji.js";
import { openEmojiPicker } from "./emojipicker.js";
import { notice, worked } from "./errors.js";
import { icon } from "./icons.js";
import { mrkdwn } from "./mrkdwn.js";
import { openMenu } from "./popup.js";
import { messageShortcuts, runMessageShortcut } from "./shortcuts.js";
import { emit, isReply, state } from "./store.js";
import { fromWire } from "./wire.js";

/** The reactions that mean something to the app, within one click. */
const QUICK = ["outbox_tray", "white_check_mark", "eyes"];

/** @param {string} channel @param {Object} message @param {string} name short name; adds the reaction, or takes one's own away */
export async function toggleReaction(channel, message, name) {
  const mine = message.reactions?.find((reaction) => reaction.name === name)?.users.includes(state.me.id);
  worked(await act(mine ? "unreact" : "react", { channel, ts: message.ts, name }));
}

/** @param {Element} anchor @param {string} channel @param {Object} message @param {Object} [options] of the picker */
export function chooseReaction(anchor, channel, message, options) {
  openEmojiPicker(anchor, (name) => toggleReaction(channel, message, name), options);
}

/** @param {string} channel @param {Object} message */
export async function deleteMessage(channel, message) {
  const body = h("blockquote", { class: "ask-quote" }, mrkdwn(message.text ?? ""));
  if (await ask({ title: "Delete this message?", body, confirm: "Delete", danger: true })) {
    worked(await act("delete", { channel, ts: message.ts }));
  }
}

/** @param {string} channel @param {Object} message opens the thread below it */
export function openThread(channel, message) {
  const base = state.place.kind === "app" ? "app/messages" : channel;
  location.hash = `#/${base}/${message.thread_ts ?? message.ts}`;
}

/** @param {Object} message @returns {boolean} whether the current person wrote it */
export function isOwn(message) {
  return (
    message.user === state.me.id &&
    !message.bot_id &&
    !message.is_ephemeral &&
    message.subtype !== "tombstone"
  );
}

/**
 * The menu of everything else one can do with a message.
 * @param {Element} anchor
 * @param {string} channel
 * @param {Object} message
 * @param {{inThread: boolean, onClose?: () => void}} options
 */
export function openMessageMenu(anchor, channel, message, { inThread, onClose }) {
  const shortcuts = messageShortcuts();
  const own = isOwn(message);
  const items = [
    !inThread && {
      label: [icon("thread"), "Reply in thread"],
      hint: "Enter",
      run: () => openThread(channel, message),
    },
    { label: [icon("link"), "Copy link"], run: () => copyLink(channel, message) },
    { label: [icon("copy"), "Copy text"], run: () => copyText(message) },
    own && {
      label: [icon("edit"), "Edit message"],
      hint: "E",
      run: () => emit("edit", { channel, ts: message.ts, inThread }),
    },
    shortcuts.length > 0 && "line",
    shortcuts.length > 0 && { heading: state.app.name },
    ...shortcuts.map((shortcut) => ({
      label: [icon("bolt"), shortcut.name],
      run: () => runMessageShortcut(shortcut, channel, message),
    })),
    (own || state.me.is_admin) && "line",
    (own || state.me.is_admin) && {
      label: [icon("trash"), "Delete message…"],
      danger: true,
      run: () => deleteMessage(channel, message),
    },
  ];
  openMenu(anchor, items.filter(Boolean), { label: "Message actions", align: "end", onClose });
}

async function copyLink(channel, message) {
  const base = state.channels.get(channel)?.is_im ? "app/messages" : channel;
  const url = new URL(location.href);
  url.hash = isReply(message) ? `#/${base}/${message.thread_ts}/${message.ts}` : `#/${base}/-/${message.ts}`;
  await navigator.clipboard.writeText(url.href);
  notice("Link copied.");
}

async function copyText(message) {
  await navigator.clipboard.writeText(fromWire(message.text ?? ""));
  notice("Text copied.");
}

/**
 * The toolbar that floats over a message.
 * @param {string} channel
 * @param {Object} message
 * @param {{inThread: boolean}} options
 * @returns {HTMLElement}
 */
export function messageToolbar(channel, message, { inThread }) {
  const bar = h("div", { class: "toolbar", role: "toolbar", "aria-label": "Message actions" });
  const hold = (run) => (event) => {
    bar.classList.add("held");
    run(event.currentTarget, () => bar.classList.remove("held"));
  };
  const button = (label, content, click) =>
    h(
      "button",
      {
        type: "button",
        class: "tool",
        "aria-label": label,
        title: label,
        data: { key: `${message.ts}/${label}` },
        on: { click },
      },
      content,
    );
  bar.append(
    ...QUICK.map((name) =>
      button(`React with ${name.replaceAll("_", " ")}`, emojiNode(name), () =>
        toggleReaction(channel, message, name),
      ),
    ),
    button(
      "Add reaction",
      icon("emojiPlus"),
      hold((anchor, onClose) => chooseReaction(anchor, channel, message, { onClose })),
    ),
    ...(inThread ? [] : [button("Reply in thread", icon("thread"), () => openThread(channel, message))]),
    button(
      "More actions",
      icon("more"),
      hold((anchor, onClose) => openMessageMenu(anchor, channel, message, { inThread, onClose })),
    ),
  );
  return bar;
}
