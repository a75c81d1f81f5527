/* Small helpers: building elements, formatting, links in plain text. */

/** Build an element; `on…` properties are listeners, `text` is text content, the rest attributes. */
function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "text") element.textContent = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

const ICONS = {
  chat: "M12 3.5c-5 0-9 3.4-9 7.6 0 2.4 1.3 4.5 3.3 5.9-.1 1-.5 2.1-1.4 3.1-.2.3 0 .7.4.6 2-.2 3.7-1 4.8-1.9.6.1 1.2.2 1.9.2 5 0 9-3.4 9-7.9s-4-7.6-9-7.6z",
  close: "M6 6l12 12M18 6L6 18",
  down: "M6 9.5l6 6 6-6",
  fresh: "M12 20h8M14.8 5.2l4 4L8.5 19.5 4 20l.5-4.5z",
  clip: "M20 11.5l-8.3 8.3a5.3 5.3 0 0 1-7.5-7.5l8.6-8.6a3.5 3.5 0 0 1 5 5l-8.6 8.6a1.8 1.8 0 0 1-2.5-2.5l7.6-7.6",
  send: "M12 20V5M5.5 11.5L12 5l6.5 6.5",
  file: "M13.5 3.5H7A1.5 1.5 0 0 0 5.5 5v14A1.5 1.5 0 0 0 7 20.5h10a1.5 1.5 0 0 0 1.5-1.5V8.5zM13.5 3.5v5h5",
};

function icon(name, filled = false) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", filled ? "icon filled" : "icon");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** Text with http(s) addresses as links; everything else stays text. */
function linkified(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(/\bhttps?:\/\/[^\s<>"“”‘’]+/gi)) {
    const address = trimmedAddress(match[0]);
    parts.push(text.slice(end, match.index));
    parts.push(h("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow", text: address }));
    end = match.index + address.length;
  }
  parts.push(text.slice(end));
  return parts.filter((part) => part !== "");
}

/** The address without the punctuation that belongs to the sentence around it. */
function trimmedAddress(address) {
  let trimmed = address.replace(/[.,;:!?'*_~…]+$/, "");
  while (trimmed.endsWith(")") && trimmed.split(")").length > trimmed.split("(").length) {
    trimmed = trimmed.slice(0, -1).replace(/[.,;:!?]+$/, "");
  }
  return trimmed;
}

function formatSize(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  return `${(bytes / 1e6).toLocaleString(LANGUAGE, { maximumFractionDigits: bytes < 10e6 ? 1 : 0 })} MB`;
}

function formatTime(date) {
  return date.toLocaleTimeString(LANGUAGE, { hour: "numeric", minute: "2-digit" });
}

function formatDay(date) {
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 864e5);
  if (days === 0) return TEXT.today;
  if (days === 1) return TEXT.yesterday;
  return date.toLocaleDateString(LANGUAGE, { weekday: "long", day: "numeric", month: "long", year: days > 300 ? "numeric" : undefined });
}

function uniqueId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Seconds to wait before attempt `n` (from 0): growing, bounded, and not the same for everybody. */
function backOff(n) {
  return Math.min(30, 2 ** Math.min(n, 6) / 2) * (0.75 + Math.random() / 2);
}
