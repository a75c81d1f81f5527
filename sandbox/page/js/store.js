/** What the page knows: people, channels, the messages loaded so far; changed by the stream. */

import { read } from "./api.js";

/** The one state of the page. `lists` and `thread` hold messages by `ts`. */
export const state = {
  me: null,
  team: null,
  app: null,
  users: new Map(),
  channels: new Map(),
  lists: new Map(),
  thread: null,
  place: { kind: "channel", channel: null, thread: null },
  dismissed: new Set(),
  online: new Set(),
  threads: new Map(),
  usergroups: new Map(),
};

/** Requests under way: what the stream says meanwhile about their channel is applied again to their answer. */
const loads = new Set();

const listeners = new Map();

/** @param {string} topic @param {(detail: any) => void} listener */
export function on(topic, listener) {
  if (!listeners.has(topic)) listeners.set(topic, []);
  listeners.get(topic).push(listener);
}

/** @param {string} topic @param {any} [detail] */
export function emit(topic, detail) {
  for (const listener of listeners.get(topic) ?? []) listener(detail);
}

/** Take over what the workspace told at start. @param {Object} boot */
export function takeBoot(boot) {
  state.team = boot.team;
  state.app = boot.app;
  state.users = new Map(boot.users.map((user) => [user.id, user]));
  state.me = state.users.get(boot.me.id) ?? boot.me;
  state.channels = new Map(boot.channels.map((channel) => [channel.id, channel]));
  state.online = new Set(boot.online);
  state.threads = new Map(
    boot.threads.map((thread) => [threadKey(thread.channel, thread.thread_ts), thread]),
  );
  state.usergroups = new Map((boot.usergroups ?? []).map((group) => [group.id, group]));
}

/** @param {string} channel @param {string} threadTs @returns {string} the key of a thread in `state.threads` */
export function threadKey(channel, threadTs) {
  return `${channel}/${threadTs}`;
}

/** @returns {{unread: number, mentions: number}} what waits in all threads this person follows */
export function threadsWaiting() {
  const all = [...state.threads.values()].filter((thread) => thread.unread > 0);
  return { unread: all.length, mentions: all.reduce((sum, thread) => sum + thread.mentions, 0) };
}

/** @returns {Object|undefined} the direct message with the app */
export function directChannel() {
  return [...state.channels.values()].find((channel) => channel.is_im);
}

/** @param {Object} frame kept for the answers still to come */
export function noteFrame(frame) {
  for (const load of loads) if (load.channel === frame.channel) load.frames.push(frame);
}

function startLoad(channel) {
  const load = { channel, frames: [] };
  loads.add(load);
  return load;
}

/** @param {string} channel @returns {{messages: Map<string, Object>, hasMore: boolean}|undefined} */
export function listOf(channel) {
  return state.lists.get(channel);
}

/**
 * Load the newest page of a channel, or the page before the oldest one loaded.
 * @param {string} channel
 * @param {{older?: boolean}} [options]
 * @returns {Promise<Object>} the workspace's answer
 */
export async function loadMessages(channel, { older = false } = {}) {
  const list = state.lists.get(channel);
  const oldest = older && list ? sorted(list.messages).find((message) => !message.is_ephemeral) : null;
  const load = startLoad(channel);
  const answer = await read("messages", { channel, limit: 50, ...(oldest ? { before: oldest.ts } : {}) });
  loads.delete(load);
  if (!answer.ok) return answer;
  const messages = oldest ? new Map(list.messages) : new Map();
  for (const message of answer.messages) messages.set(message.ts, message);
  state.lists.set(channel, { messages, hasMore: Boolean(answer.has_more) });
  emit("messages", { channel });
  emit("loaded", load.frames);
  return answer;
}

/**
 * Load a thread and keep it as the open one.
 * @param {string} channel
 * @param {string} threadTs
 * @returns {Promise<Object>} the workspace's answer
 */
export async function loadThread(channel, threadTs) {
  const load = startLoad(channel);
  const answer = await read("thread", { channel, thread_ts: threadTs });
  loads.delete(load);
  const { place } = state;
  if (answer.ok && place.channel === channel && place.thread === threadTs) {
    state.thread = {
      channel,
      threadTs,
      messages: new Map(answer.messages.map((message) => [message.ts, message])),
    };
    emit("thread");
    emit("loaded", load.frames);
  }
  return answer;
}

/** @param {Map<string, Object>} messages @returns {Object[]} oldest first, without dismissed ones */
export function sorted(messages) {
  return [...messages.values()]
    .filter((message) => !state.dismissed.has(message.ts))
    .sort((a, b) => Number(a.ts) - Number(b.ts) || (a.ts < b.ts ? -1 : 1));
}

/**
 * Forget all but the newest messages of a channel.
 * @param {string} channel
 * @param {number} count
 */
export function keepNewest(channel, count) {
  const newest = sorted(state.lists.get(channel).messages).slice(-count);
  state.lists.set(channel, {
    messages: new Map(newest.map((message) => [message.ts, message])),
    hasMore: true,
  });
}

/** @param {Object} message @returns {boolean} whether it lives in a thread below another message */
export function isReply(message) {
  return Boolean(message.thread_ts) && message.thread_ts !== message.ts;
}

/** @param {Object} message @returns {boolean} whether the channel's own list shows it */
export function inChannelList(message) {
  return !isReply(message) || message.subtype === "thread_broadcast";
}

/**
 * The loaded copies of a message's home: the channel list and the open thread.
 * @param {string} channel
 * @param {Object} message
 * @returns {Array<Map<string, Object>>}
 */
export function homesOf(channel, message) {
  const homes = [];
  const list = state.lists.get(channel);
  if (list && inChannelList(message)) homes.push(list.messages);
  const { thread } = state;
  if (thread?.channel === channel && (message.thread_ts ?? message.ts) === thread.threadTs)
    homes.push(thread.messages);
  return homes;
}

/** @param {string} channel @param {string} ts @returns {Object|undefined} a loaded message */
export function findMessage(channel, ts) {
  return (
    state.lists.get(channel)?.messages.get(ts) ??
    (state.thread?.channel === channel ? state.thread.messages.get(ts) : undefined)
  );
}

/**
 * Replace a message wherever it is loaded.
 * @param {string} channel
 * @param {string} ts
 * @param {(message: Object) => Object|null} change null removes it
 */
export function changeMessage(channel, ts, change) {
  for (const [topic, messages] of [
    ["messages", state.lists.get(channel)?.messages],
    ["thread", state.thread?.messages],
  ]) {
    const message = messages?.get(ts);
    if (!message || (topic === "thread" && state.thread.channel !== channel)) continue;
    const changed = change(message);
    if (changed) messages.set(ts, changed);
    else messages.delete(ts);
    emit(topic, { channel });
  }
}
