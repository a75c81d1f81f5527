/** Small actions below an answer: feedback buttons and icon buttons. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { interact, keyOf } from "./interact.js";
import { state } from "./store.js";

/** Which way somebody voted, so that a redrawn message shows it again. */
const voted = new Map();
const ICONS = { trash: "trash" };

/** @param {Object} block @param {import("./interact.js").Surface} surface @returns {HTMLElement} */
export function contextActions(block, surface) {
  return h(
    "div",
    { class: "context-actions" },
    block.elements.map((element) =>
      element.type === "feedback_buttons"
        ? feedbackButtons(element, block, surface)
        : iconButton(element, block, surface),
    ),
  );
}

function feedbackButtons(element, block, surface) {
  const key = keyOf(surface, block, element);
  const buttons = [
    ["positive_button", "thumbUp"],
    ["negative_button", "thumbDown"],
  ].map(([name, picture]) => {
    const { text, value, accessibility_label: label } = element[name];
    const button = h(
      "button",
      {
        type: "button",
        class: "icon-action",
        title: text.text,
        "aria-label": label ?? text.text,
        "aria-pressed": String(voted.get(key) === value),
        data: { key: `${key}/${name}` },
      },
      icon(picture),
    );
    button.addEventListener("click", async () => {
      if (!(await interact(surface, block, element, "click", value, button))) return;
      voted.set(key, value);
      for (const each of buttons) each.setAttribute("aria-pressed", String(each === button));
    });
    return button;
  });
  return buttons;
}

function iconButton(element, block, surface) {
  const visible = element.visible_to_user_ids;
  if (visible?.length > 0 && !visible.includes(state.me.id)) return null;
  const button = h(
    "button",
    {
      type: "button",
      class: "icon-action",
      title: element.text.text,
      "aria-label": element.accessibility_label ?? element.text.text,
      data: { key: keyOf(surface, block, element) },
    },
    icon(ICONS[element.icon] ?? "bolt"),
  );
  button.addEventListener("click", () => interact(surface, block, element, "click", element.value, button));
  return button;
}
