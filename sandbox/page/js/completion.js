/** Suggestions while typing: commands, people, channels, emoji. */

import { h, uid } from "./dom.js";
import { emojiNode } from "./emoji.js";
import { EMOJI } from "./emojidata.js";
import { icon } from "./icons.js";
import { appAvatar, avatar, nameOf } from "./people.js";
import { globalShortcuts, runShortcut } from "./shortcuts.js";
import { state } from "./store.js";

const MOST = 8;
const RANGES = {
  here: "Everyone here with a window open",
  channel: "Everyone in this channel",
};

/** Each source: what starts it, and what it offers for what follows; an offer inserts text or runs something. */
const SOURCES = [
  {
    pattern: /^\/(\S*)$/u,
    offers: (query) => [
      ...state.app.commands
        .filter((entry) => entry.command.slice(1).startsWith(query))
        .map((entry) => ({
          insert: `${entry.command} `,
          label: [h("b", {}, entry.command), " ", h("span", { class: "quiet" }, entry.usage_hint ?? "")],
          note: entry.description,
          picture: appAvatar("small"),
        })),
      ...globalShortcuts()
        .filter((shortcut) => shortcut.name.toLowerCase().includes(query))
        .map((shortcut) => ({
          insert: "",
          run: () => runShortcut(shortcut),
          label: h("b", {}, shortcut.name),
          note: shortcut.description || "Shortcut",
          picture: icon("bolt"),
        })),
    ],
  },
  {
    pattern: /(?:^|\s)@([\p{L}\p{N}._-]*(?: [\p{L}\p{N}._-]*)?)$/u,
    offers: (query, channel) => [
      ...personOffers(query, channel),
      ...groupOffers(query),
      ...rangeOffers(query),
    ],
  },
  {
    pattern: /(?:^|\s)#([\p{L}\p{N}_-]*)$/u,
    offers: (query) =>
      [...state.channels.values()]
        .filter((channel) => !channel.is_im && channel.name.includes(query) && channel.name !== query)
        .map((channel) => ({
          insert: `#${channel.name} `,
          label: h("b", {}, `#${channel.name}`),
          note: topicOf(channel),
        })),
  },
  {
    pattern: /(?:^|\s):([a-z0-9_+-]{2,})$/u,
    offers: (query) =>
      Object.keys(EMOJI)
        .filter((name) => name.includes(query))
        .map((name) => ({ insert: `${EMOJI[name]} `, label: `:${name}:`, picture: emojiNode(name) })),
  },
];

/** @param {Object} channel @returns {string} its topic, also where it comes as Slack's object */
export function topicOf(channel) {
  return channel.topic?.value ?? channel.topic ?? "";
}

function people() {
  const all = [...state.users.values()].filter((user) => user.id !== state.app.bot_user_id);
  const app = { id: state.app.bot_user_id, real_name: state.app.name, name: state.app.name, title: "App" };
  const others = all.filter((user) => user.id !== state.me.id);
  return [...others, app, state.me].map((user) => ({ user, name: nameOf(user) }));
}

function personOffers(query, channel) {
  const members = state.channels.get(channel)?.members;
  return people()
    .filter(({ name }) => name.toLowerCase().includes(query) && name.toLowerCase() !== query)
    .map(({ name, user }) => ({
      insert: `@${name} `,
      label: h("b", {}, name),
      note:
        user.id === state.me.id
          ? "You"
          : members && !members.includes(user.id)
            ? "Not in this channel"
            : user.title,
      picture: avatar(user, "small"),
    }));
}

function groupOffers(query) {
  return [...state.usergroups.values()]
    .filter((group) => group.handle.includes(query) && group.handle !== query)
    .map((group) => ({
      insert: `@${group.handle} `,
      label: h("b", {}, `@${group.handle}`),
      note: group.name,
      picture: icon("people"),
    }));
}

function rangeOffers(query) {
  return Object.entries(RANGES)
    .filter(([range]) => range.startsWith(query) && range !== query)
    .map(([range, note]) => ({
      insert: `@${range} `,
      label: h("b", {}, `@${range}`),
      note,
      picture: icon("people"),
    }));
}

/**
 * Give a text field a list of suggestions.
 * @param {HTMLTextAreaElement} field
 * @param {HTMLElement} host positioned element that carries the list
 * @param {{commands?: string, channel?: string}} options `commands`: a leading `/` offers commands
 * @returns {{handleKey: (event: KeyboardEvent) => boolean, close: () => void}}
 */
export function createCompletion(field, host, { commands, channel }) {
  const list = h("div", {
    class: "completion",
    role: "listbox",
    id: uid("completion"),
    "aria-label": "Suggestions",
    hidden: true,
  });
  host.append(list);
  field.setAttribute("aria-controls", list.id);
  let offers = [];
  let active = 0;
  let start = 0;

  function update() {
    const before = field.value.slice(0, field.selectionStart);
    offers = [];
    for (const source of commands ? SOURCES : SOURCES.slice(1)) {
      const match = source.pattern.exec(before);
      if (!match) continue;
      start = match.index + match[0].search(/[/@#:]/u);
      offers = source.offers(match[1].toLowerCase(), channel).slice(0, MOST);
      break;
    }
    active = 0;
    show();
  }

  function show() {
    list.hidden = offers.length === 0;
    list.replaceChildren(
      ...offers.map((offer, index) =>
        h(
          "div",
          {
            class: `completion-row${index === active ? " active" : ""}`,
            role: "option",
            id: `${list.id}-${index}`,
            "aria-selected": String(index === active),
            on: {
              mousedown: (event) => {
                event.preventDefault();
                take(offer);
              },
            },
          },
          offer.picture,
          h("span", { class: "completion-label" }, offer.label),
          offer.note && h("small", {}, offer.note),
        ),
      ),
    );
    if (list.hidden) field.removeAttribute("aria-activedescendant");
    else field.setAttribute("aria-activedescendant", `${list.id}-${active}`);
    list.children[active]?.scrollIntoView({ block: "nearest" });
  }

  function take(offer) {
    field.setRangeText(offer.insert, start, field.selectionStart, "end");
    field.dispatchEvent(new Event("input"));
    close();
    offer.run?.();
  }

  function close() {
    offers = [];
    show();
  }

  function handleKey(event) {
    if (list.hidden) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) active = (active + step + offers.length) % offers.length;
    else if (event.key === "Tab" || event.key === "Enter") take(offers[active]);
    else if (event.key === "Escape") close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    if (!list.hidden) show();
    return true;
  }

  field.addEventListener("input", update);
  field.addEventListener("blur", close);
  return { handleKey, close };
}
