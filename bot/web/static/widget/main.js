/* One chat on one page: joins the interface, the queue, the live connection and what is seen. */
const POLL_SECONDS = 5;
const PATIENCE_MS = 4000;

class Chat {
  constructor({ base, site, visitor }) {
    const store = new Store(`cx-chat|${base}|${site}|${visitor ? visitor.user_id : ""}|`);
    this.store = store;
    this.api = new Api(base, site, visitor, store);
    this.api.onSession = (session, changed) => this.sessionChanged(session, changed);
    this.forget();
    this.queue = new Queue(this.api, store, {
      onChange: () => this.render(),
      onAccepted: (item, answer) => this.accepted(answer),
    });
    this.live = new Live(this.api, {
      seen: () => ({ after: this.lastSeq, revision: this.revision }),
      onFrame: (frame) => this.frame(frame),
      onState: () => this.connectionChanged(),
    });
    this.composer = new Composer(this.api, store, {
      onSend: (text, files) => this.queue.add(text, files),
      onSave: (message, text) => this.change(message, text),
      onTyping: (on) => this.live.send({ type: "typing", on }),
      wanted: () => this.articlesWanted,
    });
    this.log = new LogView({
      onRetry: (item) => this.queue.retry(item),
      onEdit: (item) => this.edit(item),
      onChange: (message) => this.composer.startEditing(message),
      onDelete: (message) => this.panel.ask(TEXT.deleteAsk, TEXT.deleteYes, TEXT.deleteNo, () => this.change(message, null)),
      editable: (message) => this.editable(message),
      resolve: (url) => base + url,
    });
    this.panel = new Panel({
      composer: this.composer, log: this.log,
      onOpen: () => this.opened(), onClose: () => this.render(), onNew: () => this.askForNew(),
    });
    document.addEventListener("visibilitychange", () => this.render());
    this.ready = true;
  }

  /** Show the button; a visitor who has chatted before is connected right away. */
  begin() {
    document.body.append(this.panel.host);
    if (this.api.session) {
      this.applyLimits(this.api.session);
      this.connect();
      this.queue.run();
    }
    this.render();
  }

  forget() {
    this.messages = [];
    this.lastSeq = 0;
    this.revision = 0;
    this.received = 0;
    this.read = this.store.get("read") ?? 0;
    this.status = "new";
    this.reference = null;
    this.typingName = null;
  }

  connect() {
    this.live.start();
    this.polling ??= setInterval(() => this.poll(), POLL_SECONDS * 1000);
  }

  opened() {
    this.connect();
    this.queue.run();
    this.render();
  }

  sessionChanged(session, changed) {
    if (!this.ready) return;
    this.applyLimits(session);
    if (changed && this.lastSeq > 0) {
      this.store.set("read", null);
      this.forget();
    }
    if (changed) this.live.restart();
    this.render();
  }

  applyLimits(session) {
    Object.assign(this.composer.limits, session.limits);
  }

  frame(frame) {
    if (frame.type === "message") this.add([frame.message]);
    else if (frame.type === "changed") this.replace([frame.message]);
    else if (frame.type === "status") this.stateIs(frame.status, frame.reference);
    else if (frame.type === "typing") this.agentTyping(frame.on);
  }

  /** A message of our own is shown at once; what came before it, or what it changed, is fetched. */
  accepted(answer) {
    if (this.status === "new") this.stateIs("open", answer.reference);
    if (answer.message.seq === this.lastSeq + 1) this.add([answer.message]);
    else if (answer.message.seq > this.lastSeq) this.catchUp();
    if (this.status === "closed") this.catchUp();
  }

  add(messages) {
    for (const message of messages) {
      if (message.seq <= this.lastSeq) continue;
      this.messages.push(message);
      this.lastSeq = message.seq;
      if (message.author === "agent") this.agentTyping(false);
      const queued = this.queue.items.find((item) => item.id === message.client_message_id);
      if (queued) this.queue.remove(queued);
    }
    this.render();
  }

  /** What messages that are on the screen say now; what we know of a later edit is not undone. */
  replace(messages) {
    for (const message of messages) {
      const place = this.messages.findIndex((each) => each.seq === message.seq);
      if (place >= 0) this.messages[place] = message;
    }
    this.render();
  }

  editable(message) {
    const seconds = this.composer.limits.edit_seconds ?? 0;
    return message.author === "customer" && !message.deleted && message.client_message_id != null &&
      (Date.now() - new Date(message.created_at)) / 1000 < seconds - 5;
  }

  /** Edit or delete one of our messages; it has one effect however often it is tried. */
  async change(message, text) {
    if (message.changing) return;
    message.changing = true;
    message.changeError = null;
    this.render();
    let problem = null;
    for (let attempt = 0; attempt < 4; attempt++) {
      try {
        const answer = await this.api.change(message.client_message_id, message.edits + 1, text);
        return this.replace([answer.message]);
      } catch (error) {
        problem = error;
        if (error.isFinal) break;
        await sleep(Math.max(error.retryAfter, backOff(attempt)) * 1000);
      }
    }
    message.changing = false;
    message.changeError = problem.message;
    if (text !== null) this.composer.startEditing(message, text);
    this.composer.say(problem.message);
    this.render();
  }

  stateIs(status, reference) {
    this.status = status;
    this.reference = reference ?? this.reference;
    this.render();
  }

  agentTyping(on) {
    clearTimeout(this.typingTimer);
    this.typingName = on ? this.api.session.title : null;
    if (on) this.typingTimer = setTimeout(() => this.agentTyping(false), 15000);
    this.log.showTyping(this.typingName);
  }

  /** Where WebSockets cannot pass, new messages are fetched every few seconds. */
  poll() {
    if (!this.live.ready && this.live.wanted && this.live.failures >= 2 && !document.hidden) return this.catchUp();
  }

  /** Fetch what is new, page by page. */
  async catchUp() {
    const conversation = this.api.session?.conversation;
    let answer;
    do {
      answer = await this.api.history(this.lastSeq, this.revision).catch(() => null);
      this.reachable = Boolean(answer);
      if (!answer || conversation !== this.api.session?.conversation) return this.render();
      this.add(answer.messages);
      this.replace(answer.changes);
      this.revision = answer.revision;
      this.stateIs(answer.status, answer.reference);
    } while (answer.more);
  }

  connectionChanged() {
    if (!this.ready) return;
    clearTimeout(this.patience);
    if (this.live.ready) {
      this.disconnected = false;
      this.received = 0;
      this.queue.retryNow();
    } else {
      this.patience = setTimeout(() => {
        this.disconnected = !this.live.ready;
        this.render();
      }, PATIENCE_MS);
    }
    this.render();
  }

  get notice() {
    if (!this.live.wanted || this.live.ready) return null;
    if (!navigator.onLine) return TEXT.offline;
    if (this.live.problem?.status >= 400 && this.live.problem.status < 500) return this.live.problem.message;
    return this.disconnected && !this.reachable ? TEXT.reconnecting : null;
  }

  askForNew() {
    if (this.queue.items.length) return this.composer.say(TEXT.newWait);
    if (!this.messages.length) return this.composer.input.focus();
    this.panel.ask(TEXT.newAsk, TEXT.newYes, TEXT.newNo, () => this.startNew());
  }

  async startNew() {
    try {
      await this.api.open({ fresh: true });
    } catch (error) {
      this.composer.say(error.message);
    }
  }

  edit(item) {
    this.queue.remove(item);
    this.composer.uploads = item.files.map((file) => ({ source: file, file }));
    this.composer.setText(item.text);
    this.composer.renderChips();
    this.composer.input.focus();
  }

  unread() {
    return this.messages.filter((message) => message.author === "agent" && message.seq > this.read).length;
  }

  sendReceipts() {
    const last = this.messages.findLast((message) => message.author !== "customer")?.seq ?? 0;
    if (last > this.received && this.live.send({ type: "received", seq: last })) this.received = last;
    if (last <= this.read || !this.panel.isOpen || document.hidden) return;
    this.read = last;
    this.store.set("read", last);
    this.live.send({ type: "read", seq: last });
  }

  render() {
    if (!this.ready) return;
    this.sendReceipts();
    this.log.render(logRows(this.messages, this.queue.items));
    this.panel.show({
      title: this.api.session?.title ?? TEXT.chat,
      greeting: this.api.session?.greeting ?? "",
      reference: this.reference,
      closed: this.status === "closed",
      unread: this.unread(),
      notice: this.notice,
    });
    this.suggest();
  }

  get articlesWanted() {
    return this.api.session?.articles ? (this.status === "new" ? "now" : "asked") : null;
  }

  /** Whoever wrote before the session was there gets their suggestions, too. */
  suggest() {
    if (this.articlesWere === this.articlesWanted) return;
    this.articlesWere = this.articlesWanted;
    this.composer.articles.edited();
  }
}

function readScriptTag(script) {
  const { site, userId, signature, name, email } = script.dataset;
  const base = script.src.replace(/\/chat\/widget\.js.*$/, "");
  const visitor = userId ? { user_id: userId, signature: signature ?? "", name: name ?? null, email: email ?? null } : null;
  return { base, site, visitor };
}

function start(script) {
  const options = readScriptTag(script);
  if (!options.site) return console.error("CX chat: the script tag needs data-site, the key of the chat in config/sites.yml.");
  if (globalThis.CXChat) return console.warn("CX chat: the script is on this page twice; the second tag is ignored.");
  const chat = new Chat(options);
  globalThis.CXChat = {
    open: () => chat.panel.open(),
    close: () => chat.panel.close(),
    /** For the host page's sign-out: forget this visitor on this device. */
    signOut: () => {
      chat.live.stop();
      clearInterval(chat.polling);
      chat.store.clear();
      chat.panel.host.remove();
      delete globalThis.CXChat;
    },
  };
  const begin = () => chat.begin();
  if (document.body) begin();
  else addEventListener("DOMContentLoaded", begin, { once: true });
}

start(document.currentScript);
