/** Who is in a channel: faces in its head, and the list behind them. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { avatar, nameOf } from "./people.js";
import { openMenu } from "./popup.js";
import { openProfile } from "./profile.js";
import { state } from "./store.js";

const FACES = 3;

/** @param {{name: string, members?: string[]}} channel @returns {HTMLElement} */
export function membersButton(channel) {
  const members = (channel.members ?? []).map((id) => state.users.get(id)).filter(Boolean);
  const label = `${members.length} ${members.length === 1 ? "member" : "members"} of ${channel.name}`;
  const button = h(
    "button",
    {
      type: "button",
      class: "head-members",
      title: label,
      "aria-label": label,
      "aria-haspopup": "menu",
      data: { key: "members" },
    },
    h(
      "span",
      { class: "head-faces" },
      members.slice(0, FACES).map((user) => avatar(user, "small")),
    ),
    members.length,
  );
  button.addEventListener("click", () => openMembers(button, members));
  return button;
}

function openMembers(anchor, members) {
  const row = (user) => ({
    label: [
      avatar(user, "small"),
      nameOf(user),
      user.is_bot && h("span", { class: "app-badge" }, "APP"),
      state.online.has(user.id) && h("span", { class: "profile-dot on", title: "Has a window open" }),
    ],
    run: () => openProfile(anchor, user),
  });
  openMenu(
    anchor,
    [{ heading: [icon("people"), ` ${members.length} in this channel`] }, ...members.map(row)],
    {
      label: "Members",
      align: "end",
    },
  );
}
