/** The thread pane on the right. */

import { agentNodes, sessionTitle } from "./agent.js";
import { act, mark, upload } from "./api.js";
import { acceptDrops } from "./attach.js";
import { createComposer } from "./composer.js";
import { h, keepFocus, soon } from "./dom.js";
import { sentence } from "./errors.js";
import { icon } from "./icons.js";
import { createList } from "./list.js";
import { isOwn } from "./actions.js";
import { emit, loadThread, on, sorted, state, threadKey } from "./store.js";
import { typingLine } from "./typing.js";

const pane = document.getElementById("thread");
const list = createList({ label: "Thread", inThread: true });
const title = h("a", { class: "pane-sub" });
const heading = h("h2", {}, "Thread");
const MARK_AFTER_MS = 200;
const slot = h("div", { class: "composer-slot" });
const composers = new Map();
let editing = null;
let marking = null;

pane.append(
  h(
    "header",
    { class: "pane-head" },
    h("div", { class: "pane-title" }, heading, title),
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
  location.hash = backAddress();
}

function backAddress() {
  return state.place.kind === "app" ? "#/app/messages" : `#/${state.place.channel}`;
}

/** @param {string} ts brings a reply into view and marks it for a moment */
export function revealReply(ts) {
  render();
  list.reveal(ts);
}

function drawComposer() {
  const { channel, thread } = state.place;
  if (!thread) return;
  heading.textContent = sessionTitle(channel, thread) || "Thread";
  const nodes = [...agentNodes(channel, thread), composerFor(channel, thread).node];
  if (nodes.length !== slot.childNodes.length || nodes.some((each, at) => each !== slot.childNodes[at]))
    keepFocus(slot, () => slot.replaceChildren(...nodes));
}

/** Tell the workspace that the thread has been read, as long as somebody is looking. */
function markRead() {
  const { thread, place } = state;
  const newest =
    thread &&
    sorted(thread.messages)
      .filter((message) => !message.is_ephemeral)
      .at(-1);
  if (!newest || document.hidden || place.thread !== thread.threadTs) return;
  const key = threadKey(thread.channel, thread.threadTs);
  const known = state.threads.get(key);
  if (known?.unread) {
    state.threads.set(key, { ...known, unread: 0, mentions: 0 });
    emit("threads", known);
  }
  clearTimeout(marking);
  marking = setTimeout(mark, MARK_AFTER_MS, thread.channel, newest.ts, thread.threadTs);
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
  title.href = backAddress();
  drawComposer();
  if (matchMedia("(hover: hover)").matches) composerFor(channel, thread).focus();
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
    const known = state.channels.get(channel);
    composers.set(
      key,
      createComposer({
        label: "Reply…",
        place: { channel, threadTs: thread },
        note: typingLine(channel, thread),
        also: known && !known.is_im ? `#${known.name}` : null,
        onUp: () => editLast(channel),
        send: (text, files, broadcast) =>
          files.length > 0
            ? upload({ channel, thread_ts: thread, broadcast, text }, files)
            : act("post", { channel, thread_ts: thread, broadcast, text }),
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
  markRead();
}

acceptDrops(pane, () => {
  const { channel, thread } = state.place;
  return thread && { label: "the thread", add: composerFor(channel, thread).addFiles };
});
on("thread", soon(render));
on("agent-changed", ({ channel, threadTs }) => {
  if (channel === state.place.channel && threadTs === state.place.thread) drawComposer();
});
document.addEventListener("visibilitychange", markRead);
on("edit", (target) => {
  const was = editing;
  editing = target?.inThread ? target.ts : null;
  if (was !== editing) render();
  if (was && !editing) slot.querySelector("textarea")?.focus();
});
on("sent", ({ message }) => message.thread_ts === state.thread?.threadTs && list.toEnd());
on("arrived", ({ message }) => message.thread_ts === state.thread?.threadTs && list.tellNew());
