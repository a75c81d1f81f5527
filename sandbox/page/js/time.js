/** Times as the reader sees them: in the reader's own zone and language. */

let zone;
let locale;

/**
 * Use this person's zone and language from now on; an unknown zone falls back to the browser's.
 * @param {{tz?: string, locale?: string}} person
 */
export function readAs(person) {
  zone = usable(() => new Intl.DateTimeFormat("en", { timeZone: person.tz })) ? person.tz : undefined;
  locale = person.locale && usable(() => new Intl.DateTimeFormat(person.locale)) ? person.locale : "en-US";
}

function usable(make) {
  try {
    make();
    return true;
  } catch {
    return false;
  }
}

function format(date, options) {
  return new Intl.DateTimeFormat(locale, { timeZone: zone, ...options }).format(date);
}

/**
 * @param {string} ts a message's `ts`: seconds since 1970 with six digits
 * @returns {Date}
 */
export function fromTs(ts) {
  return new Date(Number.parseFloat(ts) * 1000);
}

/** @param {Date} date @returns {string} such as 2:05 PM */
export function clock(date) {
  return format(date, { hour: "numeric", minute: "2-digit" });
}

/** @param {Date} date @param {string} tz @returns {string} the clock in another zone; an unknown one is the reader's */
export function clockIn(date, tz) {
  const known = usable(() => new Intl.DateTimeFormat("en", { timeZone: tz }));
  const options = { hour: "numeric", minute: "2-digit", timeZone: known ? tz : zone };
  return new Intl.DateTimeFormat(locale, options).format(date);
}

/** A moment as a date-and-time field shows it, in the reader's zone. @param {number} seconds since 1970 @returns {string} */
export function toLocalInput(seconds) {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  }).formatToParts(new Date(seconds * 1000));
  const part = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  return `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}`;
}

/** The reverse of `toLocalInput`. @param {string} value @returns {number} seconds since 1970 */
export function fromLocalInput(value) {
  const wanted = Date.parse(`${value}Z`) / 1000;
  const offset = (seconds) => Date.parse(`${toLocalInput(seconds)}Z`) / 1000 - seconds;
  const guess = wanted - offset(wanted);
  return wanted - offset(guess);
}

/** @param {Date} date @returns {string} a sortable day in the reader's zone, for telling days apart */
export function dayKey(date) {
  return new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" }).format(date);
}

/** @param {Date} date @returns {string} Today, Yesterday, or the date with its weekday */
export function dayLabel(date) {
  const near = nearDay(date);
  if (near) return near;
  const sameYear = dayKey(date).slice(0, 4) === dayKey(new Date()).slice(0, 4);
  return format(date, {
    weekday: "long",
    month: "long",
    day: "numeric",
    ...(sameYear ? {} : { year: "numeric" }),
  });
}

function nearDay(date) {
  const key = dayKey(date);
  if (key === dayKey(new Date())) return "Today";
  if (key === dayKey(new Date(Date.now() - 86_400_000))) return "Yesterday";
  return null;
}

/** @param {Date} date @returns {string} the full date and time, for tooltips */
export function fullTime(date) {
  return `${format(date, { dateStyle: "full" })} at ${format(date, { timeStyle: "medium" })}`;
}

/** @param {Date} date @returns {string} such as "5 minutes ago" */
export function ago(date) {
  const seconds = Math.round((date.getTime() - Date.now()) / 1000);
  const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  if (seconds > -60 && seconds < 60) return "just now";
  for (const [unit, size] of [
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
  ]) {
    if (Math.abs(seconds) >= size) return words.format(Math.trunc(seconds / size), unit);
  }
  return "just now";
}

const TOKENS = {
  date_num: (date) => dayKey(date),
  date: (date) => format(date, { dateStyle: "long" }),
  date_short: (date) => format(date, { dateStyle: "medium" }),
  date_long: (date) => format(date, { dateStyle: "full" }),
  date_pretty: (date) => nearDay(date)?.toLowerCase() ?? format(date, { dateStyle: "long" }),
  date_short_pretty: (date) => nearDay(date)?.toLowerCase() ?? format(date, { dateStyle: "medium" }),
  date_long_pretty: (date) => nearDay(date)?.toLowerCase() ?? format(date, { dateStyle: "full" }),
  time: (date) => clock(date),
  time_secs: (date) => format(date, { timeStyle: "medium" }),
  ago: (date) => ago(date),
};

/**
 * Fill a Slack date pattern such as `{date_short_pretty} at {time}`.
 * @param {number} seconds since 1970
 * @param {string} pattern
 * @returns {string}
 */
export function dateToken(seconds, pattern) {
  const date = new Date(seconds * 1000);
  return pattern.replace(/\{(\w+)\}/gu, (whole, name) =>
    Object.hasOwn(TOKENS, name) ? TOKENS[name](date) : whole,
  );
}
