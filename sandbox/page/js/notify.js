/** Short cards for what happens out of sight: mentions, and replies in threads one takes part in. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { inline } from "./mrkdwn.js";
import { authorOf } from "./people.js";
import { isReply, on, state, threadKey } from "./store.js";

const SHOWN_MS = 9_000;
const MOST = 3;
const area = document.getElementById("alerts");

on("arrived", ({ channel, message }) => {
  if (message.user === state.me.id || isInSight(channel, message) || !concernsMe(channel, message)) return;
  const card = alertCard(channel, message);
  area.append(card);
  while (area.children.length > MOST) area.firstChild.remove();
  setTimeout(() => card.remove(), SHOWN_MS);
});

function isInSight(channel, message) {
  const { place } = state;
  if (document.hidden || place.channel !== channel || place.tab === "home") return false;
  return isReply(message) ? place.thread === message.thread_ts : true;
}

function concernsMe(channel, message) {
  if (state.channels.get(channel)?.is_im || (message.text ?? "").includes(`<@${state.me.id}>`)) return true;
  if (!isReply(message)) return false;
  return state.threads.get(threadKey(channel, message.thread_ts))?.unread > 0;
}

function alertCard(channel, message) {
  const known = state.channels.get(channel);
  const author = authorOf(message);
  const where = known?.is_im
    ? "Direct message"
    : `${isReply(message) ? "Thread in " : ""}#${known?.name ?? ""}`;
  const base = known?.is_im ? "app/messages" : channel;
  const href = isReply(message) ? `#/${base}/${message.thread_ts}` : `#/${base}`;
  const card = h(
    "div",
    { class: "alert" },
    h(
      "a",
      { href, class: "alert-link", on: { click: () => card.remove() } },
      author.avatar,
      h(
        "span",
        { class: "alert-text" },
        h("b", {}, author.name),
        h("small", {}, where),
        h("span", { class: "alert-words" }, inline((message.text ?? "").split("\n")[0])),
      ),
    ),
    h(
      "button",
      { type: "button", class: "alert-close", "aria-label": "Dismiss", on: { click: () => card.remove() } },
      icon("close"),
    ),
  );
  return card;
}
