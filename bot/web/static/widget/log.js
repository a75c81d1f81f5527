/* The conversation as it is seen: rows are made once and only moved or marked afterwards, so that
   screen readers hear each message once and pictures do not flicker. */
const GROUP_MINUTES = 5;
const PICTURES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/** What to show, in order: days, messages, and own messages that are still on their way. */
function logRows(messages, pending) {
  const shown = messages.map((message) => ({
    kind: message.author === "system" ? "system" : "message",
    key: message.client_message_id ? `own:${message.client_message_id}` : `seq:${message.seq}`,
    own: message.author === "customer",
    name: message.name,
    text: message.deleted ? (message.author === "customer" ? TEXT.deletedOwn : TEXT.deletedOther(message.name)) : message.text,
    files: message.files,
    at: new Date(message.created_at),
    state: "sent",
    message,
    edited: Boolean(message.edited_at) && !message.deleted,
    deleted: Boolean(message.deleted),
  }));
  const waiting = pending.map((item) => ({
    kind: "message", key: `own:${item.id}`, own: true, name: TEXT.you, text: item.text,
    files: item.files, at: new Date(item.at), state: item.state, item,
  }));
  return withDays(grouped([...shown, ...waiting]));
}

function grouped(rows) {
  const together = (a, b) =>
    a && b && a.kind === "message" && b.kind === "message" && a.own === b.own && a.name === b.name &&
    Math.abs(b.at - a.at) < GROUP_MINUTES * 60e3 && formatDay(a.at) === formatDay(b.at);
  const lastSent = rows.findLast((row) => row.own && row.state === "sent");
  return rows.map((row, index) => ({
    ...row,
    first: !together(rows[index - 1], row),
    last: !together(row, rows[index + 1]),
    showSent: row === lastSent && rows.at(-1)?.own && rows.at(-1)?.state === "sent",
  }));
}

function withDays(rows) {
  const all = [];
  let day = null;
  for (const row of rows) {
    const of = formatDay(row.at);
    if (of !== day) all.push({ kind: "day", key: `day:${row.at.toDateString()}`, text: of });
    day = of;
    all.push(row);
  }
  return all;
}

class LogView {
  constructor({ onRetry, onEdit, onChange, onDelete, editable, resolve }) {
    this.handlers = { onRetry, onEdit, onChange, onDelete };
    this.editable = editable;
    this.resolve = resolve;
    this.elements = new Map();
    this.list = h("div", { class: "rows" });
    this.typing = h("div", { class: "typing", hidden: true }, h("span", { class: "dots" }, h("i"), h("i"), h("i")), h("span", { class: "sr" }));
    this.element = h("div", {
      class: "log", role: "log", tabindex: "0", "aria-live": "polite", "aria-relevant": "additions",
      "aria-label": TEXT.conversation, onscroll: () => this.scrolled(),
    }, this.list, this.typing);
    this.jump = h("button", { class: "jump", type: "button", hidden: true, onclick: () => this.toBottom() }, icon("down"), TEXT.newMessages);
    this.atBottom = true;
    this.lastTop = 0;
    const settle = new ResizeObserver(() => this.atBottom && this.toBottom());
    settle.observe(this.element);
    settle.observe(this.list);
  }

  render(rows) {
    const before = this.elements;
    const added = rows.some((row) => row.kind === "message" && !before.has(row.key));
    this.elements = new Map();
    let previous = null;
    for (const row of rows) {
      const element = this.reuse(before.get(row.key), row);
      this.elements.set(row.key, element);
      const place = previous ? previous.nextSibling : this.list.firstChild;
      if (element !== place) this.list.insertBefore(element, place);
      previous = element;
    }
    for (const [key, element] of before) if (this.elements.get(key) !== element) element.remove();
    const own = rows.at(-1)?.item != null;
    if (this.atBottom || (added && own)) this.toBottom();
    else if (added) this.jump.hidden = false;
  }

  reuse(element, row) {
    const change = row.message ? `${row.message.edits}${row.message.edited_at ?? ""}${row.deleted}` : "0false";
    const version = row.kind + change + (row.files?.length ? Boolean(row.item) : "");
    if (!element || element.dataset.version !== version) {
      element = row.kind === "message" ? this.message(row) : h("div", { class: row.kind, text: row.text });
      element.dataset.version = version;
    }
    if (row.kind === "message") this.mark(element, row);
    return element;
  }

  message(row) {
    const bubble = h("div", { class: row.deleted ? "bubble deleted" : "bubble" }, h("span", { class: "sr", text: `${row.own ? TEXT.you : row.name}: ` }));
    if (row.text) bubble.append(h("p", {}, ...linkified(row.text)));
    for (const file of row.files ?? []) bubble.append(this.file(file));
    return h("article", { class: row.own ? "row own" : "row" },
      row.own ? null : h("span", { class: "avatar", "aria-hidden": "true", text: initials(row.name) }),
      h("div", { class: "stack" }, row.own ? null : h("div", { class: "name", "aria-hidden": "true", text: row.name }), bubble, h("div", { class: "meta" })));
  }

  file(file) {
    const size = formatSize(file.size);
    const shape = file.url ? { href: this.resolve(file.url), target: "_blank", rel: "noopener", download: file.name } : {};
    if (file.url && PICTURES.has(file.type)) {
      delete shape.download;
      return h("a", { class: "picture", ...shape }, h("img", { src: shape.href, alt: file.name, loading: "lazy" }));
    }
    return h(file.url ? "a" : "span", { class: "file", "aria-label": file.url ? TEXT.fileLabel(file.name, size) : null, ...shape },
      icon("file"), h("span", { class: "file-name", text: file.name }), h("span", { class: "file-size", text: size }));
  }

  mark(element, row) {
    element.classList.toggle("first", row.first);
    element.classList.toggle("last", row.last);
    element.classList.toggle("pending", row.state !== "sent");
    const editable = Boolean(row.message && this.editable(row.message));
    const signature = [row.state, row.showSent, row.last, row.item?.error, editable, row.message?.changing].join();
    if (element.dataset.state === signature) return;
    element.dataset.state = signature;
    element.querySelector(".meta").replaceChildren(...this.meta(row), ...this.own(row, editable));
  }

  meta(row) {
    if (row.state === "sending") return [h("span", { text: TEXT.sending })];
    if (row.state === "waiting") return [this.notSent(TEXT.notSent), this.action(TEXT.retry, () => this.handlers.onRetry(row.item))];
    if (row.state === "refused") {
      return [
        this.notSent(row.item.error || TEXT.notSent),
        this.action(TEXT.retry, () => this.handlers.onRetry(row.item)),
        this.action(TEXT.edit, () => this.handlers.onEdit(row.item)),
      ];
    }
    const time = h("time", { datetime: row.at.toISOString(), text: formatTime(row.at) });
    const edited = row.edited ? [h("span", { class: "edited", text: TEXT.edited })] : [];
    if (row.showSent) return [time, ...edited, h("span", { class: "sent", text: TEXT.sent })];
    return row.last ? [time, ...edited] : edited;
  }

  /** What the customer can do with a message of their own: shown where the pointer or the focus is. */
  own(row, editable) {
    if (row.message?.changing) return [h("span", { text: TEXT.changing })];
    if (!editable) return [];
    const act = (text, handler) => h("button", { type: "button", class: "link act", text, onclick: () => handler(row.message) });
    return [act(TEXT.edit, this.handlers.onChange), act(TEXT.delete, this.handlers.onDelete)];
  }

  notSent(text) {
    return h("span", { class: "not-sent", role: "status", text });
  }

  action(text, onclick) {
    return h("button", { type: "button", class: "link", text, onclick });
  }

  showTyping(name) {
    this.typing.hidden = !name;
    this.typing.lastChild.textContent = name ? TEXT.typing(name) : "";
    if (name && this.atBottom) this.toBottom();
  }

  /** Growing content also scrolls; only scrolling up means that somebody wants to stay where they are. */
  scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    const near = scrollHeight - scrollTop - clientHeight < 48;
    this.atBottom = near || (this.atBottom && scrollTop >= this.lastTop - 2);
    this.lastTop = scrollTop;
    if (near) this.jump.hidden = true;
  }

  toBottom() {
    this.atBottom = true;
    this.jump.hidden = true;
    this.element.scrollTop = this.element.scrollHeight;
  }
}

function initials(name) {
  const words = name.split(/\s+/).filter(Boolean);
  return [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...(word ?? "")][0] ?? "").join("").toUpperCase();
}
