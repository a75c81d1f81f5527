/** A card about a person or the app, opened by its name or a mention of it. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { appAvatar, avatar, nameOf } from "./people.js";
import { openPopup } from "./popup.js";
import { on, state } from "./store.js";
import { addressAs } from "./switching.js";
import { clockIn } from "./time.js";

/**
 * @param {Element} anchor
 * @param {Object} user
 */
export function openProfile(anchor, user) {
  const isApp = user.is_bot;
  const panel = h(
    "div",
    { class: "profile", role: "dialog", "aria-label": `About ${nameOf(user)}`, tabIndex: -1 },
    h(
      "div",
      { class: "profile-head" },
      isApp ? appAvatar("large") : avatar(user, "large"),
      h(
        "div",
        {},
        h("div", { class: "profile-name" }, isApp ? state.app.name : nameOf(user)),
        h("small", {}, isApp ? "App" : (user.title ?? "")),
      ),
    ),
    isApp ? appLines() : personLines(user),
  );
  const popup = openPopup(anchor, panel);
  panel.addEventListener("click", (event) => event.target.closest("a") && popup.close());
  panel.focus();
}

function appLines() {
  const commands = state.app.commands.map((entry) => entry.command).join(", ");
  return [
    commands && h("div", { class: "profile-line" }, icon("slash"), `Answers to ${commands}`),
    state.app.home_tab && h("a", { class: "btn", href: "#/app/home" }, icon("home"), "Open its Home"),
  ];
}

function personLines(user) {
  const online = state.online.has(user.id);
  return [
    h(
      "div",
      { class: "profile-line" },
      h("span", { class: `profile-dot${online ? " on" : ""}` }),
      user.id === state.me.id ? "This is you" : online ? "Has a window open" : "Away",
    ),
    h("div", { class: "profile-line" }, icon("clock"), `${clockIn(new Date(), user.tz)} local time`),
    user.is_restricted && h("div", { class: "profile-line" }, icon("info"), "Guest"),
    user.is_admin && h("div", { class: "profile-line" }, icon("key"), "Workspace admin"),
    user.id !== state.me.id &&
      h("a", { class: "btn", href: addressAs(user.id) }, icon("switch"), "Be this person"),
  ];
}

on("profile", ({ anchor, user }) => openProfile(anchor, user));
