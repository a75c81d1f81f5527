/** One message as a row. */

import { act } from "./api.js";
import { isOwn, messageToolbar, chooseReaction, openThread, toggleReaction } from "./actions.js";
import { renderBlocks } from "./blocks.js";
import { createComposer } from "./composer.js";
import { h } from "./dom.js";
import { emojiNode } from "./emoji.js";
import { fileNodes } from "./files.js";
import { icon } from "./icons.js";
import { inline, linkNode, mrkdwn } from "./mrkdwn.js";
import { authorOf, avatar, nameList } from "./people.js";
import { emit, findMessage, state, threadKey } from "./store.js";
import { ago, clock, fromTs, fullTime } from "./time.js";
import { fromWire } from "./wire.js";

/** What the workspace itself writes: who joined, what was renamed. */
const SYSTEM = new Set(["channel_join", "channel_leave", "channel_topic", "channel_name", "channel_archive"]);

/**
 * @param {Object} message
 * @param {{channel: string, compact: boolean, inThread: boolean, editing: boolean, isStill?: boolean}} place
 *   `compact`: the row above is by the same author, so name and picture are left out; `isStill`: without a toolbar
 * @returns {HTMLElement}
 */
export function messageRow(message, place) {
  const { channel, compact, inThread, editing, isStill } = place;
  const author = authorOf(message);
  const at = fromTs(message.ts);
  const row = h("article", {
    class: rowClass(message, place),
    tabIndex: -1,
    "aria-label": `${author.name}, ${clock(at)}`,
    data: { ts: message.ts, key: message.ts },
  });
  if (message.subtype === "tombstone") return tombstone(row, message, channel, inThread);
  const body = h("div", { class: `message-body${SYSTEM.has(message.subtype) ? " system" : ""}` });
  body.append(...content(message, channel, body, editing));
  row.append(
    h("div", { class: "message-gutter" }, compact ? timeNode(at) : author.avatar),
    h(
      "div",
      { class: "message-main" },
      message.is_ephemeral && ephemeralNote(message),
      !compact && byline(author, at),
      message.subtype === "thread_broadcast" && broadcastNote(message, channel, inThread),
      body,
      !message.is_ephemeral && reactionBar(message, channel),
      !inThread && message.reply_count > 0 && threadLink(message, channel),
    ),
  );
  if (!message.is_ephemeral && !editing && !isStill) floatToolbar(row, channel, message, inThread);
  return row;
}

function rowClass(message, { compact, editing }) {
  const states = {
    compact,
    editing,
    ephemeral: message.is_ephemeral,
    streaming: isStreaming(message),
  };
  return ["message", ...Object.keys(states).filter((name) => states[name])].join(" ");
}

function isStreaming(message) {
  return message.streaming_state === "in_progress";
}

function tombstone(row, message, channel, inThread) {
  row.append(
    h("div", { class: "message-gutter" }, h("span", { class: "avatar avatar-gone" }, icon("trash"))),
    h(
      "div",
      { class: "message-main" },
      h("p", { class: "quiet" }, "This message was deleted."),
      !inThread && message.reply_count > 0 && threadLink(message, channel),
    ),
  );
  return row;
}

function timeNode(at) {
  return h("time", { class: "message-time", title: fullTime(at), datetime: at.toISOString() }, clock(at));
}

function byline(author, at) {
  const { user } = author;
  const show = (event) => emit("profile", { anchor: event.currentTarget, user });
  return h(
    "div",
    { class: "byline" },
    user
      ? h("button", { type: "button", class: "author", tabIndex: -1, on: { click: show } }, author.name)
      : h("b", { class: "author" }, author.name),
    author.isApp && h("span", { class: "app-badge" }, "APP"),
    timeNode(at),
  );
}

/** What a person wrote; emoji without a word beside them are shown large. */
function typed(text) {
  const shown = mrkdwn(text);
  const alone = [...shown.childNodes].every(
    (node) => node.classList?.contains("emoji") || node.textContent.trim() === "",
  );
  return h("div", { class: `message-text${alone ? " emoji-alone" : ""}` }, shown);
}

function content(message, channel, root, editing) {
  if (editing) return [editor(message, channel)];
  const surface = { where: { channel, ts: message.ts }, root };
  const nodes = showsBlocks(message)
    ? renderBlocks(message.blocks, surface)
    : message.text
      ? [typed(message.text)]
      : [];
  if (isStreaming(message) && !message.text && nodes.every((node) => !node.textContent))
    nodes.push(h("span", { class: "stream-empty" }));
  for (const attachment of message.attachments ?? []) nodes.push(attachmentNode(attachment, surface));
  const isCard = message.bot_id && message.blocks?.length > 0;
  if (message.edited && nodes.length > 0 && !isCard) markEdited(nodes.at(-1), message.edited);
  nodes.push(...fileNodes(message.files));
  return nodes;
}

/** The mark follows the last words instead of taking a line of its own. Cards are kept up to date, so they bear none. */
function markEdited(last, edited) {
  const words = [...last.querySelectorAll(".section-text, .rt-section")].at(-1) ?? last;
  words.append(" ", h("span", { class: "edited", title: fullTime(fromTs(edited.ts)) }, "(edited)"));
}

/** The blocks of what a person typed hold the same words as the text, but not the markup in it. */
function showsBlocks(message) {
  return message.blocks?.length > 0 && Boolean(message.bot_id || message.is_ephemeral);
}

function attachmentNode(attachment, surface) {
  const color =
    { good: "#2f9e6e", warning: "#d9a62e", danger: "#cf3b4f" }[attachment.color] ??
    `#${(attachment.color ?? "").replace("#", "")}`;
  const title = attachment.title && inline(attachment.title);
  const text = attachment.text ?? (attachment.title ? "" : attachment.fallback);
  return h(
    "div",
    { class: "attachment", style: { "--bar": attachment.color ? color : "var(--line)" } },
    attachment.pretext && h("div", {}, mrkdwn(attachment.pretext)),
    attachment.author_name && h("small", {}, attachment.author_name),
    title && h("b", {}, attachment.title_link ? linkNode(attachment.title_link, title) : title),
    attachment.blocks ? renderBlocks(attachment.blocks, surface) : text && h("div", {}, mrkdwn(text)),
    attachment.fields &&
      h(
        "div",
        { class: "section-fields" },
        attachment.fields.map((field) =>
          h("div", {}, h("b", {}, field.title), h("br"), mrkdwn(field.value ?? "")),
        ),
      ),
    attachment.footer && h("small", {}, inline(attachment.footer)),
  );
}

function editor(message, channel) {
  const done = () => emit("edit", null);
  const composer = createComposer({
    label: "Edit message",
    initial: fromWire(message.text ?? ""),
    saveLabel: "Save",
    onCancel: done,
    send: async (text) => {
      const answer = await act("edit", { channel, ts: message.ts, text });
      if (answer.ok) done();
      return answer;
    },
  });
  requestAnimationFrame(composer.focus);
  return composer.node;
}

function ephemeralNote(message) {
  return h(
    "div",
    { class: "note-line" },
    icon("eye"),
    "Only visible to you ·",
    h(
      "button",
      {
        type: "button",
        data: { key: `${message.ts}/dismiss` },
        on: { click: () => emit("dismiss", message.ts) },
      },
      "Dismiss",
    ),
  );
}

function broadcastNote(message, channel, inThread) {
  if (inThread) return h("div", { class: "note-line" }, "Also sent to the channel");
  const root = findMessage(channel, message.thread_ts) ?? message.root;
  const words = root ? fromWire(root.text ?? "").split("\n")[0] : "";
  return h(
    "div",
    { class: "note-line" },
    "replied to a thread:",
    h(
      "button",
      { type: "button", on: { click: () => openThread(channel, message) } },
      words || "View thread",
    ),
  );
}

function reactionBar(message, channel) {
  const reactions = message.reactions ?? [];
  if (reactions.length === 0) return null;
  const add = h(
    "button",
    {
      type: "button",
      class: "reaction reaction-add",
      "aria-label": "Add reaction",
      title: "Add reaction",
      data: { key: `${message.ts}/add` },
    },
    icon("emojiPlus"),
  );
  add.addEventListener("click", () => chooseReaction(add, channel, message, { align: "start" }));
  return h(
    "div",
    { class: "reactions" },
    reactions.map((reaction) => reactionPill(message, channel, reaction)),
    add,
  );
}

function reactionPill(message, channel, reaction) {
  const mine = reaction.users.includes(state.me.id);
  const who = `${nameList(reaction.users)} reacted with :${reaction.name}:`;
  return h(
    "button",
    {
      type: "button",
      class: `reaction${mine ? " mine" : ""}`,
      "aria-pressed": String(mine),
      title: who,
      "aria-label": `${reaction.count} ${reaction.name.replaceAll("_", " ")}. ${who}`,
      data: { key: `${message.ts}/${reaction.name}` },
      on: { click: () => toggleReaction(channel, message, reaction.name) },
    },
    emojiNode(reaction.name),
    h("span", { class: "reaction-count" }, reaction.count),
  );
}

function threadLink(message, channel) {
  const repliers = (message.reply_users ?? []).map(
    (id) => state.users.get(id) ?? state.users.get(state.app.bot_user_id),
  );
  const users = [...new Set(repliers)].slice(0, 4);
  const count = `${message.reply_count} ${message.reply_count === 1 ? "reply" : "replies"}`;
  const isNew = state.threads.get(threadKey(channel, message.ts))?.unread > 0;
  return h(
    "button",
    {
      type: "button",
      class: "thread-link",
      data: { key: `${message.ts}/thread` },
      on: { click: () => openThread(channel, message) },
    },
    h(
      "span",
      { class: "thread-faces" },
      users.map((user) => avatar(user, "small")),
    ),
    h("span", { class: "thread-count" }, count),
    isNew && h("span", { class: "thread-new", title: "New replies" }),
    message.latest_reply &&
      h(
        "span",
        { class: "thread-last" },
        "Last reply ",
        h("span", { data: { ago: message.latest_reply } }, ago(fromTs(message.latest_reply))),
      ),
    h("span", { class: "thread-view" }, "View thread"),
    icon("chevron"),
  );
}

/** The one toolbar of the page, over the row last pointed at or focused: most rows never need one. */
let floating = null;

function floatToolbar(row, channel, message, inThread) {
  const show = () => {
    if (floating?.row === row || floating?.bar.classList.contains("held")) return;
    floating?.bar.remove();
    floating = { row, bar: messageToolbar(channel, message, { inThread }) };
    row.append(floating.bar);
  };
  const hide = () => {
    if (
      floating?.row !== row ||
      floating.bar.classList.contains("held") ||
      row.matches(":hover, :focus-within")
    )
      return;
    floating.bar.remove();
    floating = null;
  };
  row.addEventListener("pointerenter", show);
  row.addEventListener("focusin", show);
  row.addEventListener("pointerleave", hide);
  row.addEventListener("focusout", () => setTimeout(hide));
  row.addEventListener("keydown", (event) => rowKey(event, row, channel, message, inThread));
}

function rowKey(event, row, channel, message, inThread) {
  if (event.target !== row || event.ctrlKey || event.metaKey || event.altKey) return;
  const press = (label) => row.querySelector(`.toolbar [aria-label="${label}"]`)?.click();
  const keys = {
    Enter: () => !inThread && openThread(channel, message),
    t: () => !inThread && openThread(channel, message),
    r: () => press("Add reaction"),
    m: () => press("More actions"),
    e: () => isOwn(message) && emit("edit", { channel, ts: message.ts, inThread }),
  };
  if (!Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]();
}
