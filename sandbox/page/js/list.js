/** A scrolling list of messages: the channel's, or a thread's. */

import { h, keepFocus, reconcile } from "./dom.js";
import { icon } from "./icons.js";
import { messageRow } from "./message.js";
import { authorKey } from "./people.js";
import { dayKey, dayLabel, fromTs } from "./time.js";

const SAME_BREATH_SECONDS = 300;
const NEAR_END_PX = 80;
const MARKED_MS = 2_500;
/** Messages that people and apps write; the others (joins, tombstones) always stand alone. */
const GROUPED = new Set([undefined, "bot_message", "thread_broadcast", "file_share"]);

/**
 * @param {{label: string, inThread: boolean, onTop?: () => void}} settings `onTop`: the reader reached the oldest row
 * @returns {{node: HTMLElement, show: Function, toEnd: Function, focusLast: Function, atEnd: () => boolean}}
 */
export function createList({ label, inThread, onTop }) {
  const feed = h("div", { class: "feed", role: "log", "aria-live": "off", "aria-label": label });
  const jump = h(
    "button",
    { type: "button", class: "jump", hidden: true, on: { click: () => toEnd(true) } },
    icon("down"),
    inThread ? "New replies" : "New messages",
  );
  const scroller = h("div", { class: "scroller", tabIndex: -1 }, feed);
  const node = h("div", { class: "list" }, scroller, jump);
  let rows = new Map();
  let days = new Map();
  let stuck = true;

  const atEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END_PX;
  const toEnd = (smooth = false) => {
    stuck = true;
    jump.hidden = true;
    scroller.scrollTo({ top: scroller.scrollHeight, behavior: smooth ? "smooth" : "instant" });
  };
  scroller.addEventListener("scroll", () => {
    stuck = atEnd();
    if (stuck) jump.hidden = true;
    if (scroller.scrollTop < 120) onTop?.();
  });
  new ResizeObserver(() => stuck && toEnd()).observe(scroller);
  feed.addEventListener("keydown", moveBetweenRows);

  function rowFor(message, place) {
    const known = rows.get(message.ts);
    // What somebody is writing into a message stays, whatever happens to the message meanwhile.
    const same =
      known &&
      known.editing === place.editing &&
      (place.editing || (known.message === message && known.compact === place.compact));
    return same ? known : { message, ...place, node: messageRow(message, place) };
  }

  /**
   * Show these messages, oldest first; rows that did not change stay as they are.
   * @param {Object[]} messages
   * @param {{channel: string, editing: string|null, head?: Node[], afterFirst?: Node|null, unreadFrom?: string|null}} options
   */
  function show(messages, { channel, editing, head = [], afterFirst = null, unreadFrom = null }) {
    const next = new Map();
    const nextDays = new Map();
    const nodes = [...head];
    let above = null;
    for (const message of messages) {
      const day = dayKey(fromTs(message.ts));
      const newDay = !inThread && day !== above?.day;
      if (newDay) {
        nextDays.set(day, days.get(day) ?? dayLine(fromTs(message.ts)));
        nodes.push(...nextDays.get(day));
      }
      if (unreadFrom === message.ts) nodes.push(newLine());
      const compact =
        !newDay && Boolean(above) && unreadFrom !== message.ts && followsOn(above.message, message);
      const row = rowFor(message, { channel, compact, inThread, editing: editing === message.ts });
      next.set(message.ts, row);
      nodes.push(row.node);
      if (!above && afterFirst) nodes.push(afterFirst);
      above = { message, day };
      if (inThread && messages[0] === message) above = { ...above, message: null };
    }
    const height = scroller.scrollHeight;
    const older = rows.size > 0 && messages.length > 0 && !rows.has(messages[0].ts) && next.size > rows.size;
    keepFocus(feed, () => reconcile(feed, nodes));
    [rows, days] = [next, nextDays];
    makeReachable(feed);
    if (stuck) toEnd();
    else if (older && scroller.scrollTop < height) scroller.scrollTop += scroller.scrollHeight - height;
  }

  return {
    node,
    show,
    toEnd,
    atEnd,
    tellNew: () => {
      if (!stuck) jump.hidden = false;
    },
    reveal: (ts) => {
      const row = feed.querySelector(`.message[data-ts="${CSS.escape(ts)}"]`);
      if (!row) return;
      stuck = false;
      row.scrollIntoView({ block: "center" });
      row.classList.add("marked");
      row.focus({ preventScroll: true });
      setTimeout(() => row.classList.remove("marked"), MARKED_MS);
    },
    focusLast: () => [...feed.querySelectorAll(".message")].at(-1)?.focus(),
    reset: () => {
      rows = new Map();
      days = new Map();
      stuck = true;
      jump.hidden = true;
      feed.replaceChildren();
    },
  };
}

function followsOn(above, message) {
  return (
    above !== null &&
    !message.is_ephemeral &&
    !above.is_ephemeral &&
    !above.reply_count &&
    GROUPED.has(message.subtype) &&
    GROUPED.has(above.subtype) &&
    authorKey(above) === authorKey(message) &&
    Number(message.ts) - Number(above.ts) < SAME_BREATH_SECONDS
  );
}

/** A line across, and the day on it, which stays in sight while one scrolls through that day. */
function dayLine(date) {
  const label = dayLabel(date);
  return [
    h("div", { class: "day-rule", "aria-hidden": "true" }),
    h("div", { class: "day", role: "separator", "aria-label": label }, h("span", {}, label)),
  ];
}

function newLine() {
  return h(
    "div",
    { class: "new-line", role: "separator", "aria-label": "New messages" },
    h("span", {}, "New"),
  );
}

/** One row of the feed is reachable with Tab; the arrows move on from there. */
function makeReachable(feed) {
  const all = [...feed.querySelectorAll(".message")];
  if (all.some((row) => row.tabIndex === 0)) return;
  if (all.length > 0) all.at(-1).tabIndex = 0;
}

function moveBetweenRows(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const row = event.target.closest(".message");
  if (!step || event.altKey || event.target !== row) return;
  event.preventDefault();
  const all = [...event.currentTarget.querySelectorAll(".message")];
  const next = all[all.indexOf(row) + step];
  if (!next) return;
  row.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}
