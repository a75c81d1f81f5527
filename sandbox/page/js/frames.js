/** What the stream says, applied to the store. */

import {
  changeMessage,
  emit,
  findMessage,
  homesOf,
  isReply,
  noteFrame,
  on,
  state,
  threadKey,
} from "./store.js";

const APPLY = {
  message: (frame) => added(frame.channel, frame.message),
  ephemeral: (frame) => added(frame.channel, { ...frame.message, is_ephemeral: true }),
  message_changed: (frame) => changed(frame.channel, frame.message),
  message_deleted: (frame) => deleted(frame),
  ephemeral_gone: (frame) => changeMessage(frame.channel, frame.ts, () => null),
  reaction_added: (frame) =>
    changeMessage(frame.channel, frame.ts, (message) => reacted(message, frame, true)),
  reaction_removed: (frame) =>
    changeMessage(frame.channel, frame.ts, (message) => reacted(message, frame, false)),
  channel: (frame) => channelChanged(frame.channel),
  unread: (frame) => unread(frame),
  thread_unread: (frame) => threadUnread(frame),
  presence: (frame) => {
    state.online = new Set(frame.online);
    emit("presence");
  },
  typing: (frame) => emit("typing", frame),
  agent_thread: (frame) => emit("agent", frame),
  agent_prompts: (frame) => emit("agent", frame),
  user: (frame) => userChanged(frame.person),
  home: (frame) => emit("home", frame.view),
};

/**
 * Take in one frame. Frames about views go to whoever shows views; unknown types are ignored.
 * @param {Object} frame
 */
export function takeFrame(frame) {
  noteFrame(frame);
  apply(frame);
}

function apply(frame) {
  if (typeof frame.channel === "string" && !state.channels.has(frame.channel)) emit("strange-channel");
  if (frame.type.startsWith("view_")) emit("view", frame);
  else if (Object.hasOwn(APPLY, frame.type)) APPLY[frame.type](frame);
}

function added(channel, message) {
  const isNew = !findMessage(channel, message.ts);
  for (const messages of homesOf(channel, message)) messages.set(message.ts, message);
  if (isReply(message) && !message.is_ephemeral) countReply(channel, message);
  emit("messages", { channel });
  emit("thread");
  if (isNew) emit("arrived", { channel, message });
}

/** The stream sends a reply without its parent: keep the parent's "N replies" in step. */
function countReply(channel, reply) {
  changeMessage(channel, reply.thread_ts, (root) => {
    if (Number(root.latest_reply ?? 0) >= Number(reply.ts)) return root;
    const users = new Set([...(root.reply_users ?? []), reply.user ?? reply.bot_id]);
    return {
      ...root,
      thread_ts: root.ts,
      latest_reply: reply.ts,
      reply_users: [...users],
      reply_count: (root.reply_count ?? 0) + 1,
      reply_users_count: users.size,
    };
  });
}

function changed(channel, message) {
  changeMessage(channel, message.ts, () => message);
  emit("touched", { channel, message });
}

/** A thread's first message does not come here: it is changed into a tombstone. */
function deleted({ channel, ts, thread_ts: threadTs }) {
  changeMessage(channel, ts, () => null);
  if (!threadTs) return;
  changeMessage(channel, threadTs, (root) => ({
    ...root,
    reply_count: Math.max(0, (root.reply_count ?? 0) - 1),
  }));
}

function reacted(message, frame, here) {
  const name = frame.reaction;
  const reactions = (message.reactions ?? []).map((reaction) => ({
    ...reaction,
    users: [...reaction.users],
  }));
  let entry = reactions.find((reaction) => reaction.name === name);
  if (!entry && here) reactions.push((entry = { name, users: [] }));
  if (!entry) return message;
  entry.users = entry.users.filter((user) => user !== frame.user);
  if (here) entry.users.push(frame.user);
  entry.count = entry.users.length;
  return { ...message, reactions: reactions.filter((reaction) => reaction.users.length > 0) };
}

function userChanged(person) {
  state.users.set(person.id, person);
  emit("presence");
}

function channelChanged(channel) {
  const known = state.channels.get(channel.id);
  if (!known) emit("strange-channel");
  else state.channels.set(channel.id, { ...known, ...channel });
  emit("channels");
}

function unread({ channel, unread: count, mentions }) {
  const known = state.channels.get(channel);
  const isRead =
    state.place.channel === channel && document.body.dataset.place !== "home" && !document.hidden;
  if (!known || (isRead && count > 0)) return;
  state.channels.set(channel, { ...known, unread: count, mentions });
  emit("channels");
}

function threadUnread(thread) {
  const { place } = state;
  const isRead = place.channel === thread.channel && place.thread === thread.thread_ts && !document.hidden;
  if (isRead && thread.unread > 0) return;
  state.threads.set(threadKey(thread.channel, thread.thread_ts), thread);
  emit("threads", thread);
}

on("arrived", ({ channel, message }) => {
  if (message.user === state.me.id) emit("sent", { channel, message });
});
on("loaded", (frames) => frames.forEach(apply));
