// The customer's own mailbox and phone, beside the shop's chat.

const windows = document.getElementById("windows");
const byId = (id) => document.getElementById(id);
const LOOK_MS = 2000;
const OPEN = "demo-windows";
const seen = { mailbox: null, phone: null }; // The newest that was shown, to tell what is new.
let shown = { mails: "", texts: "" };
let answers = null; // The mail that is being answered.
let open = null; // The mail that is being read.

async function ask(path, body) {
  const headers = { Authorization: `Bearer ${windows.dataset.token}` };
  const options = { headers };
  if (body) {
    headers["Content-Type"] = "application/json";
    Object.assign(options, { method: "POST", body: JSON.stringify(body) });
  }
  const answer = await fetch(`/demo/${path}?as=${encodeURIComponent(windows.dataset.as)}`, options);
  const read = await answer.json();
  if (!answer.ok) throw new Error(read.error.message);
  return read;
}

function make(tag, name, text = "") {
  const node = document.createElement(tag);
  if (name) node.className = name;
  node.textContent = text;
  return node;
}

function clock(at, days = true) {
  const day = days ? { day: "numeric", month: "short" } : {};
  return new Intl.DateTimeFormat("en-GB", { ...day, hour: "2-digit", minute: "2-digit" }).format(new Date(at));
}

// Addresses in a text can be followed; everything else stays the text that it is.
function putText(node, text) {
  node.replaceChildren();
  for (const part of text.split(/(https?:\/\/[^\s<>"]+)/)) {
    if (!/^https?:\/\//.test(part)) {
      node.append(part);
      continue;
    }
    const link = make("a", "", part);
    Object.assign(link, { href: part, target: "_blank", rel: "noopener noreferrer" });
    node.append(link);
  }
}

function say(place, words) {
  byId(`${place}-says`).textContent = words;
}

// Which windows are open.

const openers = [...windows.querySelectorAll(".window-open")];
const opener = (id) => openers.find((button) => button.getAttribute("aria-controls") === id);
const ids = openers.map((button) => button.getAttribute("aria-controls"));
const isOpen = (id) => !byId(id).hidden;
const narrow = matchMedia("(max-width: 1180px)"); // There is room for one.

function setOpen(id, wanted) {
  if (wanted && narrow.matches) for (const other of ids) if (other !== id) setOpen(other, false);
  byId(id).hidden = !wanted;
  opener(id).setAttribute("aria-expanded", String(wanted));
  if (wanted) news(id, false);
  sessionStorage.setItem(OPEN, ids.filter(isOpen).join(" "));
}

function news(id, there) {
  const mark = opener(id).querySelector(".window-news");
  mark.hidden = !there;
  mark.textContent = there ? " new" : "";
}

function noteNewest(id, newest) {
  if (seen[id] !== null && newest !== seen[id] && !isOpen(id)) news(id, true);
  seen[id] = newest;
}

for (const button of openers) {
  const id = button.getAttribute("aria-controls");
  button.addEventListener("click", () => setOpen(id, !isOpen(id)));
  byId(id).querySelector(".window-close").addEventListener("click", () => {
    setOpen(id, false);
    button.focus();
  });
}
for (const id of (sessionStorage.getItem(OPEN) ?? "").split(" ")) if (id) setOpen(id, true);

// The mailbox.

const views = ["mail-list", "mail-open", "mail-write"];

function view(name) {
  for (const each of views) byId(each).hidden = each !== name;
  say("mail", "");
}

function mailRow(mail) {
  const row = make("li", mail.mine ? "mine" : "");
  const button = make("button", "mail-row");
  button.type = "button";
  const top = make("span", "mail-top");
  top.append(make("strong", "", mail.mine ? `To ${mail.who}` : mail.who), make("time", "", clock(mail.at)));
  button.append(top, make("span", "mail-about", mail.subject), make("span", "mail-begins", mail.begins));
  button.addEventListener("click", () => read(mail.number));
  row.append(button);
  return row;
}

async function lookAtMails() {
  const { mails } = await ask("mail");
  const now = JSON.stringify(mails);
  if (now === shown.mails) return;
  shown.mails = now;
  byId("mail-empty").hidden = mails.length > 0;
  const focused = [...byId("mails").children].findIndex((row) => row.contains(document.activeElement));
  const before = byId("mails").children.length;
  byId("mails").replaceChildren(...mails.map(mailRow));
  if (focused >= 0) byId("mails").children[focused + mails.length - before]?.firstChild.focus();
  noteNewest("mailbox", mails.find((mail) => !mail.mine)?.number ?? 0);
}

async function read(number) {
  try {
    open = await ask(`mail/${number}`);
  } catch (error) {
    say("mail", error.message);
    return;
  }
  byId("mail-subject").textContent = open.subject;
  byId("mail-who").textContent = open.mine ? `To ${open.who}` : open.who;
  byId("mail-at").textContent = clock(open.at);
  putText(byId("mail-text"), open.text);
  byId("mail-files").hidden = open.files.length === 0;
  byId("mail-files").textContent = `Attached: ${open.files.join(", ")}`;
  byId("mail-answer").hidden = open.mine;
  view("mail-open");
  byId("mail-open").focus();
}

function write(to) {
  answers = to;
  byId("mail-about").value = to ? to.subject.replace(/^(re:\s*)*/i, "Re: ") : "";
  byId("mail-words").value = "";
  byId("mail-write").dataset.key = crypto.randomUUID();
  view("mail-write");
  byId(to ? "mail-words" : "mail-about").focus();
}

async function send(event) {
  event.preventDefault();
  const button = event.submitter;
  const [subject, text] = [byId("mail-about").value, byId("mail-words").value];
  button.disabled = true;
  try {
    await ask("mail", { key: byId("mail-write").dataset.key, subject, text, answers: answers?.number ?? null });
    view("mail-list");
    await lookAtMails();
    say("mail", "Sent.");
    byId("mail-new").focus();
  } catch (error) {
    say("mail", error.message);
  }
  button.disabled = false;
}

byId("mail-new").addEventListener("click", () => write(null));
byId("mail-answer").addEventListener("click", () => write(open));
byId("mail-write").addEventListener("submit", send);
for (const back of windows.querySelectorAll("[data-to=list]")) {
  back.addEventListener("click", () => {
    view("mail-list");
    byId("mail-new").focus();
  });
}

// The phone.

const STATES = { waiting: "Sending …", refused: "Not sent: the shop takes no text messages at the moment." };

function textRow(line) {
  const row = make("li", line.mine ? "mine" : "");
  const bubble = make("p", "bubble");
  putText(bubble, line.text);
  row.append(make("span", "out-of-sight", line.mine ? "You: " : "Harbour & Hill: "), bubble);
  row.append(make("small", "", (line.mine && STATES[line.state]) || clock(line.at, false)));
  return row;
}

async function lookAtTexts() {
  const { messages } = await ask("phone");
  const now = JSON.stringify(messages);
  if (now === shown.texts) return;
  shown.texts = now;
  byId("phone-empty").hidden = messages.length > 0;
  byId("texts").replaceChildren(...messages.map(textRow));
  byId("texts").scrollTop = byId("texts").scrollHeight;
  noteNewest("phone", messages.findLast((line) => !line.mine)?.id ?? "");
}

let pending = null; // What was typed and not accepted yet, with its key: sent again, it is the same message.

async function text(event) {
  event.preventDefault();
  const field = byId("phone-words");
  const words = field.value;
  if (!words.trim()) return;
  if (pending?.words !== words) pending = { words, key: crypto.randomUUID() };
  field.value = "";
  try {
    await ask("phone", { key: pending.key, text: words });
    pending = null;
    say("phone", "");
    await lookAtTexts();
  } catch (error) {
    field.value ||= words;
    say("phone", error.message);
  }
}

byId("phone-write").addEventListener("submit", text);

async function look() {
  try {
    await lookAtMails();
    await lookAtTexts();
  } catch {
    // What restarts is back for the next look.
  }
  setTimeout(look, document.hidden ? LOOK_MS * 5 : LOOK_MS);
}

look();
