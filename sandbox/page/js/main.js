/** The start of the page: who you are, where you are, and the live stream. */

import { act, actAs, follow, read } from "./api.js";
import { focusComposer, leaveChannel, revealMessage, showChannel } from "./channel.js";
import { h } from "./dom.js";
import { sentence, worked } from "./errors.js";
import { takeFrame } from "./frames.js";
import { leaveApp, showApp } from "./home.js";
import { listenForKeys } from "./keys.js";
import { directChannel, isReply, loadThread, on, emit, state, takeBoot } from "./store.js";
import { closeDrawer, drawSidebar } from "./sidebar.js";
import { authorOf } from "./people.js";
import { drawRail } from "./rail.js";
import { ago, fromTs, readAs } from "./time.js";
import { closeThread, revealReply, showThread } from "./thread.js";
import { leaveThreads, showThreads } from "./threads.js";
import { drawTopbar } from "./topbar.js";
import "./notify.js";
import "./views.js";

const status = document.getElementById("status");
const LONGEST_WAIT_MS = 2_000;
const announcer = document.getElementById("announcer");

/**
 * The place an address names: `#/C1`, `#/C1/1712.0001` (a thread), `#/C1/1712.0001/1713.0002` (a reply in it),
 * `#/C1/-/1712.0001` (a message in the channel's list), the same below `#/app/messages`, `#/app/home`, `#/threads`.
 */
function placeOf(hash) {
  const [first, ...rest] = hash.replace(/^#\/?/u, "").split("/").map(decodeURIComponent);
  if (first === "threads") return { kind: "threads", tab: null, channel: null, thread: null, message: null };
  if (first === "app") {
    const tab = rest[0] === "messages" && state.app.messages_tab ? "messages" : "home";
    const inside = tab === "messages" ? rest.slice(1) : [];
    return { kind: "app", tab, channel: directChannel()?.id ?? null, ...within(inside) };
  }
  const known = state.channels.has(first);
  return {
    kind: "channel",
    tab: null,
    channel: known ? first : startChannel(),
    ...within(known ? rest : []),
  };
}

function within([thread, message]) {
  return { thread: (thread !== "-" && thread) || null, message: message ?? null };
}

function startChannel() {
  const last = sessionStorage.getItem(`last/${state.me.id}`);
  if (state.channels.has(last)) return last;
  const channels = [...state.channels.values()].filter((channel) => !channel.is_im);
  return (channels.find((channel) => channel.unread > 0) ?? channels[0])?.id ?? null;
}

async function go() {
  state.place = placeOf(location.hash);
  const { kind, tab } = state.place;
  if (kind === "app" && tab === "messages") await openDirect();
  document.body.dataset.place = kind === "app" ? tab : kind;
  if (kind === "channel") sessionStorage.setItem(`last/${state.me.id}`, state.place.channel);
  emit("place");
  if (kind === "app") showApp();
  else leaveApp();
  if (kind === "threads") showThreads();
  else leaveThreads();
  const hasList = kind === "channel" || tab === "messages";
  if (!hasList) leaveChannel();
  const shown = Promise.all([hasList && showChannel(), showThread()]);
  const { message, thread } = state.place;
  if (message) shown.then(() => (thread ? revealReply(message) : revealMessage(message)));
}

async function openDirect() {
  const viewing = sessionStorage.getItem(`last/${state.me.id}`) ?? undefined;
  if (!worked(await act("open_dm", { viewing })) || state.place.channel) return;
  takeBoot(await read("boot"));
  state.place = placeOf(location.hash);
}

let isShown = false;

/** Follow the stream; resolves once it flows, so that nothing happens unseen after the first reading. */
function connected() {
  return new Promise((resolve) => {
    setTimeout(resolve, LONGEST_WAIT_MS);
    follow({
      onFrame: takeFrame,
      onUp: () => {
        status.hidden = true;
        if (isShown) refresh();
        resolve();
      },
      onDown: lost,
    });
  });
}

async function refresh() {
  takeBoot(await read("boot"));
  emit("channels");
  emit("presence");
  emit("again");
  if (state.thread) loadThread(state.thread.channel, state.thread.threadTs);
}

/** A workspace that started anew may no longer know this page's token: then only a reload helps. */
async function lost() {
  status.hidden = false;
  const answer = await read("boot");
  if (answer.error === "page_expired") location.reload();
}

function announce({ channel, message }) {
  if (message.user === state.me.id) return;
  const where = state.channels.get(channel)?.name ?? "";
  announcer.textContent = `${authorOf(message).name}${isReply(message) ? " replied in a thread" : ""} in ${where}: ${message.text ?? ""}`;
}

function onKey(event) {
  if (event.key === "Escape" && !event.defaultPrevented) {
    if (closeDrawer() || !state.place.thread) return;
    closeThread();
    focusComposer();
  }
}

/** A link to a message of this workspace, as the app writes them, opens here instead of in a new tab. */
function onClick(event) {
  const link = event.target.closest?.("a.link, a.btn");
  const match = link && /\/archives\/([A-Z0-9]+)\/p(\d{10})(\d{6})/u.exec(link.href);
  if (!match || !state.channels.has(match[1])) return;
  event.preventDefault();
  const threadTs = new URL(link.href).searchParams.get("thread_ts");
  location.hash = `#/${match[1]}/${threadTs ?? `${match[2]}.${match[3]}`}`;
}

function keepTimesFresh() {
  for (const node of document.querySelectorAll("[data-ago]"))
    node.textContent = ago(fromTs(node.dataset.ago));
}

on("dismiss", (ts) => {
  state.dismissed.add(ts);
  emit("thread");
  emit("messages", { channel: state.place.channel });
});
on("arrived", announce);
on("strange-channel", refresh);

async function start() {
  actAs(new URLSearchParams(location.search).get("as") ?? sessionStorage.getItem("as") ?? "");
  const boot = await read("boot");
  if (!boot.ok) {
    document
      .getElementById("main")
      .replaceChildren(
        h(
          "div",
          { class: "empty" },
          h("h2", {}, "The workspace cannot be shown"),
          h("p", {}, sentence(boot.error)),
        ),
      );
    return;
  }
  takeBoot(boot);
  actAs(state.me.id);
  readAs(state.me);
  sessionStorage.setItem("as", state.me.id);
  drawTopbar();
  drawRail();
  drawSidebar();
  listenForKeys();
  addEventListener("hashchange", go);
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", onClick);
  setInterval(keepTimesFresh, 30_000);
  await connected();
  await go();
  isShown = true;
}

start();
