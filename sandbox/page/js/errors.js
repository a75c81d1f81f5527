/** What went wrong, in words for the person in front of the page. */

const SENTENCES = {
  unreachable: "The workspace does not answer. Your text is kept; try again in a moment.",
  page_expired: "This page is out of date. Reload it to go on.",
  no_file: "Choose a file first.",
  http_413: "This file is too large.",
  no_text: "There is nothing to send.",
  not_in_channel: "You are not in this channel.",
  is_archived: "This channel is archived, so nothing new can be written here.",
  channel_not_found: "This channel does not exist, or you cannot see it.",
  message_not_found: "This message no longer exists.",
  thread_not_found: "The message this thread belongs to no longer exists.",
  cant_update_message: "You can edit only your own messages.",
  cant_delete_message: "You cannot delete this message.",
  user_not_found: "There is no such person in this workspace.",
  view_not_found: "This form is no longer open.",
  interactivity_disabled: "This app does not take clicks: its manifest does not turn interactivity on.",
  messages_tab_disabled: "Messages to this app have been turned off.",
  invalid_options: "The app did not offer any options that can be shown.",
  nothing_to_stop: "There is nothing to stop any more.",
  file_too_large: "This file is too large.",
  invalid_value: "This cannot be chosen here.",
  already_reacted: "You have already added this reaction.",
  msg_too_long: "This message is too long.",
};

/** The app is not connected, took too long, or answered what no client understands. */
const SILENT_APP = new Set(["operation_timeout", "dispatch_failed", "invalid_ack"]);

/**
 * @param {string} code error code of the workspace
 * @returns {string} one sentence
 */
export function sentence(code) {
  if (SILENT_APP.has(code)) return "This app did not respond. It may be stopped or restarting; try again.";
  return SENTENCES[code] ?? `That did not work (${code}).`;
}

let area = null;

/**
 * Show a short notice at the bottom of the window.
 * @param {string} text
 */
export function notice(text) {
  area ??= document.getElementById("notices");
  const note = document.createElement("div");
  note.className = "notice";
  note.textContent = text;
  area.append(note);
  setTimeout(() => note.remove(), 6_000);
}

/**
 * Show a notice when an answer is not ok.
 * @param {Object} answer of `act` or `read`
 * @returns {boolean} whether it was ok
 */
export function worked(answer) {
  if (!answer.ok) notice(sentence(answer.error));
  return answer.ok;
}
