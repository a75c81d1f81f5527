/* What must survive a reload. Browsers that refuse storage get a memory that lasts as long as the page. */
class Store {
  constructor(prefix) {
    this.prefix = prefix;
    this.area = Store.usableArea();
  }

  static usableArea() {
    try {
      localStorage.setItem("cx-chat-probe", "1");
      localStorage.removeItem("cx-chat-probe");
      return localStorage;
    } catch {
      return null;
    }
  }

  get(key) {
    try {
      return JSON.parse(this.read(this.prefix + key) ?? "null");
    } catch {
      return null;
    }
  }

  set(key, value) {
    if (value == null) return this.remove(key);
    try {
      if (this.area) this.area.setItem(this.prefix + key, JSON.stringify(value));
      else this.memory.set(this.prefix + key, JSON.stringify(value));
    } catch (error) {
      console.warn("CX chat: this browser's storage is full; a reload may lose what is not sent yet.", error);
    }
  }

  remove(key) {
    if (this.area) this.area.removeItem(this.prefix + key);
    else this.memory.delete(this.prefix + key);
  }

  /** The values of all keys that start with `start`. */
  all(start) {
    const keys = this.area ? Object.keys(this.area) : [...this.memory.keys()];
    const own = keys.filter((key) => key.startsWith(this.prefix + start));
    return own.map((key) => this.get(key.slice(this.prefix.length))).filter((value) => value != null);
  }

  /** Call `listener(value)` when another tab changes `key`. */
  watch(key, listener) {
    addEventListener("storage", (event) => {
      if (event.key === this.prefix + key) listener(this.get(key));
    });
  }

  clear() {
    const keys = this.area ? Object.keys(this.area) : [...this.memory.keys()];
    for (const key of keys) if (key.startsWith(this.prefix)) this.remove(key.slice(this.prefix.length));
  }

  read(key) {
    return this.area ? this.area.getItem(key) : this.memory.get(key);
  }

  memory = new Map();
}
