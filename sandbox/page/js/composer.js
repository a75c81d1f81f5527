/** The box to write in: for channels, threads and edits. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { createAttachment } from "./attach.js";
import { createCompletion } from "./completion.js";
import { EMOJI } from "./emoji.js";
import { openEmojiPicker } from "./emojipicker.js";
import { notice, sentence } from "./errors.js";
import { openMenu } from "./popup.js";
import { act } from "./api.js";
import { state } from "./store.js";
import { toWire } from "./wire.js";

const TALLEST_PX = 260;

/**
 * @param {{label: string, send: (text: string, file: File|null) => Promise<Object>, initial?: string, commands?: string,
 *   onCancel?: () => void, onUp?: () => void, saveLabel?: string}} settings
 *   `commands`: id of the channel where slash commands run; without it they are refused, as in threads
 * @returns {{node: HTMLElement, focus: () => void}}
 */
export function createComposer(settings) {
  const { label, initial = "", onCancel, onUp, saveLabel } = settings;
  const field = h("textarea", {
    rows: 1,
    class: "composer-field",
    placeholder: label,
    "aria-label": label,
    value: initial,
  });
  const problem = h("p", { class: "composer-problem", role: "alert", hidden: true });
  const hint = h("p", { class: "composer-hint", hidden: true });
  const sendButton = h(
    "button",
    { type: "button", class: "composer-send", "aria-label": "Send now", on: { click: submit } },
    icon("send"),
  );
  const attachment = createAttachment(field, () => grow());
  const box = h(
    "div",
    { class: "composer-box" },
    field,
    attachment.chip,
    h(
      "div",
      { class: "composer-bar" },
      !onCancel && attachment.controls,
      tools(settings, field),
      onCancel
        ? [
            h("span", { class: "spacer" }),
            h("button", { type: "button", class: "btn btn-small", on: { click: onCancel } }, "Cancel"),
            h(
              "button",
              { type: "button", class: "btn btn-small btn-primary", on: { click: submit } },
              saveLabel,
            ),
          ]
        : [h("span", { class: "spacer" }), sendButton],
    ),
  );
  const node = h("div", { class: "composer" }, box, hint, problem);
  const completion = createCompletion(field, box, { commands: Boolean(settings.commands) });
  let sending = Promise.resolve();

  function grow() {
    field.style.height = "auto";
    field.style.height = `${Math.min(TALLEST_PX, field.scrollHeight)}px`;
    sendButton.classList.toggle("ready", field.value.trim() !== "" || attachment.file() !== null);
    showHint();
  }

  function showHint() {
    const entry = commandIn(field.value);
    hint.hidden = !(entry && settings.commands && field.value.includes(" "));
    if (!hint.hidden)
      hint.replaceChildren(
        h("b", {}, entry.command),
        ` ${entry.usage_hint ?? ""} — ${entry.description ?? ""}`,
      );
  }

  function fail(text) {
    problem.textContent = text;
    problem.hidden = text === "";
  }

  /** The box is free for the next message at once; what could not be sent comes back into it. */
  function submit() {
    const [typed, file] = [field.value, attachment.file()];
    if (typed.trim() === "" && !file) return;
    fail("");
    if (!onCancel) {
      field.value = "";
      attachment.clear();
    }
    sending = sending
      .then(() => deliver(settings, typed, file))
      .then((answer) => answer.ok || giveBack(answer, typed));
  }

  function giveBack(answer, typed) {
    if (!onCancel) field.value = [typed, field.value].filter(Boolean).join("\n");
    grow();
    fail(answer.sentence ?? sentence(answer.error));
    field.focus();
  }

  field.addEventListener("input", () => {
    fail("");
    grow();
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing || completion.handleKey(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      submit();
    } else if (event.key === "Escape" && onCancel) {
      event.stopPropagation();
      onCancel();
    } else if (event.key === "ArrowUp" && field.value === "" && onUp) {
      event.preventDefault();
      onUp();
    }
  });
  queueMicrotask(grow);
  return {
    node,
    focus: () => {
      field.focus();
      field.setSelectionRange(field.value.length, field.value.length);
    },
  };
}

function tools(settings, field) {
  const insert = (text) => {
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    field.focus();
    field.dispatchEvent(new Event("input"));
  };
  const tool = (name, label, run) => {
    const button = h(
      "button",
      { type: "button", class: "tool", "aria-label": label, title: label },
      icon(name),
    );
    button.addEventListener("click", () => run(button));
    return button;
  };
  const shortcuts = state.app.shortcuts.filter((shortcut) => shortcut.type === "global");
  return [
    settings.commands &&
      shortcuts.length > 0 &&
      tool("bolt", "Shortcuts", (button) => openShortcuts(button, shortcuts)),
    tool("smile", "Emoji", (button) =>
      openEmojiPicker(button, (name) => insert(EMOJI[name]), { side: "above" }),
    ),
    tool("at", "Mention someone", () =>
      insert(/(?:^|\s)$/u.test(field.value.slice(0, field.selectionStart)) ? "@" : " @"),
    ),
  ];
}

function openShortcuts(button, shortcuts) {
  openMenu(
    button,
    [
      { heading: state.app.name },
      ...shortcuts.map((shortcut) => ({
        label: shortcut.name,
        run: async () => {
          const answer = await act("shortcut", { callback_id: shortcut.callback_id });
          if (!answer.ok) notice(`${shortcut.name}: ${sentence(answer.error)}`);
        },
      })),
    ],
    { label: "Shortcuts", side: "above" },
  );
}

function commandIn(text) {
  const word = /^\/\S+/u.exec(text)?.[0];
  return word && state.app.commands.find((entry) => entry.command === word);
}

/** Post the text, or run the command it is; a space in front makes a command an ordinary message. */
async function deliver(settings, typed, file) {
  const word = /^\/[a-z][\w-]*(?=\s|$)/u.exec(typed)?.[0];
  if (!word || settings.onCancel || file) return settings.send(toWire(typed.trim()), file);
  if (!settings.commands) {
    return { ok: false, sentence: `${word} is not supported in threads. Write it in the channel instead.` };
  }
  if (!commandIn(typed)) {
    return {
      ok: false,
      sentence: `${word} is not a valid command. To send it as a message, put a space in front.`,
    };
  }
  const answer = await act("command", { channel: settings.commands, text: toWire(typed.trim()) });
  return answer.ok ? answer : { ...answer, sentence: `${word} failed: ${sentence(answer.error)}` };
}
