/** The Threads place: what one takes part in, the newest first. */

import { mark, read } from "./api.js";
import { h, soon } from "./dom.js";
import { sentence } from "./errors.js";
import { icon } from "./icons.js";
import { messageRow } from "./message.js";
import { authorOf, nameList } from "./people.js";
import { on, state } from "./store.js";

const head = document.getElementById("head");
const page = document.getElementById("threads");

/** Show the threads this person follows. */
export async function showThreads() {
  head.replaceChildren(h("h1", { class: "head-name" }, icon("thread"), "Threads"));
  page.hidden = false;
  const answer = await read("threads");
  if (state.place.kind !== "threads") return;
  if (!answer.ok) page.replaceChildren(h("p", { class: "empty" }, sentence(answer.error)));
  else page.replaceChildren(...(answer.threads.length > 0 ? answer.threads.map(card) : [nothing()]));
}

/** Hide the place. */
export function leaveThreads() {
  page.hidden = true;
}

function nothing() {
  return h(
    "div",
    { class: "empty" },
    icon("thread"),
    h("h2", {}, "No threads yet"),
    h("p", {}, "Threads you write in, or are mentioned in, are gathered here."),
  );
}

function card(thread) {
  const { channel, root, replies, unread } = thread;
  const known = state.channels.get(channel);
  const base = known?.is_im ? "app/messages" : channel;
  const href = `#/${base}/${root.ts}`;
  const place = { channel, compact: false, inThread: true, editing: false, isStill: true };
  const hidden = (root.reply_count ?? 0) - replies.length;
  const names = [...new Set([root, ...replies].map((message) => authorOf(message).name))];
  const open = h("a", { class: "btn", href }, "Open and reply");
  return h(
    "section",
    { class: `thread-card${unread > 0 ? " unread" : ""}`, "aria-label": `Thread in ${known?.name ?? ""}` },
    h(
      "header",
      { class: "thread-card-head" },
      h(
        "a",
        { href },
        known?.is_im ? state.app.name : [icon(known?.is_private ? "lock" : "hash"), known?.name],
      ),
      h("small", {}, names.join(", ") || nameList([])),
    ),
    h(
      "div",
      { class: "thread-card-body" },
      messageRow(root, place),
      hidden > 0 &&
        h(
          "a",
          { class: "link thread-card-more", href },
          `${hidden} more ${hidden === 1 ? "reply" : "replies"}`,
        ),
      replies.map((reply) => messageRow(reply, place)),
      h("div", { class: "thread-card-foot" }, open, unread > 0 && readButton(thread)),
    ),
  );
}

function readButton({ channel, root, replies }) {
  return h(
    "button",
    {
      type: "button",
      class: "btn",
      on: { click: () => mark(channel, replies.at(-1).ts, root.ts) },
    },
    icon("check"),
    "Mark as read",
  );
}

const again = soon(() => state.place.kind === "threads" && showThreads());
for (const topic of ["threads", "arrived", "touched", "again"]) on(topic, again);
