/** The middle: a channel's or a direct message's messages and the box to write in. */

import { act, mark, upload } from "./api.js";
import { agentNodes } from "./agent.js";
import { isOwn, openThread } from "./actions.js";
import { acceptDrops } from "./attach.js";
import { topicOf } from "./completion.js";
import { createComposer } from "./composer.js";
import { h, keepFocus, soon } from "./dom.js";
import { sentence } from "./errors.js";
import { icon } from "./icons.js";
import { createList } from "./list.js";
import { mrkdwn } from "./mrkdwn.js";
import { appAvatar } from "./people.js";
import { membersButton } from "./members.js";
import { typingLine } from "./typing.js";
import { emit, inChannelList, keepNewest, listOf, loadMessages, on, sorted, state } from "./store.js";

const head = document.getElementById("head");
const slot = document.getElementById("composer");
const list = createList({ label: "Messages", inThread: false, onTop: () => loadOlder() });
document.getElementById("messages").append(list.node);

/** A page that stays open on a busy channel lets go of what scrolled far away; it loads again on demand. */
const MOST_KEPT = 300;
const MARK_AFTER_MS = 200;
const MOST_PAGES_BACK = 20;
const composers = new Map();
const marks = new Map();
let shown = null;
let editing = null;
let loadingOlder = false;
let unreadFrom = null;

/** Show the channel the current place names. */
export async function showChannel() {
  const { channel } = state.place;
  drawHead();
  if (shown === channel) return;
  shown = channel;
  editing = null;
  unreadFrom = null;
  list.reset();
  const composer = composerFor(channel);
  drawComposer();
  if (!state.place.thread && matchMedia("(hover: hover)").matches) composer.focus();
  const unread = state.channels.get(channel)?.unread ?? 0;
  const answer = await loadMessages(channel);
  if (!answer.ok)
    list.show([], { channel, editing: null, head: [h("p", { class: "empty" }, sentence(answer.error))] });
  else if (shown === channel) startReading(channel, unread);
}

function startReading(channel, unread) {
  const others = sorted(listOf(channel).messages).filter(
    (message) => message.user !== state.me.id && !message.is_ephemeral,
  );
  unreadFrom = unread > 0 ? (others.at(-unread)?.ts ?? null) : null;
  render();
  list.toEnd();
  markRead();
}

/** Leave the middle to something else, such as the app's home. */
export function leaveChannel() {
  shown = null;
}

/** Put the cursor into the box to write in. */
export function focusComposer() {
  composerFor(state.place.channel).focus();
}

function drawComposer() {
  const isArchived = state.channels.get(shown)?.is_archived;
  const node = isArchived
    ? h(
        "p",
        { class: "archived" },
        "This channel is archived. You can read it, but nothing new can be written here.",
      )
    : composerFor(shown).node;
  const nodes = [...agentNodes(shown, null), node];
  if (nodes.length !== slot.childNodes.length || nodes.some((each, at) => each !== slot.childNodes[at]))
    keepFocus(slot, () => slot.replaceChildren(...nodes));
}

/**
 * Bring a message of the channel's list into view and mark it for a moment.
 * @param {string} ts
 */
export async function revealMessage(ts) {
  const channel = shown;
  for (let pages = 0; pages < MOST_PAGES_BACK && channel === shown; pages += 1) {
    const current = listOf(channel);
    if (!current?.hasMore || current.messages.has(ts)) break;
    await loadMessages(channel, { older: true });
  }
  render();
  list.reveal(ts);
}

function drawHead() {
  const channel = state.channels.get(state.place.channel);
  const topic = channel && topicOf(channel);
  if (state.place.kind !== "channel") return;
  head.replaceChildren(
    h(
      "h1",
      { class: "head-name" },
      icon(channel?.is_private ? "lock" : "hash"),
      h("span", { class: "head-text" }, channel?.name ?? "Unknown channel"),
    ),
    topic ? h("p", { class: "head-topic", title: topic }, mrkdwn(topic)) : "",
    channel ? membersButton(channel) : "",
  );
}

function composerFor(id) {
  if (!composers.has(id)) {
    const channel = state.channels.get(id);
    const label = `Message ${channel?.is_im ? state.app.name : `#${channel?.name ?? id}`}`;
    composers.set(
      id,
      createComposer({
        label,
        commands: id,
        place: { channel: id },
        note: typingLine(id, null),
        onUp: () => editLast(id),
        send: (text, files) =>
          files.length > 0 ? upload({ channel: id, text }, files) : act("post", { channel: id, text }),
      }),
    );
  }
  return composers.get(id);
}

function editLast(channel) {
  const last = sorted(listOf(channel)?.messages ?? new Map())
    .filter(isOwn)
    .at(-1);
  if (last) emit("edit", { channel, ts: last.ts, inThread: false });
}

async function loadOlder() {
  const current = listOf(shown);
  if (loadingOlder || !current?.hasMore) return;
  loadingOlder = true;
  await loadMessages(shown, { older: true });
  loadingOlder = false;
}

function render() {
  const current = listOf(shown);
  if (!current) return;
  if (current.messages.size > MOST_KEPT && list.atEnd()) keepNewest(shown, MOST_KEPT / 2);
  const messages = sorted(current.messages).filter(inChannelList);
  list.show(messages, { channel: shown, editing, unreadFrom, head: current.hasMore ? [] : [beginning()] });
}

let beginningNode = null;

function beginning() {
  if (beginningNode?.dataset.channel !== shown) {
    const channel = state.channels.get(shown);
    const app = channel?.is_im;
    beginningNode = h(
      "div",
      { class: "beginning", data: { channel: shown } },
      app
        ? appAvatar("large")
        : h("div", { class: "beginning-mark" }, icon(channel?.is_private ? "lock" : "hash")),
      h("h2", {}, app ? state.app.name : `#${channel?.name ?? shown}`),
      h(
        "p",
        {},
        app
          ? `This is the start of your conversation with ${state.app.name}.`
          : [
              "This is the very beginning of the ",
              h("b", {}, `#${channel?.name ?? shown}`),
              " channel. ",
              mrkdwn(topicOf(channel ?? {})),
            ],
      ),
    );
  }
  return beginningNode;
}

/** Tell the workspace that everything shown has been read, as long as somebody is looking. */
function markRead() {
  const newest = sorted(listOf(shown)?.messages ?? new Map())
    .filter((message) => !message.is_ephemeral)
    .at(-1);
  const channel = state.channels.get(shown);
  if (!newest || !channel || document.hidden) return;
  state.channels.set(shown, { ...channel, unread: 0, mentions: 0 });
  emit("channels");
  clearTimeout(marks.get(shown));
  marks.set(shown, setTimeout(mark, MARK_AFTER_MS, shown, newest.ts));
}

acceptDrops(document.getElementById("main"), () => {
  const channel = shown && state.channels.get(shown);
  if (!channel || channel.is_archived) return null;
  return {
    label: channel.is_im ? state.app.name : `#${channel.name}`,
    add: composerFor(shown).addFiles,
  };
});
const renderSoon = soon(render);
on("messages", ({ channel }) => channel === shown && renderSoon());
on(
  "channels",
  soon(() => {
    drawHead();
    if (shown) drawComposer();
  }),
);
on("presence", soon(drawHead));
on("threads", (thread) => {
  const root = thread.channel === shown && listOf(shown)?.messages.get(thread.thread_ts);
  if (!root) return;
  listOf(shown).messages.set(root.ts, { ...root });
  renderSoon();
});
on("agent-changed", ({ channel, threadTs }) => channel === shown && !threadTs && drawComposer());
on("edit", (target) => {
  const was = editing;
  editing = target && !target.inThread ? target.ts : null;
  if (was !== editing) render();
  if (was && !editing) slot.querySelector("textarea")?.focus();
});
on("sent", ({ channel, message }) => {
  if (channel !== shown || !inChannelList(message)) return;
  unreadFrom = null;
  list.toEnd();
  if (state.app.agent && state.channels.get(channel)?.is_im && !message.thread_ts)
    openThread(channel, message);
});
on("arrived", ({ channel, message }) => {
  if (channel !== shown || !inChannelList(message)) return;
  list.tellNew();
  markRead();
});
on("again", () => shown && loadMessages(shown));
document.addEventListener("visibilitychange", () => shown && markRead());
