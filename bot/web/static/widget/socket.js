/* The live connection: what is new arrives here; when it breaks it comes back and asks for what it missed. */
const PING_SECONDS = 25;
const PONG_SECONDS = 10;

class Live {
  /** `seen()` is what this screen has: {after, revision}; `onFrame(frame)` gets what the server says. */
  constructor(api, { seen, onFrame, onState }) {
    this.api = api;
    this.seen = seen;
    this.onFrame = onFrame;
    this.onState = onState;
    this.wanted = false;
    this.ready = false;
    this.failures = 0;
    this.socket = null;
    this.problem = null;
    addEventListener("online", () => this.reconnectNow());
    addEventListener("offline", () => {
      this.drop();
      this.lost();
    });
    document.addEventListener("visibilitychange", () => document.hidden || this.reconnectNow());
  }

  start() {
    this.wanted = true;
    if (!this.socket) this.connect();
  }

  stop() {
    this.wanted = false;
    this.drop();
  }

  /** Begin again, for another conversation or token. */
  restart() {
    this.drop();
    this.failures = 0;
    if (this.wanted) this.connect();
  }

  send(frame) {
    if (this.ready) this.socket.send(JSON.stringify(frame));
    return this.ready;
  }

  async connect() {
    clearTimeout(this.reconnectTimer);
    const marker = (this.socket = {});
    let session;
    try {
      session = await this.api.ensure();
      this.problem = null;
    } catch (error) {
      this.problem = error;
      if (this.socket === marker) this.lost();
      return;
    }
    if (this.socket !== marker || !this.wanted) return;
    this.listen(new WebSocket(this.api.socketUrl), session.session_token);
  }

  listen(socket, token) {
    this.socket = socket;
    const current = (handler) => (event) => this.socket === socket && handler(event);
    socket.onopen = current(() => socket.send(JSON.stringify({ type: "hello", token, ...this.seen() })));
    socket.onmessage = current((event) => this.receive(JSON.parse(event.data), token));
    socket.onclose = current(() => this.lost());
  }

  receive(frame, token) {
    clearTimeout(this.pongTimer);
    if (frame.type === "ready") this.becameReady();
    else if (frame.type === "error") this.failed(frame, token);
    else if (frame.type !== "pong") this.onFrame(frame);
  }

  becameReady() {
    this.ready = true;
    this.failures = 0;
    clearInterval(this.pingTimer);
    this.pingTimer = setInterval(() => this.ping(), PING_SECONDS * 1000);
    this.onState();
  }

  async failed(frame, token) {
    this.drop();
    if (OVER.has(frame.code)) await this.api.renew(token).catch(() => {});
    this.lost();
  }

  ping() {
    if (!this.send({ type: "ping" })) return;
    clearTimeout(this.pongTimer);
    this.pongTimer = setTimeout(() => {
      this.drop();
      this.lost();
    }, PONG_SECONDS * 1000);
  }

  lost() {
    this.socket = null;
    this.ready = false;
    clearInterval(this.pingTimer);
    clearTimeout(this.pongTimer);
    clearTimeout(this.reconnectTimer);
    this.onState();
    if (this.wanted) this.reconnectTimer = setTimeout(() => this.connect(), backOff(this.failures++) * 1000);
  }

  reconnectNow() {
    if (this.wanted && !this.ready && !(this.socket instanceof WebSocket)) {
      this.failures = 0;
      this.connect();
    }
  }

  drop() {
    const socket = this.socket;
    this.socket = null;
    this.ready = false;
    clearInterval(this.pingTimer);
    clearTimeout(this.pongTimer);
    clearTimeout(this.reconnectTimer);
    if (socket instanceof WebSocket) socket.close();
    this.onState();
  }
}
