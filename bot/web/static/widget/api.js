/* The chat's HTTP interface: sessions, messages, files. */

const REQUEST_SECONDS = 15;
const OVER = new Set(["session_expired", "bad_token"]);

class ChatError extends Error {
  constructor(code, message, status = 0, retryAfter = 0) {
    super(message);
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
  }

  /** Whether trying the same again can never help. */
  get isFinal() {
    return this.status >= 400 && this.status < 500 && ![401, 408, 425, 429].includes(this.status);
  }
}

function parseError(status, body, retryAfter) {
  try {
    const { code, message } = JSON.parse(body).error;
    return new ChatError(code, message, status, retryAfter);
  } catch {
    return new ChatError("http", `The chat answered ${status}.`, status, retryAfter);
  }
}

class Api {
  /** `visitor` is what the host page says about its user, or null for somebody anonymous. */
  constructor(base, site, visitor, store) {
    this.base = base;
    this.site = site;
    this.visitor = visitor;
    this.store = store;
    this.session = store.get("session");
    this.opening = null;
    this.onSession = () => {};
    store.watch("session", (session) => session && this.adopt(session, false));
  }

  /** The current session, opened now if there is none; one that is being opened is waited for. */
  async ensure() {
    if (this.opening) await this.opening.catch(() => {});
    return this.session ?? this.open({});
  }

  /** Open a session, or a new conversation. Callers at the same time share one request. */
  open({ fresh = false }) {
    this.opening ??= this.requestSession(fresh).finally(() => (this.opening = null));
    return this.opening;
  }

  /** Replace the session of `token`, unless that has happened already. */
  async renew(token) {
    if (this.session && this.session.session_token !== token) return this.session;
    return this.open({});
  }

  async requestSession(fresh) {
    const ask = () =>
      this.fetchJson("POST", "session", null, {
        visitor: this.visitor,
        visitor_token: this.visitor ? null : this.store.get("visitor_token"),
        session_token: this.session?.session_token ?? null,
        new: fresh,
      });
    let session;
    try {
      session = await ask();
    } catch (error) {
      if (error.code !== "bad_signature" || this.visitor || !this.store.get("visitor_token")) throw error;
      this.store.remove("visitor_token");
      this.session = null;
      session = await ask();
    }
    if (!this.visitor) this.store.set("visitor_token", session.visitor_token);
    return this.adopt(session, true);
  }

  adopt(session, persist) {
    const changed = this.session?.conversation !== session.conversation;
    this.session = session;
    if (persist) this.store.set("session", session);
    this.onSession(session, changed);
    return session;
  }

  history(after, revision) {
    return this.authorized("GET", `messages?after=${after}&revision=${revision}`);
  }

  /** Change one of our messages; `text` null deletes it. `edit` is the number of this edit. */
  change(id, edit, text) {
    const path = `messages/${encodeURIComponent(id)}`;
    return text === null ? this.authorized("DELETE", path) : this.authorized("PUT", path, { edit, text });
  }

  /** Public articles for a text: nobody needs a session for these. */
  articles(text) {
    return this.fetchJson("POST", "articles", null, { text });
  }

  article(id) {
    return this.fetchJson("GET", `articles/${encodeURIComponent(id)}`, null);
  }

  articleAnswered(id) {
    return this.authorized("POST", `articles/${encodeURIComponent(id)}/answered`, {});
  }

  send(item) {
    return this.authorized("POST", "messages", {
      client_message_id: item.id,
      text: item.text,
      file_ids: item.files.map((file) => file.id),
    });
  }

  async authorized(method, path, body) {
    const session = await this.ensure();
    try {
      return await this.fetchJson(method, path, session.session_token, body);
    } catch (error) {
      if (!OVER.has(error.code)) throw error;
      const renewed = await this.renew(session.session_token);
      return this.fetchJson(method, path, renewed.session_token, body);
    }
  }

  async fetchJson(method, path, token, body) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), REQUEST_SECONDS * 1000);
    const headers = { "Accept-Language": LANGUAGE };
    if (body) headers["Content-Type"] = "application/json";
    if (token) headers.Authorization = `Bearer ${token}`;
    try {
      const response = await fetch(this.url(path), {
        method, headers, body: body ? JSON.stringify(body) : undefined,
        credentials: "omit", cache: "no-store", signal: abort.signal,
      });
      const text = await response.text();
      if (response.ok) return JSON.parse(text);
      throw parseError(response.status, text, Number(response.headers.get("Retry-After")) || 0);
    } catch (error) {
      throw error instanceof ChatError ? error : new ChatError("network", TEXT.unreachable);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Upload one file; `progress(share)` hears how far it is. Returns {file_id, name, size}. */
  async upload(file, progress, signal) {
    const session = await this.ensure();
    try {
      return await this.uploadOnce(session.session_token, file, progress, signal);
    } catch (error) {
      if (!OVER.has(error.code)) throw error;
      const renewed = await this.renew(session.session_token);
      return this.uploadOnce(renewed.session_token, file, progress, signal);
    }
  }

  uploadOnce(token, file, progress, signal) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", this.url("files"));
      request.setRequestHeader("Authorization", `Bearer ${token}`);
      request.setRequestHeader("Accept-Language", LANGUAGE);
      request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
      request.onload = () =>
        request.status === 200
          ? resolve(JSON.parse(request.responseText))
          : reject(parseError(request.status, request.responseText, 0));
      request.onerror = () => reject(new ChatError("network", TEXT.unreachable));
      request.onabort = () => reject(new ChatError("aborted", ""));
      signal.addEventListener("abort", () => request.abort());
      const form = new FormData();
      form.append("file", file, file.name);
      request.send(form);
    });
  }

  url(path) {
    return `${this.base}/chat/${encodeURIComponent(this.site)}/${path}`;
  }

  get socketUrl() {
    return `${this.url("ws").replace(/^http/, "ws")}?lang=${LANGUAGE}`;
  }
}
