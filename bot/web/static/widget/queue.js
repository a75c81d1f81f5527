/* Messages on their way to us. Each keeps its id through every retry and every reload, so it arrives once. */
const QUIET_ATTEMPTS = 2;

class Queue {
  constructor(api, store, { onChange, onAccepted }) {
    this.api = api;
    this.store = store;
    this.onChange = onChange;
    this.onAccepted = onAccepted;
    this.items = store.all("queue:").sort((a, b) => a.at - b.at);
    this.running = false;
    this.wakeUp = () => {};
    addEventListener("online", () => this.retryNow());
  }

  add(text, files) {
    const last = this.items.at(-1)?.at ?? 0;
    const item = { id: uniqueId(), text, files, at: Math.max(Date.now(), last + 1), state: "sending" };
    this.items.push(item);
    this.save(item);
    this.onChange();
    this.run();
  }

  /** Send everything that waits, one after the other, until nothing is left that can be sent. */
  async run() {
    if (this.running) return;
    this.running = true;
    let attempts = 0;
    let item;
    while ((item = this.items.find((each) => each.state !== "refused"))) {
      attempts = (await this.attempt(item, attempts)) ? 0 : attempts + 1;
    }
    this.running = false;
  }

  /** Try to send `item`; whether it is settled. */
  async attempt(item, attempts) {
    try {
      const answer = await this.api.send(item);
      this.remove(item);
      this.onAccepted(item, answer);
      return true;
    } catch (error) {
      if (error.isFinal) return this.refuse(item, error);
      if (attempts + 1 >= QUIET_ATTEMPTS) this.mark(item, "waiting");
      await this.pause(Math.max(error.retryAfter, backOff(attempts)));
      return false;
    }
  }

  refuse(item, error) {
    item.error = error.message;
    this.mark(item, "refused");
    return true;
  }

  retry(item) {
    this.mark(item, "sending");
    this.retryNow();
    this.run();
  }

  retryNow() {
    this.wakeUp();
  }

  remove(item) {
    this.items = this.items.filter((each) => each !== item);
    this.store.remove(`queue:${item.id}`);
    this.onChange();
  }

  mark(item, state) {
    item.state = state;
    this.save(item);
    this.onChange();
  }

  save(item) {
    this.store.set(`queue:${item.id}`, item);
  }

  pause(seconds) {
    return Promise.race([sleep(seconds * 1000), new Promise((resolve) => (this.wakeUp = resolve))]);
  }
}
