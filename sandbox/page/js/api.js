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
 * Post a message that carries a file.
 * @param {{channel: string, thread_ts?: string, text: string}} place
 * @param {File} file
 * @returns {Promise<Object>} always with `ok`; `error` when not ok
 */
export function upload(place, file) {
  const form = new FormData();
  for (const [name, value] of Object.entries({ as: me, ...place })) form.append(name, value);
  form.append("file", file);
  return request("/client/upload", { method: "POST", body: form });
}

/** @param {{url_private: string}} file @returns {string} where this page may fetch it */
export function fileAddress(file) {
  return `${new URL(file.url_private).pathname}?${new URLSearchParams({ token: TOKEN })}`;
}

/**
 * Tell the workspace how far this person has read a channel.
 * @param {string} channel
 * @param {string} ts
 * @returns {Promise<Object>}
 */
export function mark(channel, ts) {
  return request("/client/mark", { method: "POST", body: JSON.stringify({ as: me, channel, ts }) });
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
