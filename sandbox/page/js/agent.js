/** The talk with the app as an agent: what it offers to be asked, what it is doing, and how to stop it. */

import { act, read } from "./api.js";
import { h } from "./dom.js";
import { notice, sentence } from "./errors.js";
import { icon } from "./icons.js";
import { appAvatar } from "./people.js";
import { emit, on, state } from "./store.js";

const NEXT_WORDS_MS = 3_000;

/** By place ("channel/thread", or "channel/" for the conversation itself): the nodes that show what the app has set. */
const known = new Map();
const asked = new Set();

const keyOf = (channel, threadTs) => `${channel}/${threadTs ?? ""}`;

function placeOf(channel, threadTs) {
  const key = keyOf(channel, threadTs);
  if (!known.has(key)) known.set(key, { prompts: null, status: null, timer: 0 });
  return known.get(key);
}

/**
 * @param {string} channel
 * @param {string|null} threadTs
 * @returns {HTMLElement[]} what belongs between the messages and the box to write in; the same nodes while nothing changes
 */
export function agentNodes(channel, threadTs) {
  if (!asked.has(channel)) ask(channel);
  const place = known.get(keyOf(channel, threadTs));
  return [place?.prompts, place?.status].filter(Boolean);
}

/** @param {string} channel @param {string} threadTs @returns {string} what the app calls this talk */
export function sessionTitle(channel, threadTs) {
  return known.get(keyOf(channel, threadTs))?.title ?? "";
}

async function ask(channel) {
  asked.add(channel);
  if (!state.channels.get(channel)?.is_im && !state.app.agent) return;
  const answer = await read("agent", { channel });
  if (!answer.ok) return;
  if (state.channels.get(channel)?.is_im) takePrompts({ channel, ...answer });
  answer.threads.forEach(takeThread);
}

function takePrompts({ channel, title, prompts }) {
  placeOf(channel, null).prompts = promptsNode(channel, prompts, title);
  emit("agent-changed", { channel, threadTs: null });
}

function takeThread({ channel, thread_ts: threadTs, status, loading_messages: words, session }) {
  const place = placeOf(channel, threadTs);
  clearInterval(place.timer);
  place.title = session?.title ?? "";
  place.status =
    status || session?.stoppable ? statusNode(place, { channel, threadTs, status, words, session }) : null;
  emit("agent-changed", { channel, threadTs });
}

function promptsNode(channel, prompts, title) {
  if (!prompts || prompts.length === 0) return null;
  const prompt = ({ title: label, message }) =>
    h(
      "button",
      { type: "button", class: "prompt", title: message, on: { click: () => say(channel, message) } },
      icon("sparkle"),
      label,
    );
  return h(
    "div",
    { class: "prompts", role: "group", "aria-label": title || "Suggestions" },
    h("div", { class: "prompts-title" }, title || "Try one of these"),
    h("div", { class: "prompts-row" }, prompts.map(prompt)),
  );
}

async function say(channel, text) {
  const answer = await act("post", { channel, text });
  if (!answer.ok) notice(sentence(answer.error));
}

function statusNode(place, { channel, threadTs, status, words, session }) {
  const text = h("span", { class: "agent-words" });
  const turns = words?.length > 0 ? words : [sentenceOf(status)];
  let turn = 0;
  const next = () => {
    text.textContent = turns[turn % turns.length];
    turn += 1;
  };
  next();
  if (turns.length > 1) place.timer = setInterval(next, NEXT_WORDS_MS);
  return h(
    "div",
    { class: "agent-status", role: "status" },
    appAvatar("small"),
    text,
    session?.stoppable &&
      h(
        "button",
        { type: "button", class: "agent-stop", on: { click: () => stop(channel, threadTs) } },
        h("i", { "aria-hidden": "true" }),
        "Stop",
      ),
  );
}

/** "is thinking…" becomes "CX Copilot is thinking…"; other words stand alone. */
function sentenceOf(status) {
  if (!status) return `${state.app.name} is working…`;
  return /^(?:is|are|has|was)\b/iu.test(status) ? `${state.app.name} ${status}` : status;
}

async function stop(channel, threadTs) {
  const answer = await act("stop_agent", { channel, thread_ts: threadTs });
  if (!answer.ok) notice(sentence(answer.error));
}

on("agent", (frame) => (frame.type === "agent_prompts" ? takePrompts(frame) : takeThread(frame)));
on("again", () => {
  for (const channel of [...asked]) ask(channel);
});
