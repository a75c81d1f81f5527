/** The app's own place: its Home tab, and the direct messages with it. */

import { act, read } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { h, keepFocus, soon } from "./dom.js";
import { icon } from "./icons.js";
import { appAvatar } from "./people.js";
import { on, state } from "./store.js";

const head = document.getElementById("head");
const page = document.getElementById("home");
let heard = 0;
const tabs = h("nav", { class: "tabs", hidden: true });
page.before(tabs);

/** Draw the head with its tabs, and the Home tab when it is the current one. */
export async function showApp() {
  const { tab } = state.place;
  head.replaceChildren(h("h1", { class: "head-name" }, appAvatar("small"), state.app.name));
  tabs.hidden = false;
  tabs.setAttribute("aria-label", state.app.name);
  tabs.replaceChildren(
    ...[
      state.app.home_tab && tabLink("home", "Home", "home"),
      state.app.messages_tab && tabLink("messages", "Messages", "thread"),
    ].filter(Boolean),
  );
  page.hidden = tab !== "home";
  if (tab !== "home") return;
  if (!state.app.home_tab) {
    if (state.app.messages_tab) location.replace("#/app/messages");
    else drawHome(null);
    return;
  }
  const before = heard;
  await act("open_home");
  const answer = await read("home");
  // A Home that was published meanwhile is newer than the answer.
  if (answer.ok && heard === before && state.place.tab === "home") drawHome(answer.view);
}

/** Hide the app's place. */
export function leaveApp() {
  page.hidden = true;
  tabs.hidden = true;
}

function tabLink(tab, label, picture) {
  return h(
    "a",
    { href: `#/app/${tab}`, class: "tab", "aria-current": state.place.tab === tab ? "page" : null },
    icon(picture),
    label,
  );
}

/** Redrawn as a whole; what was focused and how far one had scrolled stay. */
function drawHome(view) {
  const root = h("div", { class: "home-body" });
  root.append(
    ...(view?.blocks ? renderBlocks(view.blocks, { where: { view_id: view.id }, root }) : [emptyHome()]),
  );
  const top = page.scrollTop;
  keepFocus(page, () => page.replaceChildren(root));
  page.scrollTop = top;
}

function emptyHome() {
  return h(
    "div",
    { class: "empty" },
    appAvatar("large"),
    h("h2", {}, "Nothing here yet"),
    h("p", {}, `${state.app.name} has not put anything on its Home for you.`),
    state.app.messages_tab && h("a", { class: "btn", href: "#/app/messages" }, "Go to messages"),
  );
}

let newest = null;
const drawNewest = soon(() => {
  if (state.place.kind === "app" && state.place.tab === "home") drawHome(newest);
});

on("home", (view) => {
  heard += 1;
  newest = view;
  drawNewest();
});
