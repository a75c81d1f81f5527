/** The thread pane on the right. */

import { act, upload } from "./api.js";
import { createComposer } from "./composer.js";
import { h, soon } from "./dom.js";
import { sentence } from "./errors.js";
import { icon } from "./icons.js";
import { createList } from "./list.js";
import { isOwn } from "./actions.js";
import { emit, loadThread, on, sorted, state } from "./store.js";

const pane = document.getElementById("thread");
const list = createList({ label: "Thread", inThread: true });
const title = h("span", { class: "pane-sub" });
const slot = h("div", { class: "composer-slot" });
const composers = new Map();
let editing = null;

pane.append(
  h(
    "header",
    { class: "pane-head" },
    h("div", { class: "pane-title" }, h("h2", {}, "Thread"), title),
    h(
      "button",
      {
        type: "button",
        class: "tool",
        "aria-label": "Close thread",
        title: "Close thread (Esc)",
        on: { click: closeThread },
      },
      icon("close"),
    ),
  ),
  list.node,
  slot,
);

/** Leave the thread; the channel stays. */
export function closeThread() {
  const { place } = state;
  location.hash = place.kind === "app" ? "#/app/messages" : `#/${place.channel}`;
}

/** Show the thread the current place names, or hide the pane. */
export async function showThread() {
  const { channel, thread } = state.place;
  pane.hidden = !thread;
  document.body.classList.toggle("with-thread", Boolean(thread));
  if (!thread) {
    state.thread = null;
    return;
  }
  if (state.thread?.channel === channel && state.thread.threadTs === thread) return;
  state.thread = null;
  list.reset();
  title.replaceChildren(...channelTitle(channel));
  const composer = composerFor(channel, thread);
  slot.replaceChildren(composer.node);
  if (matchMedia("(hover: hover)").matches) composer.focus();
  const answer = await loadThread(channel, thread);
  if (!answer.ok)
    list.show([], { channel, editing: null, head: [h("p", { class: "empty" }, sentence(answer.error))] });
}

function channelTitle(id) {
  const channel = state.channels.get(id);
  if (channel?.is_im) return [state.app.name];
  return [icon(channel?.is_private ? "lock" : "hash"), channel?.name ?? id];
}

function composerFor(channel, thread) {
  const key = `${channel}/${thread}`;
  if (!composers.has(key)) {
    composers.set(
      key,
      createComposer({
        label: "Reply…",
        onUp: () => editLast(channel),
        send: (text, file) =>
          file
            ? upload({ channel, thread_ts: thread, text }, file)
            : act("post", { channel, thread_ts: thread, text }),
      }),
    );
  }
  return composers.get(key);
}

function editLast(channel) {
  const last = sorted(state.thread?.messages ?? new Map())
    .filter(isOwn)
    .at(-1);
  if (last) emit("edit", { channel, ts: last.ts, inThread: true });
}

function render() {
  if (!state.thread) return;
  const messages = sorted(state.thread.messages);
  const count = messages.filter(
    (message) => message.ts !== state.thread.threadTs && !message.is_ephemeral,
  ).length;
  const line =
    count > 0 &&
    h(
      "div",
      { class: "reply-line", role: "separator" },
      h("span", {}, `${count} ${count === 1 ? "reply" : "replies"}`),
    );
  list.show(messages, { channel: state.thread.channel, editing, afterFirst: line || null });
}

on("thread", soon(render));
on("edit", (target) => {
  const was = editing;
  editing = target?.inThread ? target.ts : null;
  if (was !== editing) render();
  if (was && !editing) slot.querySelector("textarea")?.focus();
});
on("sent", ({ message }) => message.thread_ts === state.thread?.threadTs && list.toEnd());
on("arrived", ({ message }) => message.thread_ts === state.thread?.threadTs && list.tellNew());
