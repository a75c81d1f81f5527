/** Keyboard shortcuts for the whole page, and the panel that lists them. */

import { openDialog } from "./dialog.js";
import { h } from "./dom.js";
import { openSwitcher } from "./switcher.js";

const LISTED = [
  [
    "Anywhere",
    [
      [["Ctrl", "K"], "Search, or jump to a channel"],
      [["Alt", "↑ ↓"], "The channel above or below"],
      [["Alt", "Shift", "↑ ↓"], "The unread channel above or below"],
      [["F6"], "From one part of the page to the next"],
      [["Esc"], "Close what is open"],
    ],
  ],
  [
    "Writing",
    [
      [["Enter"], "Send"],
      [["Shift", "Enter"], "A new line"],
      [["↑"], "Edit your last message"],
      [["@", "#", ":", "/"], "People, channels, emoji, commands"],
      [["Ctrl", "B / I"], "Bold, italic"],
    ],
  ],
  [
    "On a message",
    [
      [["↑ ↓"], "The message above or below"],
      [["Enter"], "Reply in its thread"],
      [["R"], "React"],
      [["E"], "Edit"],
      [["M"], "More actions"],
    ],
  ],
];
/** Where F6 leads: the current place in the side bar, the box to write in, the thread's. */
const REGIONS = [
  ["#sidebar .places a[aria-current]", "#sidebar .places a"],
  ["#composer textarea"],
  ["#thread textarea"],
];

/** Show all shortcuts. */
export function openKeys() {
  const close = h("button", { type: "button", class: "btn" }, "Close");
  const panel = h(
    "div",
    { class: "keys" },
    h("h2", {}, "Keyboard shortcuts"),
    LISTED.map(([title, rows]) => [
      h("h3", { class: "menu-heading", style: { padding: "0 0 6px" } }, title),
      h(
        "dl",
        {},
        rows.map(([keys, text]) => [
          h(
            "dt",
            {},
            keys.map((key) => h("kbd", { class: "key" }, key)),
          ),
          h("dd", {}, text),
        ]),
      ),
    ]),
    h("div", { class: "dialog-foot" }, close),
  );
  const dialog = openDialog(panel, { label: "Keyboard shortcuts" });
  close.addEventListener("click", () => dialog.close());
  close.focus();
}

/** Listen for the shortcuts that work everywhere. */
export function listenForKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const run = shortcutFor(event);
    if (!run) return;
    event.preventDefault();
    run();
  });
}

function shortcutFor(event) {
  const command = (event.ctrlKey || event.metaKey) && !event.altKey;
  if (command && event.key.toLowerCase() === "k") return openSwitcher;
  if (command && event.key === "/") return openKeys;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.altKey && !command && step) return () => goTo(step, event.shiftKey);
  if (event.key === "F6") return () => nextRegion(event.shiftKey ? -1 : 1);
  return null;
}

function goTo(step, onlyUnread) {
  const all = [...document.querySelectorAll("#sidebar a.place")];
  const at = all.findIndex((link) => link.hasAttribute("aria-current"));
  for (let count = 1; count <= all.length; count += 1) {
    const link = all.at((at + step * count) % all.length);
    if (onlyUnread && !link.classList.contains("unread")) continue;
    location.hash = link.hash;
    return;
  }
}

function nextRegion(step) {
  const targets = REGIONS.map((selectors) =>
    selectors.map((each) => document.querySelector(each)).find(Boolean),
  ).filter((node) => node?.checkVisibility());
  const inside = (node) => node.closest("#sidebar, #main, #thread")?.contains(document.activeElement);
  const at = targets.findIndex(inside);
  targets.at((at + step) % targets.length)?.focus();
}
