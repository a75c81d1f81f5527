/** The rail at the far left: the workspace, the main places, and the people one can be. */

import { h, soon } from "./dom.js";
import { icon } from "./icons.js";
import { avatar, nameOf, presenceDot } from "./people.js";
import { directChannel, on, state, threadsWaiting } from "./store.js";
import { addressAs, people } from "./switching.js";
import { openWorkspaceMenu } from "./workspacemenu.js";

const rail = document.getElementById("rail");
const MOST_FACES = 9;
const places = h("nav", { class: "rail-places", "aria-label": "Main places" });
const faces = h("nav", { class: "rail-people", "aria-label": "Switch person" });

/** Draw the rail once; from then on it follows the store. */
export function drawRail() {
  const mark = h(
    "button",
    {
      type: "button",
      class: "workspace-mark",
      title: state.team.name,
      "aria-label": `${state.team.name}: workspace menu`,
      "aria-haspopup": "menu",
    },
    [...state.team.name][0].toUpperCase(),
  );
  mark.addEventListener("click", () => openWorkspaceMenu(mark));
  rail.append(
    mark,
    places,
    h("span", { class: "spacer" }),
    h("span", { class: "rail-note", "aria-hidden": "true" }, "View as"),
    faces,
  );
  draw();
}

function draw() {
  const { kind, tab } = state.place;
  const direct = directChannel();
  const waiting = threadsWaiting();
  places.replaceChildren(
    place("Home", "home", "#/", kind === "channel", 0),
    place(
      "DMs",
      "dms",
      state.app.messages_tab ? "#/app/messages" : "#/app/home",
      kind === "app" && tab === "messages",
      direct?.unread ?? 0,
    ),
    place("Threads", "thread", "#/threads", kind === "threads", waiting.mentions),
  );
  faces.replaceChildren(...people().slice(0, MOST_FACES).map(face));
}

function place(label, picture, href, current, badge) {
  return h(
    "a",
    {
      href,
      class: "rail-place",
      "aria-current": current ? "page" : null,
      "aria-label": badge > 0 ? `${label}, ${badge} new` : label,
    },
    h("span", { class: "rail-icon" }, icon(picture)),
    h("span", { "aria-hidden": "true" }, label),
    badge > 0 && h("span", { class: "badge", "aria-hidden": "true" }, badge),
  );
}

function face(user) {
  const isMe = user.id === state.me.id;
  const title = isMe ? `You are ${nameOf(user)}` : `Be ${nameOf(user)}`;
  const online = state.online.has(user.id);
  return h(
    "a",
    {
      href: addressAs(user.id),
      class: `rail-person${online ? " online" : ""}`,
      title: user.title ? `${title}, ${user.title}` : title,
      "aria-label": title,
      "aria-current": isMe ? "true" : null,
    },
    avatar(user),
    presenceDot(),
  );
}

const drawSoon = soon(() => state.me && draw());
for (const topic of ["presence", "threads", "channels", "place"]) on(topic, drawSoon);
