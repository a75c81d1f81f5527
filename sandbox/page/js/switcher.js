/** "Jump to": channels, people and messages, found while one types. */

import { read } from "./api.js";
import { openDialog } from "./dialog.js";
import { h, uid } from "./dom.js";
import { icon } from "./icons.js";
import { appAvatar, authorOf, avatar, nameOf } from "./people.js";
import { isReply, state } from "./store.js";
import { addressAs, people } from "./switching.js";
import { dayLabel, fromTs } from "./time.js";
import { fromWire } from "./wire.js";

const WAIT_MS = 150;
const SHORTEST = 2;
const BEFORE_WORD = 24;

/** Open the panel; it closes when something is chosen. */
export function openSwitcher() {
  const list = h("div", {
    class: "switcher-list",
    role: "listbox",
    id: uid("switcher"),
    "aria-label": "Results",
  });
  const field = h("input", {
    type: "text",
    role: "combobox",
    placeholder: "Search messages, or jump to a channel or person",
    "aria-label": "Search or jump to",
    "aria-controls": list.id,
    "aria-expanded": "true",
    autocomplete: "off",
  });
  const panel = h(
    "div",
    { class: "switcher" },
    h("div", { class: "switcher-field" }, icon("search"), field),
    list,
    h("p", { class: "switcher-keys", "aria-hidden": "true" }, "↑ ↓ to choose · Enter to open · Esc to close"),
  );
  const dialog = openDialog(panel, { label: "Search", className: "dialog-switcher" });
  let active = 0;
  let asked = 0;

  const rows = () => [...list.querySelectorAll('[role="option"]')];
  function activate(index) {
    const all = rows();
    all[active]?.classList.remove("active");
    active = all.length > 0 ? (index + all.length) % all.length : 0;
    all[active]?.classList.add("active");
    all[active]?.scrollIntoView({ block: "nearest" });
    if (all[active]) field.setAttribute("aria-activedescendant", all[active].id);
    else field.removeAttribute("aria-activedescendant");
  }
  const go = (href) => {
    dialog.close();
    if (href.startsWith("#")) location.hash = href;
    else location.href = href;
  };
  function show(query, found, isSearching) {
    const parts = [...section("", placeRows(query, go)), ...section("Messages", foundRows(query, found, go))];
    list.replaceChildren(...parts);
    if (isSearching) list.append(h("p", { class: "menu-heading" }, "Searching…"));
    else if (parts.length === 0)
      list.append(h("p", { class: "menu-heading", role: "status" }, `Nothing found for “${query}”.`));
    activate(0);
  }
  async function search() {
    const query = field.value.trim();
    const mine = (asked += 1);
    const searches = query.length >= SHORTEST;
    show(query, [], searches);
    if (!searches) return;
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    if (mine !== asked) return;
    const answer = await read("search", { q: query });
    if (mine === asked) show(query, answer.found ?? [], false);
  }
  field.addEventListener("input", search);
  field.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) activate(active + step);
    else if (event.key === "Enter") rows()[active]?.click();
    else return;
    event.preventDefault();
  });
  show("", [], false);
  field.focus();
}

function section(title, rows) {
  return rows.length > 0 && title ? [h("div", { class: "menu-heading" }, title), ...rows] : rows;
}

function row(children, run) {
  return h("div", { class: "option", role: "option", id: uid("found"), on: { click: run } }, children);
}

function placeRows(query, go) {
  const matches = (text) => text.toLowerCase().includes(query.toLowerCase().replace(/^[#@]/u, ""));
  const channels = [...state.channels.values()]
    .filter((channel) => !channel.is_im && matches(channel.name))
    .sort((a, b) => b.unread - a.unread || a.name.localeCompare(b.name))
    .map((channel) =>
      row(
        [
          icon(channel.is_private ? "lock" : "hash"),
          h("span", {}, channel.name),
          channel.unread > 0 && h("small", {}, `${channel.unread} new`),
        ],
        () => go(`#/${channel.id}`),
      ),
    );
  const app = matches(state.app.name) && [
    row([appAvatar("small"), state.app.name, h("small", {}, "App")], () => go("#/app/home")),
  ];
  const others =
    query !== "" &&
    people()
      .filter((user) => user.id !== state.me.id && matches(nameOf(user)))
      .map((user) =>
        row([avatar(user, "small"), nameOf(user), h("small", {}, "Be this person")], () =>
          go(addressAs(user.id)),
        ),
      );
  return [channels, app, others].filter(Boolean).flat();
}

function foundRows(query, found, go) {
  return found.map(({ channel, words, message }) => {
    const place = state.channels.get(channel);
    const name = place?.is_im ? "Direct message" : `#${place?.name ?? ""}`;
    const base = place?.is_im ? "app/messages" : channel;
    const target = isReply(message) ? `${message.thread_ts}/${message.ts}` : `-/${message.ts}`;
    return row(
      [
        authorOf(message).avatar,
        h(
          "span",
          { class: "found" },
          h(
            "small",
            {},
            `${authorOf(message).name} · ${isReply(message) ? "thread in " : ""}${name} · ${dayLabel(fromTs(message.ts))}`,
          ),
          h("span", { class: "found-words" }, marked(fromWire(words).replace(/\s+/gu, " "), query)),
        ),
      ],
      () => go(`#/${base}/${target}`),
    );
  });
}

/** The words around the first match, with each match marked. */
function marked(text, query) {
  const words = query.split(/\s+/u).map((word) => word.replace(/[.*+?^${}()|[\]\\]/gu, "\\$&"));
  const pattern = new RegExp(`(${words.join("|")})`, "giu");
  const first = text.search(pattern);
  const start = Math.max(0, first - BEFORE_WORD);
  const shown = (start > 0 ? "…" : "") + text.slice(start, start + 160);
  return shown.split(pattern).map((part, index) => (index % 2 === 1 ? h("mark", {}, part) : part));
}
