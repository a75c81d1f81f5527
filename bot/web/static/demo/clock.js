// The demo's clock: shows the business time, and turns it forward.

const clock = document.getElementById("clock");
const face = document.getElementById("clock-now");
const ahead = document.getElementById("clock-ahead");
const progress = document.getElementById("clock-progress");
const says = document.getElementById("clock-says");
const buttons = [...clock.querySelectorAll("button")];

const WORDS = {
  inbox: "what people did in Slack",
  outbox: "posts to Slack",
  calls: "cards and reactions in Slack",
  jobs: "the workers",
  sending: "replies that can still be undone",
  rechecks: "what has to be done about changed cases",
  triage: "the first look at new cases",
  due: "what is due",
};
const wordsOf = (what) => WORDS[what] ?? what;

let shift = 0; // Milliseconds by which business time is ahead of this computer's.
let zone = "UTC";
let turning = false;
let timer = 0;

function span(seconds) {
  const hours = Math.round(seconds / 360) / 10;
  if (hours < 1) return `${Math.max(Math.round(seconds / 60), 1)} min`;
  const days = Math.floor(hours / 24);
  const rest = Math.round(hours - days * 24);
  const parts = [days && `${days} day${days > 1 ? "s" : ""}`, rest && `${rest} h`].filter(Boolean);
  return parts.join(" ");
}

function showTime() {
  const now = new Date(Date.now() + shift);
  const format = {
    timeZone: zone, weekday: "short", day: "numeric", month: "short", year: "numeric",
    hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  };
  face.textContent = `${new Intl.DateTimeFormat("en-GB", format).format(now)} (${zone})`;
  face.dateTime = now.toISOString();
}

function show(state) {
  shift = Date.parse(state.now) - Date.now();
  zone = state.zone;
  ahead.hidden = state.ahead_seconds === 0;
  ahead.textContent = `${span(state.ahead_seconds)} ahead of real time`;
  showTime();
  const was = turning;
  turning = state.to !== null;
  for (const button of buttons) button.disabled = turning;
  progress.hidden = !turning;
  if (turning) showProgress(state);
  else if (state.stopped_by) say(`Stopped early: ${wordsOf(state.stopped_by)} did not get done.`);
  else if (was) say("Done: everything that was due has happened.");
}

function showProgress(state) {
  const [from, to, now] = [state.from, state.to, state.now].map(Date.parse);
  progress.value = Math.min(Math.max((now - from) / (to - from), 0), 1);
  say(state.waits_for ? `Turning … waiting for ${wordsOf(state.waits_for)}` : "Turning …");
}

function say(words) {
  if (says.textContent !== words) says.textContent = words;
}

async function look() {
  clearTimeout(timer);
  try {
    const answer = await fetch("/demo/clock");
    if (answer.ok) show(await answer.json());
  } catch {
    // The bot restarts: the next look finds it.
  }
  timer = setTimeout(look, turning ? 300 : 3000);
}

async function turn(wanted) {
  say("");
  const headers = { Authorization: `Bearer ${clock.dataset.token}`, "Content-Type": "application/json" };
  try {
    const answer = await fetch("/demo/clock", { method: "POST", headers, body: JSON.stringify(wanted) });
    const body = await answer.json();
    if (answer.ok) show(body);
    else say(body.error.message);
  } catch {
    say("The demo does not answer; please try again.");
  }
  look();
}

for (const button of buttons) {
  const { by, to } = button.dataset;
  button.addEventListener("click", () => turn(to ? { to } : { by: Number(by) }));
}
setInterval(showTime, 1000);
look();
