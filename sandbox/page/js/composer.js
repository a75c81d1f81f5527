/** The box to write in: for channels, threads and edits. */

import { act } from "./api.js";
import { createAttachment } from "./attach.js";
import { createCompletion } from "./completion.js";
import { h } from "./dom.js";
import { EMOJI } from "./emojidata.js";
import { openEmojiPicker } from "./emojipicker.js";
import { sentence } from "./errors.js";
import { formatBar, formatKey, inCodeBlock } from "./format.js";
import { icon } from "./icons.js";
import { openMenu } from "./popup.js";
import { globalShortcuts, runShortcut } from "./shortcuts.js";
import { state } from "./store.js";
import { typist } from "./typing.js";
import { toWire } from "./wire.js";

const TALLEST_PX = 260;

/**
 * @typedef {Object} ComposerSettings
 * @property {string} label
 * @property {(text: string, files: File[], broadcast: boolean) => Promise<Object>} send
 * @property {string} [initial]
 * @property {string} [commands] id of the channel where slash commands run; without it they are refused, as in threads
 * @property {{channel: string, threadTs?: string}} [place] where others see that one is typing
 * @property {HTMLElement} [note] shown below the box
 * @property {string} [also] offers to send a reply to this channel too
 * @property {() => void} [onCancel] makes it an editor
 * @property {() => void} [onUp] the up arrow in an empty box
 * @property {string} [saveLabel]
 */

/**
 * @param {ComposerSettings} settings
 * @returns {{node: HTMLElement, focus: () => void, addFiles: (files: File[]) => void}}
 */
export function createComposer(settings) {
  const { label, initial = "", onCancel, onUp, place, also } = settings;
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
    {
      type: "button",
      class: "composer-send",
      "aria-label": "Send now",
      title: "Send now",
      on: { click: submit },
    },
    icon("send"),
  );
  const attachment = createAttachment(field, grow);
  const broadcast = h("input", { type: "checkbox" });
  const format = formatBar(field);
  const keys = h(
    "span",
    { class: "composer-keys", "aria-hidden": "true" },
    h("b", {}, "Shift + Enter"),
    " for a new line",
  );
  const box = h(
    "div",
    { class: "composer-box" },
    format,
    field,
    attachment.chips,
    also &&
      h("label", { class: "composer-also" }, broadcast, h("span", {}, "Also send to ", h("b", {}, also))),
    h(
      "div",
      { class: "composer-bar" },
      !onCancel && [attachment.input, plusButton(settings, attachment)],
      tools(settings, field, format),
      h("span", { class: "spacer" }),
      onCancel ? editButtons(settings, submit) : sendButton,
    ),
  );
  const foot = !onCancel && h("div", { class: "composer-foot" }, settings.note, keys);
  const node = h("div", { class: "composer" }, box, hint, problem, foot);
  const completion = createCompletion(field, box, { commands: settings.commands, channel: place?.channel });
  const tell = place && typist(place);
  let sending = Promise.resolve();

  function grow() {
    field.style.height = "auto";
    field.style.height = `${Math.min(TALLEST_PX, field.scrollHeight)}px`;
    sendButton.classList.toggle("ready", field.value.trim() !== "" || attachment.files().length > 0);
    keys.classList.toggle("shown", field.value !== "");
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
    const draft = { typed: field.value, files: attachment.files(), broadcast: broadcast.checked };
    if (draft.typed.trim() === "" && draft.files.length === 0) return;
    fail("");
    completion.close();
    if (!onCancel) {
      field.value = "";
      broadcast.checked = false;
      attachment.clear();
      grow();
    }
    sending = sending
      .then(() => deliver(settings, draft))
      .then((answer) => answer.ok || giveBack(answer, draft));
  }

  function giveBack(answer, { typed, files }) {
    if (!onCancel) {
      field.value = [typed, field.value].filter(Boolean).join("\n");
      attachment.add(files);
    }
    grow();
    fail(answer.sentence ?? sentence(answer.error));
    field.focus();
  }

  field.addEventListener("input", () => {
    fail("");
    grow();
    if (field.value.trim() !== "" && !field.value.startsWith("/")) tell?.();
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing || completion.handleKey(event) || formatKey(event, field)) return;
    const isNewLine = event.shiftKey || (inCodeBlock(field) && !event.ctrlKey && !event.metaKey);
    if (event.key === "Enter" && !isNewLine) {
      event.preventDefault();
      submit();
    } else if (event.key === "Escape" && onCancel) {
      event.stopPropagation();
      onCancel();
    } else if (event.key === "ArrowUp" && !event.altKey && field.value === "" && onUp) {
      event.preventDefault();
      onUp();
    }
  });
  queueMicrotask(grow);
  return {
    node,
    addFiles: (files) => {
      attachment.add(files);
      field.focus();
    },
    focus: () => {
      field.focus();
      field.setSelectionRange(field.value.length, field.value.length);
    },
  };
}

function editButtons({ onCancel, saveLabel }, submit) {
  return [
    h("button", { type: "button", class: "btn btn-small", on: { click: onCancel } }, "Cancel"),
    h("button", { type: "button", class: "btn btn-small btn-primary", on: { click: submit } }, saveLabel),
  ];
}

function toolButton(name, label, run, extra = "") {
  const button = h(
    "button",
    { type: "button", class: `tool${extra}`, "aria-label": label, title: label },
    icon(name),
  );
  button.addEventListener("click", () => run(button));
  return button;
}

/** Where nothing else can be added, the button attaches files at once. */
function plusButton(settings, attachment) {
  const shortcuts = settings.commands ? globalShortcuts() : [];
  const attach = { label: [icon("clip"), "Attach files…"], run: attachment.choose };
  if (shortcuts.length === 0) return toolButton("plus", "Attach a file", attachment.choose, " tool-plus");
  return toolButton(
    "plus",
    "Attach a file or run a shortcut",
    (button) =>
      openMenu(
        button,
        [
          attach,
          "line",
          { heading: `Shortcuts of ${state.app.name}` },
          ...shortcuts.map((shortcut) => ({
            label: [icon("bolt"), shortcut.name],
            run: () => runShortcut(shortcut),
          })),
        ],
        { label: "Add", side: "above" },
      ),
    " tool-plus",
  );
}

function tools(settings, field, format) {
  const insert = (text) => {
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    field.focus();
    field.dispatchEvent(new Event("input"));
  };
  const wish = localStorage.getItem("format") ?? (matchMedia("(max-width: 760px)").matches ? "off" : "on");
  format.hidden = wish === "off" || Boolean(settings.onCancel);
  const formatTool = toolButton("format", "Formatting", (button) => {
    format.hidden = !format.hidden;
    button.setAttribute("aria-pressed", String(!format.hidden));
    if (!settings.onCancel) localStorage.setItem("format", format.hidden ? "off" : "on");
  });
  formatTool.setAttribute("aria-pressed", String(!format.hidden));
  const startsWord = () => /(?:^|\s)$/u.test(field.value.slice(0, field.selectionStart));
  return [
    formatTool,
    toolButton("smile", "Emoji", (button) =>
      openEmojiPicker(button, (name) => insert(EMOJI[name] ?? `:${name}:`), {
        side: "above",
        align: "start",
      }),
    ),
    toolButton("at", "Mention someone", () => insert(startsWord() ? "@" : " @")),
    settings.commands &&
      toolButton("slash", "Run a command", () => {
        field.value = "/";
        insert("");
      }),
  ];
}

function commandIn(text) {
  const word = /^\/\S+/u.exec(text)?.[0];
  return word && state.app.commands.find((entry) => entry.command === word);
}

/** Post the text, or run the command it is; a space in front makes a command an ordinary message. */
async function deliver(settings, { typed, files, broadcast }) {
  const word = /^\/[a-z][\w-]*(?=\s|$)/u.exec(typed)?.[0];
  if (!word || settings.onCancel || files.length > 0)
    return settings.send(toWire(typed.trim()), files, broadcast);
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
