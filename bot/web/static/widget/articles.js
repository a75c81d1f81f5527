/* Articles that may answer what is being written, under the text field, and one to read in the window.
   Whatever goes wrong here, nobody is kept from writing. */
const LOOK_AFTER_MS = 700;
const LOOK_LEAST = 4;

class Articles {
  /** `wanted()`: "now" while somebody writes their first message, "asked" later, null where there are none. */
  constructor(api, { wanted, text, onClose }) {
    this.api = api;
    this.wanted = wanted;
    this.text = text;
    this.onClose = onClose;
    this.looks = 0;
    this.pausedUntil = 0;
    this.covered = [];
    this.seen = "";
    this.build();
  }

  build() {
    this.news = h("p", { class: "sr", role: "status", "aria-live": "polite" });
    this.ask = h("button", { type: "button", class: "link ask", hidden: true, text: TEXT.articlesAsk, onclick: () => this.look(this.text()) });
    this.heading = h("p", { class: "articles-head", hidden: true, text: TEXT.articles });
    this.list = h("ul", { class: "articles-list", "aria-label": TEXT.articles, hidden: true });
    this.element = h("div", { class: "articles" }, this.ask, this.heading, this.list, this.news);
    this.title = h("h3", { id: "cx-article", tabindex: "-1" });
    this.body = h("div", { class: "reader-body", tabindex: "0", role: "group", "aria-labelledby": "cx-article" });
    this.source = h("p", { class: "reader-source", hidden: true });
    this.reader = h("section", { class: "reader", "aria-labelledby": "cx-article", hidden: true },
      h("button", { type: "button", class: "link", text: TEXT.articleBack, onclick: () => this.close() }), this.title, this.body, this.source,
      h("div", { class: "answers" }, h("button", { type: "button", class: "primary", text: TEXT.articleAnswered, onclick: () => this.answered() }),
        h("button", { type: "button", text: TEXT.articleNot, onclick: () => this.close() })));
  }

  /** The text has changed: look a moment after the last letter, or offer to look. */
  edited() {
    clearTimeout(this.timer);
    const [text, wanted] = [this.text().trim(), this.wanted()];
    const enough = text.length >= LOOK_LEAST;
    this.ask.hidden = !(wanted === "asked" && enough);
    if (!wanted || !enough) return this.show([]);
    if (wanted === "now") this.timer = setTimeout(() => this.look(text), LOOK_AFTER_MS);
  }

  async look(text) {
    if (text === this.seen || Date.now() < this.pausedUntil) return;
    const number = ++this.looks;
    try {
      const found = await this.api.articles(text);
      if (number !== this.looks || !this.text().trim()) return;
      this.seen = text;
      this.show(found.articles, true);
    } catch (error) {
      this.pausedUntil = Date.now() + Math.max(error.retryAfter ?? 0, 5) * 1000;
    }
  }

  /** `said`: somebody looked, so screen readers hear how many there are. */
  show(articles, said = false) {
    if (!articles.length) this.seen = said ? this.seen : "";
    this.heading.hidden = this.list.hidden = articles.length === 0;
    this.list.replaceChildren(...articles.map((article) => h("li", {},
      h("button", { type: "button", class: "article", onclick: (event) => this.open(article.id, event.currentTarget) },
        h("span", { class: "article-title", text: article.title }), h("span", { class: "article-excerpt", text: article.excerpt })))));
    // Who sees the articles need not read how many they are.
    if (articles.length) this.tell(TEXT.articlesFound(articles.length), false);
    else this.tell(said && this.wanted() === "asked" ? TEXT.articlesNone : "");
  }

  tell(words, seen = true) {
    this.news.className = seen && words ? "articles-news" : "sr";
    this.news.textContent = words;
  }

  /** The message was sent: what was suggested for it is over. */
  clear() {
    clearTimeout(this.timer);
    this.looks++;
    this.ask.hidden = true;
    this.show([]);
  }

  async open(id, from) {
    let article;
    try {
      article = await this.api.article(id);
    } catch (error) {
      this.tell(error.message);
      return;
    }
    this.from = from;
    this.id = article.id;
    this.title.textContent = article.title;
    this.body.replaceChildren(...articleParts(article.parts));
    this.source.hidden = !article.url;
    this.source.replaceChildren(...linkified(article.url ?? ""));
    this.shown(true);
    this.body.scrollTop = 0;
    this.title.focus();
  }

  get isOpen() {
    return !this.reader.hidden;
  }

  shown(on) {
    this.reader.hidden = !on;
    for (const element of this.covered) element.inert = on;
  }

  close() {
    this.shown(false);
    if (this.from?.isConnected) this.from.focus();
    else this.onClose();
  }

  /** Thank at once: that it is counted is our affair, not the customer's. */
  answered() {
    this.api.articleAnswered(this.id).catch(() => {});
    this.shown(false);
    this.clear();
    this.onClose();
    this.tell(TEXT.articleThanks);
  }
}

/** The paragraphs of an article: text and links, nothing else. */
function articleParts(parts) {
  const elements = [];
  let list = null;
  for (const { kind, text } of parts) {
    if (kind === "item") {
      if (!list) elements.push((list = h("ul")));
      list.append(h("li", {}, ...linkified(text)));
      continue;
    }
    list = null;
    elements.push(h({ head: "h4", code: "pre" }[kind] ?? "p", {}, ...linkified(text)));
  }
  return elements;
}
