/* The language of the widget: that of the tag's data-lang, else of the browser, else of the page. */
const LANGUAGE = (() => {
  const known = (tag) => tag && ["en", ...Object.keys(TRANSLATIONS)].includes(tag.toLowerCase().split(/[-_]/)[0]);
  const wanted = [document.currentScript?.dataset.lang, ...(navigator.languages ?? []), document.documentElement.lang];
  return wanted.find(known)?.replace("_", "-") ?? "en";
})();
const PLURALS = new Intl.PluralRules(LANGUAGE);
const TEXTS = TRANSLATIONS[LANGUAGE.toLowerCase().split("-")[0]] ?? {};

/** `message` in the reader's language, with `{name}` replaced by `values`. */
function _(message, values = {}) {
  return filled(TEXTS[message] ?? message, values);
}

/** As `_`, in the form that fits `count`, which `{count}` stands for. */
function ngettext(one, many, count, values = {}) {
  const forms = TEXTS[one] ?? { one, other: many };
  return filled(forms[PLURALS.select(count)] ?? forms.other, { count: count.toLocaleString(LANGUAGE), ...values });
}

function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (field, name) => (name in values ? values[name] : field));
}
