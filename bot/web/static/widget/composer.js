/* Where the customer writes: text, files, and why something cannot be sent (yet). */
const TYPING_EVERY_MS = 3000;
const TYPING_IDLE_MS = 5000;

class Composer {
  constructor(api, store, { onSend, onSave, onTyping, wanted }) {
    this.api = api;
    this.store = store;
    this.onSend = onSend;
    this.onSave = onSave;
    this.editing = null;
    this.onTyping = onTyping;
    this.limits = { max_text: 10000, max_file_bytes: 25e6, max_files: 10 };
    this.uploads = [];
    this.uploading = Promise.resolve();
    this.lastTyping = 0;
    this.articles = new Articles(api, {
      wanted: () => (this.editing ? null : wanted()), text: () => this.text, onClose: () => this.input.focus(),
    });
    this.build();
    this.input.value = store.get("draft") ?? "";
    this.update();
  }

  build() {
    this.input = h("textarea", {
      rows: "1", placeholder: TEXT.placeholder, "aria-label": TEXT.label, "aria-describedby": "cx-hint", enterkeyhint: "send",
      oninput: () => this.edited(), onkeydown: (event) => this.keyDown(event), onpaste: (event) => this.pasted(event),
    });
    this.picker = h("input", { type: "file", multiple: true, hidden: true, tabindex: "-1", onchange: () => this.picked() });
    this.attach = h("button", { type: "button", class: "tool", "aria-label": TEXT.attach, title: TEXT.attach, onclick: () => this.picker.click() }, icon("clip"));
    this.submit = h("button", { type: "submit", class: "send", "aria-label": TEXT.send, title: TEXT.send }, icon("send"));
    this.banner = h("div", { class: "editing", hidden: true }, h("span", { role: "status" }),
      h("button", { type: "button", class: "link", text: TEXT.editCancel, onclick: () => this.stopEditing() }));
    this.chips = h("ul", { class: "chips", hidden: true });
    this.hint = h("div", { class: "hint", id: "cx-hint", role: "status" });
    this.element = h("form", { class: "composer", novalidate: true, onsubmit: (event) => { event.preventDefault(); this.send(); } },
      this.banner, this.chips, h("div", { class: "field" }, this.attach, this.input, this.submit), this.hint, this.articles.element, this.picker);
  }

  get text() {
    return this.input.value;
  }

  /** Put one of the customer's messages into the field; what they were writing comes back afterwards. */
  startEditing(message, text = message.text) {
    this.kept ??= this.text;
    this.editing = message;
    this.showEditing();
    this.input.value = text;
    this.update();
    this.input.focus();
  }

  stopEditing() {
    const kept = this.kept ?? "";
    this.editing = null;
    this.kept = null;
    this.say("");
    this.showEditing();
    this.setText(kept);
    this.input.focus();
  }

  showEditing() {
    const on = Boolean(this.editing);
    this.banner.hidden = !on;
    this.banner.firstChild.textContent = on ? TEXT.editing : "";
    this.attach.hidden = on;
    this.chips.hidden = on || this.uploads.length === 0;
    this.submit.setAttribute("aria-label", on ? TEXT.editSave : TEXT.send);
    this.submit.title = on ? TEXT.editSave : TEXT.send;
  }

  save() {
    const [message, text] = [this.editing, this.text];
    if ([...text].length > this.limits.max_text || (!text.trim() && !message.files.length)) return;
    this.stopEditing();
    if (text !== message.text) this.onSave(message, text);
  }

  send() {
    if (this.editing) return this.save();
    const files = this.uploads.map((upload) => upload.file);
    if (!this.canSend()) return this.update();
    this.onSend(this.text, files);
    this.uploads = [];
    this.setText("");
    this.say("");
    this.typing(false);
    this.articles.clear();
    this.renderChips();
    this.input.focus();
  }

  canSend() {
    if (this.editing) return [...this.text].length <= this.limits.max_text && (this.text.trim() !== "" || this.editing.files.length > 0);
    const done = this.uploads.every((upload) => upload.file);
    return done && [...this.text].length <= this.limits.max_text && (this.text.trim() !== "" || this.uploads.length > 0);
  }

  setText(text) {
    this.input.value = text;
    this.store.set("draft", text || null);
    this.update();
  }

  edited() {
    if (!this.editing) this.store.set("draft", this.text || null);
    this.say("");
    this.update();
    this.typing(this.text.trim() !== "");
    this.articles.edited();
  }

  keyDown(event) {
    if (event.key === "Escape" && this.editing && !event.isComposing) {
      event.stopPropagation();
      return this.stopEditing();
    }
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    this.send();
  }

  update() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 160)}px`;
    const length = this.text.length > this.limits.max_text * 0.9 ? [...this.text].length : 0;
    const max = this.limits.max_text;
    this.hint.classList.toggle("wrong", length > max || Boolean(this.complaint));
    if (this.complaint) this.hint.textContent = this.complaint;
    else if (length > max) this.hint.textContent = TEXT.tooLong(length.toLocaleString(LANGUAGE), max.toLocaleString(LANGUAGE));
    else if (length) this.hint.textContent = TEXT.count(length.toLocaleString(LANGUAGE), max.toLocaleString(LANGUAGE));
    else this.hint.textContent = this.uploads.some((upload) => !upload.file && !upload.failed) ? TEXT.uploading : "";
    this.submit.setAttribute("aria-disabled", String(!this.canSend()));
  }

  /** Tell the customer why something did not work. */
  say(complaint) {
    this.complaint = complaint;
    this.update();
  }

  typing(on) {
    const now = Date.now();
    clearTimeout(this.idleTimer);
    if (on) this.idleTimer = setTimeout(() => this.typing(false), TYPING_IDLE_MS);
    if (on ? now - this.lastTyping > TYPING_EVERY_MS : this.lastTyping > 0) this.onTyping(on);
    else return;
    this.lastTyping = on ? now : 0;
  }

  picked() {
    this.addFiles(this.picker.files);
    this.picker.value = "";
    this.input.focus();
  }

  pasted(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    this.addFiles(files);
  }

  addFiles(files) {
    this.say("");
    for (const file of files) {
      if (this.uploads.length >= this.limits.max_files) return this.say(TEXT.tooManyFiles(this.limits.max_files));
      if (file.size > this.limits.max_file_bytes) this.say(TEXT.fileTooLarge(file.name, formatSize(this.limits.max_file_bytes)));
      else this.start({ source: file });
    }
    this.update();
  }

  start(upload) {
    this.uploads.push(upload);
    this.upload(upload);
  }

  /** One file after the other, so that they arrive in the order in which they were chosen. */
  upload(upload) {
    upload.failed = false;
    upload.abort = new AbortController();
    this.renderChips();
    this.uploading = this.uploading.then(() => this.uploads.includes(upload) && this.uploadNow(upload));
  }

  async uploadNow(upload) {
    try {
      const stored = await this.api.upload(upload.source, (share) => this.progress(upload, share), upload.abort.signal);
      upload.file = { id: stored.file_id, name: stored.name, size: stored.size, type: upload.source.type };
    } catch (error) {
      if (error.code === "aborted") return;
      upload.failed = true;
      this.say(error.isFinal ? `${upload.source.name}: ${error.message}` : TEXT.fileFailed(upload.source.name));
    }
    this.renderChips();
  }

  progress(upload, share) {
    if (upload.bar) upload.bar.value = share;
  }

  drop(upload) {
    upload.abort?.abort();
    this.uploads = this.uploads.filter((each) => each !== upload);
    this.say("");
    this.renderChips();
    this.input.focus();
  }

  renderChips() {
    this.chips.hidden = this.uploads.length === 0 || Boolean(this.editing);
    const chips = this.uploads.map((upload) => this.chip(upload));
    if (chips.length !== this.chips.children.length || chips.some((chip, at) => chip !== this.chips.children[at]))
      this.chips.replaceChildren(...chips);
    this.update();
  }

  /** A file that has arrived keeps its chip: a button that is replaced between press and release misses the click. */
  chip(upload) {
    const failed = Boolean(upload.failed);
    if (upload.file) upload.bar?.remove();
    if (upload.chip && upload.shownFailed === failed) return upload.chip;
    upload.shownFailed = failed;
    upload.bar = upload.file || failed ? null : h("progress", { max: "1", value: "0", "aria-label": upload.source.name });
    upload.chip = this.newChip(upload);
    return upload.chip;
  }

  newChip(upload) {
    const { name, size } = upload.source;
    return h("li", { class: upload.failed ? "chip failed" : "chip" },
      icon("file"), h("span", { class: "file-name", text: name }), h("span", { class: "file-size", text: formatSize(size) }),
      upload.failed ? h("button", { type: "button", class: "link", text: TEXT.retry, "aria-label": TEXT.retryFile(name), onclick: () => this.upload(upload) }) : null,
      h("button", { type: "button", class: "remove", "aria-label": TEXT.removeFile(name), onclick: () => this.drop(upload) }, icon("close")),
      upload.bar);
  }
}
