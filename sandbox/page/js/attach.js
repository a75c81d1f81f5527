/** Choosing a file to send with a message. */

import { h } from "./dom.js";
import { icon } from "./icons.js";

/**
 * A button that picks a file, and the chip that shows it until it is sent or taken away again.
 * @param {HTMLTextAreaElement} field files pasted into it are taken too
 * @param {() => void} onChange
 * @returns {{controls: HTMLElement[], chip: HTMLElement, file: () => File|null, clear: () => void}}
 */
export function createAttachment(field, onChange) {
  let file = null;
  const input = h("input", { type: "file", class: "sr-only", tabIndex: -1, "aria-label": "File" });
  const button = h(
    "button",
    { type: "button", class: "tool", "aria-label": "Attach a file", title: "Attach a file" },
    icon("clip"),
  );
  const name = h("b", {});
  const chip = h(
    "div",
    { class: "attach-chip", hidden: true },
    icon("file"),
    name,
    h(
      "button",
      {
        type: "button",
        class: "attach-drop",
        "aria-label": "Remove the file",
        on: { click: () => set(null) },
      },
      icon("close"),
    ),
  );

  function set(chosen) {
    file = chosen;
    name.textContent = chosen?.name ?? "";
    chip.hidden = !chosen;
    input.value = "";
    onChange();
  }

  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    if (input.files[0]) set(input.files[0]);
    field.focus();
  });
  field.addEventListener("paste", (event) => {
    const pasted = event.clipboardData?.files[0];
    if (!pasted) return;
    event.preventDefault();
    set(pasted);
  });
  return { controls: [input, button], chip, file: () => file, clear: () => set(null) };
}
