/** The side bar: the workspace's name, channels, the app, and who you are. */

import { h, keepFocus, soon } from "./dom.js";
import { icon } from "./icons.js";
import { appAvatar, avatar, nameOf, presenceDot } from "./people.js";
import { moveWithArrows } from "./popup.js";
import { directChannel, on, state, threadsWaiting } from "./store.js";
import { openPeople } from "./switching.js";
import { openWorkspaceMenu } from "./workspacemenu.js";

const sidebar = document.getElementById("sidebar");
const nav = h("nav", { class: "places", "aria-label": "Channels and direct messages" });
const folded = new Set(JSON.parse(localStorage.getItem("folded") ?? "[]"));

/** Draw the side bar once; from then on it follows the store. */
export function drawSidebar() {
  const team = h(
    "button",
    { type: "button", class: "side-team", "aria-haspopup": "menu", title: "Workspace menu" },
    h("span", {}, state.team.name),
    icon("chevron"),
  );
  team.addEventListener("click", () => openWorkspaceMenu(team));
  sidebar.append(h("div", { class: "side-head" }, team), nav, personButton());
  moveWithArrows(nav, "a, button");
  sidebar.addEventListener("click", (event) => event.target.closest("a") && closeDrawer());
  document.getElementById("drawer-button").addEventListener("click", openDrawer);
  document.getElementById("scrim").addEventListener("click", closeDrawer);
  drawPlaces();
}

function personButton() {
  const button = h(
    "button",
    {
      type: "button",
      class: "side-me",
      title: `You are ${nameOf(state.me)}`,
      "aria-label": `You are ${nameOf(state.me)}. Switch person`,
      "aria-haspopup": "menu",
    },
    h("span", { class: "side-face" }, avatar(state.me), presenceDot()),
    h(
      "span",
      { class: "side-me-name" },
      h("b", {}, nameOf(state.me)),
      h("small", {}, state.me.title || "Switch person"),
    ),
    icon("switch"),
  );
  button.addEventListener("click", () => openPeople(button));
  return button;
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
  const direct = directChannel();
  const waiting = threadsWaiting();
  keepFocus(nav, () =>
    nav.replaceChildren(
      placeRow({
        key: "threads",
        href: "#/threads",
        picture: icon("thread"),
        name: "Threads",
        current: state.place.kind === "threads",
        ...waiting,
      }),
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
          href: direct?.unread && state.app.messages_tab ? "#/app/messages" : "#/app/home",
          current: state.place.kind === "app",
          picture: appAvatar("small"),
          name: state.app.name,
          unread: direct?.unread,
          mentions: direct?.unread,
        }),
      ]),
    ),
  );
  drawTitle(channels, waiting);
}

/** A folded group keeps what is unread and the current place in sight, as chats do. */
function group(title, rows) {
  const isFolded = folded.has(title);
  const shown = isFolded ? rows.filter((row) => row.matches(".unread, [aria-current]")) : rows;
  const toggle = h(
    "button",
    {
      type: "button",
      class: "group-toggle",
      "aria-expanded": String(!isFolded),
      data: { key: `group/${title}` },
      on: { click: () => fold(title) },
    },
    icon("chevron"),
    title,
  );
  return h(
    "section",
    { class: "place-group", "aria-label": title },
    toggle,
    h(
      "ul",
      {},
      shown.map((row) => h("li", {}, row)),
    ),
  );
}

function fold(title) {
  if (!folded.delete(title)) folded.add(title);
  localStorage.setItem("folded", JSON.stringify([...folded]));
  drawPlaces();
}

function channelRow(channel) {
  return placeRow({
    key: channel.id,
    href: `#/${channel.id}`,
    picture: icon(channel.is_archived ? "archive" : channel.is_private ? "lock" : "hash"),
    name: channel.name,
    current: state.place.kind === "channel" && state.place.channel === channel.id,
    unread: channel.unread,
    mentions: channel.mentions,
    extra: channel.is_archived ? " archived-place" : "",
  });
}

function placeRow({ key, href, current, picture, name, unread, mentions, extra = "" }) {
  const waiting = mentions > 0 ? `, ${mentions} ${mentions === 1 ? "mention" : "mentions"}` : ", unread";
  return h(
    "a",
    {
      href,
      class: `place${unread ? " unread" : ""}${extra}`,
      data: { key },
      "aria-current": current ? "page" : null,
      "aria-label": `${name}${unread || mentions ? waiting : ""}`,
    },
    picture,
    h("span", { class: "place-name" }, name),
    mentions > 0 && h("span", { class: "badge" }, mentions),
  );
}

function drawTitle(channels, waiting) {
  const mentions = channels.reduce((sum, channel) => sum + (channel.mentions || 0), waiting.mentions);
  const unread = waiting.unread > 0 || channels.some((channel) => channel.unread);
  const { kind, channel } = state.place;
  const here =
    kind === "app"
      ? state.app.name
      : kind === "threads"
        ? "Threads"
        : `#${state.channels.get(channel)?.name ?? ""}`;
  document.title = `${mentions > 0 ? `(${mentions}) ` : unread ? "• " : ""}${here} – ${state.team.name}`;
}

on("channels", soon(drawPlaces));
on("threads", soon(drawPlaces));
on("place", drawPlaces);
