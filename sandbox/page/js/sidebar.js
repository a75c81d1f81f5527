/** The left side: workspace, channels, direct messages, and who you are. */

import { h, keepFocus, soon } from "./dom.js";
import { icon } from "./icons.js";
import { appAvatar, avatar, nameOf } from "./people.js";
import { moveWithArrows, openMenu } from "./popup.js";
import { on, state } from "./store.js";

const rail = document.getElementById("rail");
const sidebar = document.getElementById("sidebar");
const MOST_FACES = 8;
const nav = h("nav", { class: "places", "aria-label": "Channels and direct messages" });

/** Draw the left side once; from then on it follows the store. */
export function drawSides() {
  const { team } = state;
  rail.append(
    h("span", { class: "workspace-mark", "aria-hidden": "true" }, team.name.slice(0, 1).toUpperCase()),
    h("span", { class: "spacer" }),
    h(
      "nav",
      { class: "rail-people", "aria-label": "Switch person" },
      people().slice(0, MOST_FACES).map(face),
    ),
  );
  sidebar.append(
    h(
      "div",
      { class: "side-head" },
      h("h2", {}, team.name),
      h("span", { class: "side-note" }, "Local workspace"),
    ),
    nav,
    personButton([
      avatar(state.me),
      h(
        "span",
        { class: "side-me-name" },
        h("b", {}, nameOf(state.me)),
        h("small", {}, state.me.title || "Switch person"),
      ),
      icon("switch"),
    ]),
  );
  moveWithArrows(nav, "a");
  sidebar.addEventListener("click", (event) => event.target.closest("a") && closeDrawer());
  document.getElementById("drawer-button").addEventListener("click", openDrawer);
  document.getElementById("scrim").addEventListener("click", closeDrawer);
  drawPlaces();
}

function people() {
  return [...state.users.values()].filter((user) => !user.is_bot);
}

function face(user) {
  const isMe = user.id === state.me.id;
  const title = isMe ? `You are ${nameOf(user)}` : `Be ${nameOf(user)}`;
  return h(
    "a",
    {
      href: addressAs(user.id),
      class: "rail-person",
      title,
      "aria-label": title,
      "aria-current": isMe ? "true" : null,
    },
    avatar(user),
  );
}

function personButton(content) {
  const button = h(
    "button",
    {
      type: "button",
      class: "side-me",
      title: `You are ${nameOf(state.me)}`,
      "aria-label": `You are ${nameOf(state.me)}. Switch person`,
      "aria-haspopup": "menu",
    },
    content,
  );
  button.addEventListener("click", () => openPeople(button));
  return button;
}

/** Everyone one can be; each also opens in a window of its own, so that two people can talk. */
function openPeople(anchor) {
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

function addressAs(id) {
  const url = new URL(location.href);
  url.searchParams.set("as", id);
  return url.href;
}

/** Show the side bar where it is hidden for lack of room. */
export function openDrawer() {
  document.body.classList.add("drawer-open");
  nav.querySelector('[aria-current="page"]')?.focus();
}

/** @returns {boolean} whether it was open */
export function closeDrawer() {
  const wasOpen = document.body.classList.contains("drawer-open");
  document.body.classList.remove("drawer-open");
  return wasOpen;
}

function drawPlaces() {
  const channels = [...state.channels.values()];
  const app = channels.find((channel) => channel.is_im);
  keepFocus(nav, () =>
    nav.replaceChildren(
      group(
        "Channels",
        channels
          .filter((channel) => !channel.is_im)
          .sort((a, b) => a.name.localeCompare(b.name))
          .map(channelRow),
      ),
      group("Apps", [
        placeRow({
          key: "app",
          href: "#/app/home",
          current: state.place.kind === "app",
          picture: appAvatar("small"),
          name: state.app.name,
          unread: app?.unread,
          mentions: app?.unread,
        }),
      ]),
    ),
  );
  drawTitle(channels);
}

function group(title, rows) {
  return h(
    "section",
    { class: "place-group" },
    h("h3", {}, title),
    h(
      "ul",
      {},
      rows.map((row) => h("li", {}, row)),
    ),
  );
}

function channelRow(channel) {
  return placeRow({
    key: channel.id,
    href: `#/${channel.id}`,
    picture: icon(channel.is_private ? "lock" : "hash"),
    name: channel.name,
    current: state.place.kind === "channel" && state.place.channel === channel.id,
    unread: channel.unread,
    mentions: channel.mentions,
  });
}

function placeRow({ key, href, current, picture, name, unread, mentions }) {
  const waiting = mentions > 0 ? `, ${mentions} ${mentions === 1 ? "mention" : "mentions"}` : ", unread";
  return h(
    "a",
    {
      href,
      class: `place${unread ? " unread" : ""}`,
      data: { key },
      "aria-current": current ? "page" : null,
      "aria-label": `${name}${unread || mentions ? waiting : ""}`,
    },
    picture,
    h("span", { class: "place-name" }, name),
    mentions > 0 && h("span", { class: "badge" }, mentions),
  );
}

function drawTitle(channels) {
  const mentions = channels.reduce((sum, channel) => sum + (channel.mentions || 0), 0);
  const unread = channels.some((channel) => channel.unread);
  const here =
    state.place.kind === "app" ? state.app.name : `#${state.channels.get(state.place.channel)?.name ?? ""}`;
  document.title = `${mentions > 0 ? `(${mentions}) ` : unread ? "• " : ""}${here} – ${state.team.name}`;
}

on("channels", soon(drawPlaces));
on("place", drawPlaces);
