/** The bar at the top: back and forward, search, help. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { openKeys } from "./keys.js";
import { state } from "./store.js";
import { openSwitcher } from "./switcher.js";

/** Draw the bar once. */
export function drawTopbar() {
  document.getElementById("topbar").append(
    h(
      "div",
      { class: "top-group" },
      tool("back", "Back", () => history.back()),
      tool("forward", "Forward", () => history.forward()),
    ),
    h(
      "button",
      { type: "button", class: "top-search", "aria-haspopup": "dialog", on: { click: () => openSwitcher() } },
      icon("search"),
      h("span", {}, `Search ${state.team.name}`),
      h("kbd", { "aria-hidden": "true" }, "Ctrl K"),
    ),
    h("div", { class: "top-group" }, tool("help", "Keyboard shortcuts", openKeys)),
  );
}

function tool(picture, label, run) {
  return h(
    "button",
    { type: "button", class: "top-tool", title: label, "aria-label": label, on: { click: run } },
    icon(picture),
  );
}
