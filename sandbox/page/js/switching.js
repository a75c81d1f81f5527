/** Being somebody else: the page shows the workspace as any of its people. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { avatar, nameOf } from "./people.js";
import { openMenu } from "./popup.js";
import { state } from "./store.js";

/** @returns {Object[]} everybody one can be */
export function people() {
  return [...state.users.values()].filter((user) => !user.is_bot);
}

/** @param {string} id @returns {string} the address of this place as seen by another person */
export function addressAs(id) {
  const url = new URL(location.href);
  url.searchParams.set("as", id);
  return url.href;
}

/** Everyone one can be; each also opens in a window of its own, so that two people can talk. */
export function openPeople(anchor) {
  const row = (user) => ({
    label: [
      avatar(user),
      h("span", { class: "menu-person" }, h("b", {}, nameOf(user)), h("small", {}, user.title ?? "")),
    ],
    checked: user.id === state.me.id,
    href: addressAs(user.id),
  });
  const others = people()
    .filter((user) => user.id !== state.me.id)
    .map((user) => ({
      label: [icon("window"), `Open a window as ${nameOf(user)}`],
      href: addressAs(user.id),
      target: "_blank",
    }));
  openMenu(anchor, [{ heading: "Who are you?" }, ...people().map(row), "line", ...others], {
    label: "Switch person",
    side: "above",
  });
}
