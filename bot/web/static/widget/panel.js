/* The frame: the button on the page, the window it opens, its header and notices. */
class Panel {
  constructor({ composer, log, onOpen, onClose, onNew }) {
    this.composer = composer;
    this.log = log;
    this.onOpen = onOpen;
    this.onClose = onClose;
    this.onNew = onNew;
    this.build();
    this.phone = matchMedia("(max-width: 520px)");
    this.phone.addEventListener("change", () => this.shape());
    globalThis.visualViewport?.addEventListener("resize", () => this.shape());
    globalThis.visualViewport?.addEventListener("scroll", () => this.shape());
    this.shape();
  }

  build() {
    this.host = h("cx-chat", { lang: LANGUAGE });
    this.root = this.host.attachShadow({ mode: "open" });
    this.badge = h("span", { class: "badge", hidden: true, "aria-hidden": "true" });
    this.launcher = h("button", { type: "button", class: "launcher", "aria-label": TEXT.open, "aria-haspopup": "dialog", "aria-expanded": "false", onclick: () => this.toggle() },
      icon("chat", true), icon("down"), this.badge);
    this.title = h("h2", { id: "cx-title", text: "" });
    this.reference = h("p", { class: "reference", hidden: true });
    this.mark = h("span", { class: "mark", "aria-hidden": "true" });
    this.notice = h("div", { class: "notice", role: "status", hidden: true });
    this.question = h("div", { class: "question", role: "group", hidden: true });
    this.closed = h("div", { class: "closed", hidden: true }, h("p", { text: TEXT.closed }),
      h("button", { type: "button", class: "link", text: TEXT.newConversation, onclick: () => this.onNew() }));
    this.greeting = h("div", { class: "greeting", hidden: true });
    this.log.element.prepend(this.greeting);
    this.log.element.append(this.closed);
    this.drop = h("div", { class: "drop", hidden: true, "aria-hidden": "true" }, icon("clip"), TEXT.dropHere);
    this.middle = h("div", { class: "middle" }, this.log.element, this.log.jump);
    this.composer.articles.covered = [this.middle, this.composer.element];
    this.window = h("section", { class: "panel", role: "dialog", "aria-labelledby": "cx-title", tabindex: "-1", hidden: true, onkeydown: (event) => this.keyDown(event) },
      this.header(), this.notice, this.question, this.middle, this.composer.element, this.composer.articles.reader, this.drop);
    this.listenForDrops();
    this.style();
    this.root.append(this.launcher, this.window);
  }

  header() {
    this.newButton = h("button", { type: "button", class: "tool", "aria-label": TEXT.newConversation, title: TEXT.newConversation, onclick: () => this.onNew() }, icon("fresh"));
    const close = h("button", { type: "button", class: "tool", "aria-label": TEXT.close, title: TEXT.close, onclick: () => this.close() }, icon("close"));
    return h("div", { class: "header" }, this.mark, h("div", { class: "heading" }, this.title, this.reference), this.newButton, close);
  }

  /** A style sheet object is not subject to the page's `style-src`, so no site must loosen its policy. */
  style() {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(CSS_TEXT);
      this.root.adoptedStyleSheets = [sheet];
    } catch {
      this.root.append(h("style", { text: CSS_TEXT }));
    }
  }

  get isOpen() {
    return !this.window.hidden;
  }

  toggle() {
    if (this.isOpen) this.close();
    else this.open();
  }

  open() {
    if (this.isOpen) return;
    this.window.hidden = false;
    this.launcher.setAttribute("aria-expanded", "true");
    this.host.classList.add("open");
    this.shape();
    if (matchMedia("(pointer: coarse)").matches) this.window.focus();
    else this.composer.input.focus();
    this.composer.update();
    this.log.toBottom();
    this.onOpen();
  }

  close() {
    if (!this.isOpen) return;
    this.window.hidden = true;
    this.launcher.setAttribute("aria-expanded", "false");
    this.host.classList.remove("open");
    this.shape();
    this.launcher.focus();
    this.onClose();
  }

  keyDown(event) {
    if (event.key === "Escape" && !event.isComposing) {
      event.stopPropagation();
      if (this.composer.articles.isOpen) this.composer.articles.close();
      else if (!this.question.hidden) this.ask(null);
      else this.close();
    }
    if (event.key === "Tab" && this.phone.matches) this.keepFocusInside(event);
  }

  /** On phones the window covers the page: Tab stays in it. */
  keepFocusInside(event) {
    const stops = [...this.window.querySelectorAll("button, textarea, a[href], [tabindex='0']")].filter((each) => each.offsetParent);
    const leaving = event.shiftKey ? stops[0] : stops.at(-1);
    if (this.root.activeElement !== leaving && this.root.activeElement !== this.window) return;
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0]).focus();
  }

  /** Full screen on phones, above the on-screen keyboard; the page behind does not scroll then. */
  shape() {
    const full = this.phone.matches && this.isOpen;
    this.window.setAttribute("aria-modal", String(full));
    this.holdPage(full);
    const view = globalThis.visualViewport;
    const fit = full && view?.scale === 1;
    this.window.style.height = fit ? `${view.height}px` : "";
    this.window.style.top = fit ? `${view.offsetTop}px` : "";
  }

  holdPage(hold) {
    const style = document.documentElement.style;
    if (hold && this.pageOverflow === undefined) {
      this.pageOverflow = style.overflow;
      style.overflow = "hidden";
    } else if (!hold && this.pageOverflow !== undefined) {
      style.overflow = this.pageOverflow;
      this.pageOverflow = undefined;
    }
  }

  show({ title, greeting, reference, closed, unread, notice }) {
    this.title.textContent = title;
    this.mark.textContent = initials(title).slice(0, 1);
    this.greeting.textContent = greeting;
    this.greeting.hidden = !greeting;
    this.reference.textContent = reference ?? "";
    this.reference.hidden = !reference;
    this.closed.hidden = !closed;
    this.notice.textContent = notice ?? "";
    this.notice.hidden = !notice;
    this.badge.textContent = unread > 99 ? "99+" : String(unread);
    this.badge.hidden = unread === 0 || this.isOpen;
    this.launcher.setAttribute("aria-label", this.isOpen ? TEXT.close : unread ? TEXT.openUnread(unread) : TEXT.open);
  }

  /** Ask before doing something that cannot be undone; `null` takes the question back. */
  ask(question, yes, no, onYes) {
    this.question.hidden = !question;
    this.question.replaceChildren();
    if (!question) return this.composer.input.focus();
    const finish = (then) => () => { this.ask(null); then?.(); };
    const confirm = h("button", { type: "button", class: "primary", text: yes, onclick: finish(onYes) });
    this.question.append(h("p", { text: question }),
      h("div", { class: "answers" }, confirm, h("button", { type: "button", text: no, onclick: finish() })));
    confirm.focus();
  }

  listenForDrops() {
    const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    const over = (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      this.drop.hidden = false;
    };
    this.window.addEventListener("dragenter", over);
    this.window.addEventListener("dragover", over);
    this.window.addEventListener("dragleave", (event) => {
      if (!this.window.contains(event.relatedTarget)) this.drop.hidden = true;
    });
    this.window.addEventListener("drop", (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      this.drop.hidden = true;
      this.composer.addFiles(event.dataTransfer.files);
    });
  }
}
