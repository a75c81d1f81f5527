/** The app's own place: its Home tab, and the direct messages with it. */

import { act, read } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { h } from "./dom.js";
import { appAvatar } from "./people.js";
import { on, state } from "./store.js";

const head = document.getElementById("head");
const page = document.getElementById("home");
let hasHome = true;

/** Draw the head with its tabs, and the Home tab when it is the current one. */
export async function showApp() {
  const { tab } = state.place;
  head.replaceChildren(
    h("h1", { class: "head-name" }, appAvatar("small"), state.app.name),
    h(
      "nav",
      { class: "tabs", "aria-label": state.app.name },
      hasHome && tabLink("home", "Home"),
      tabLink("messages", "Messages"),
    ),
  );
  page.hidden = tab !== "home";
  if (tab !== "home") return;
  const opened = await act("open_home");
  if (opened.error === "home_tab_disabled") {
    hasHome = false;
    location.replace("#/app/messages");
    return;
  }
  const answer = await read("home");
  if (answer.ok) drawHome(answer.view);
}

/** Hide the Home tab. */
export function leaveApp() {
  page.hidden = true;
}

function tabLink(tab, label) {
  return h(
    "a",
    { href: `#/app/${tab}`, class: "tab", "aria-current": state.place.tab === tab ? "page" : null },
    label,
  );
}

function drawHome(view) {
  const root = h("div", { class: "home-body" });
  root.append(
    ...(view?.blocks ? renderBlocks(view.blocks, { where: { view_id: view.id }, root }) : [emptyHome()]),
  );
  page.replaceChildren(root);
}

function emptyHome() {
  return h(
    "div",
    { class: "empty" },
    appAvatar("large"),
    h("h2", {}, "Nothing here yet"),
    h("p", {}, `${state.app.name} has not published a Home tab for you.`),
    h("a", { class: "btn", href: "#/app/messages" }, "Go to messages"),
  );
}

on("home", (view) => state.place.kind === "app" && state.place.tab === "home" && drawHome(view));
