/** "Maya is typing…": told to others while one writes, shown below the box to write in. */

import { tellTyping } from "./api.js";
import { h } from "./dom.js";
import { nameList } from "./people.js";
import { on } from "./store.js";

const TELL_EVERY_MS = 3_000;
const SHOWN_MS = 5_000;

/** Who is typing where: "channel/thread" → person → when it ends. */
const typing = new Map();
const lines = new Map();

const keyOf = (channel, threadTs) => `${channel}/${threadTs ?? ""}`;

/** @param {string} channel @param {string|null} threadTs @returns {HTMLElement} the line of this place */
export function typingLine(channel, threadTs) {
  const key = keyOf(channel, threadTs);
  if (!lines.has(key)) lines.set(key, h("span", { class: "typing", role: "status" }));
  return lines.get(key);
}

/** @param {{channel: string, threadTs?: string}} place @returns {() => void} to be called at each change of what is typed */
export function typist({ channel, threadTs }) {
  let told = 0;
  return () => {
    if (Date.now() - told < TELL_EVERY_MS) return;
    told = Date.now();
    tellTyping(channel, threadTs);
  };
}

function draw(key) {
  const people = [...(typing.get(key) ?? new Map()).entries()].filter(([, until]) => until > Date.now());
  typing.set(key, new Map(people));
  const names = people.map(([user]) => user);
  lines
    .get(key)
    ?.replaceChildren(
      ...(names.length > 0
        ? [h("b", {}, nameList(names)), names.length > 1 ? " are typing…" : " is typing…"]
        : []),
    );
}

on("typing", ({ channel, thread_ts: threadTs, user }) => {
  const key = keyOf(channel, threadTs);
  if (!typing.has(key)) typing.set(key, new Map());
  typing.get(key).set(user, Date.now() + SHOWN_MS);
  draw(key);
  setTimeout(draw, SHOWN_MS + 50, key);
});
on("arrived", ({ channel, message }) => {
  const key = keyOf(channel, message.thread_ts === message.ts ? null : message.thread_ts);
  if (typing.get(key)?.delete(message.user)) draw(key);
});
