/** Talking to the workspace: requests with the page's token, and the live stream. */

const TOKEN = document.querySelector('meta[name="page-token"]').content;
const LONGEST_PAUSE_MS = 5_000;

let me = "";

/** @param {string} userId everything from now on happens as this person */
export function actAs(userId) {
  me = userId;
}

async function request(path, options = {}) {
  const isJson = typeof options.body === "string";
  const headers = { "X-Page-Token": TOKEN, ...(isJson ? { "Content-Type": "application/json" } : {}) };
  let response;
  try {
    response = await fetch(path, { ...options, headers, cache: "no-store" });
  } catch {
    return { ok: false, error: "unreachable" };
  }
  if (response.status === 403) return { ok: false, error: "page_expired" };
  try {
    const body = await response.json();
    return response.ok ? { ok: true, ...body } : { ok: false, error: `http_${response.status}`, ...body };
  } catch {
    return { ok: false, error: `http_${response.status}` };
  }
}

/**
 * Read from the workspace.
 * @param {string} name last part of the path, such as "messages"
 * @param {Object} [query]
 * @returns {Promise<Object>} always with `ok`; `error` when not ok
 */
export function read(name, query = {}) {
  return request(`/client/${name}?${new URLSearchParams({ as: me, ...query })}`);
}

/**
 * Do something as the current person.
 * @param {string} what post, edit, react, click …
 * @param {Object} details
 * @returns {Promise<Object>} always with `ok`; `error` when not ok
 */
export function act(what, details = {}) {
  return request("/client/act", { method: "POST", body: JSON.stringify({ as: me, do: what, ...details }) });
}

/**
 * Post a message that carries files.
 * @param {{channel: string, thread_ts?: string, broadcast?: boolean, text: string}} place
 * @param {File[]} files
 * @returns {Promise<Object>} always with `ok`; `error` when not ok
 */
export function upload(place, files) {
  const form = new FormData();
  for (const [name, value] of Object.entries({ as: me, ...place })) {
    if (value !== undefined && value !== false) form.append(name, value);
  }
  for (const file of files) form.append("file", file);
  return request("/client/upload", { method: "POST", body: form });
}

/**
 * Hand in files that a form will carry.
 * @param {File[]} files
 * @returns {Promise<Object>} with their ids in `files`
 */
export function keepFiles(files) {
  const form = new FormData();
  form.append("as", me);
  for (const file of files) form.append("file", file);
  return request("/client/keep", { method: "POST", body: form });
}

/**
 * @param {{url_private: string}} file
 * @param {{view?: boolean}} [options] `view`: to be shown in the page rather than kept
 * @returns {string} where this page may fetch it
 */
export function fileAddress(file, { view = false } = {}) {
  const query = new URLSearchParams({ token: TOKEN, ...(view ? { view: "1" } : {}) });
  return `${new URL(file.url_private, location.href).pathname}?${query}`;
}

/** @param {string} id @returns {string} where this page may see a picture of the workspace, by its id alone */
export function pictureAddress(id) {
  return `/files-pri/T-${id}/picture?${new URLSearchParams({ token: TOKEN, view: "1" })}`;
}

/**
 * Tell the workspace how far this person has read a channel or thread.
 * @param {string} channel
 * @param {string} ts
 * @param {string} [threadTs]
 * @returns {Promise<Object>}
 */
export function mark(channel, ts, threadTs) {
  const body = { as: me, channel, ts, ...(threadTs ? { thread_ts: threadTs } : {}) };
  return request("/client/mark", { method: "POST", body: JSON.stringify(body) });
}

/** @param {string} channel @param {string} [threadTs] shows others that this person is writing there */
export function tellTyping(channel, threadTs) {
  const body = { as: me, channel, ...(threadTs ? { thread_ts: threadTs } : {}) };
  return request("/client/typing", { method: "POST", body: JSON.stringify(body) });
}

/**
 * Follow what happens, for as long as the page is open; a broken connection is taken up again.
 * @param {{onFrame: (frame: Object) => void, onUp: () => void, onDown: () => void}} handlers
 */
export function follow({ onFrame, onUp, onDown }) {
  let failures = 0;
  const connect = () => {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(
      `${scheme}://${location.host}/client/stream?${new URLSearchParams({ as: me, token: TOKEN })}`,
    );
    socket.addEventListener("open", () => {
      failures = 0;
      onUp();
    });
    socket.addEventListener("message", (event) => onFrame(JSON.parse(event.data)));
    socket.addEventListener("close", () => {
      failures += 1;
      onDown();
      setTimeout(connect, Math.min(LONGEST_PAUSE_MS, 200 * 2 ** failures));
    });
  };
  connect();
}
