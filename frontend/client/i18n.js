/** Language, theme, texts and formats. Language: address bar, then stored choice, then Spanish. */

const LANGUAGES = ["es", "en"];
const query = new URLSearchParams(globalThis.location?.search);

/** @param {string} name @returns {string | null} */
function kept(name) {
  try {
    return globalThis.localStorage?.getItem(`sodai.${name}`) ?? null;
  } catch {
    return null; // storage refused: a private window
  }
}

/** @param {string} name @param {string} value @returns {boolean} */
function keep(name, value) {
  try {
    localStorage.setItem(`sodai.${name}`, value);
    return true;
  } catch {
    return false;
  }
}

export const lang = [query.get("lang"), kept("lang")].find((l) => l && LANGUAGES.includes(l)) ?? "es";
const locale = lang === "es" ? "es-CL" : "en-GB";

/** Loads the page again in another language: Gradio reads it only once. @param {string} value */
export function chooseLanguage(value) {
  const url = new URL(location.href);
  if (keep("lang", value)) url.searchParams.delete("lang");
  else url.searchParams.set("lang", value);
  if (url.href === location.href) location.reload();
  else {
    history.replaceState(null, "", url);
    location.reload();
  }
}

export const isDark = () => document.body.classList.contains("dark");

/** @param {boolean} dark */
function paint(dark) {
  document.body.classList.toggle("dark", dark);
  document.body.classList.toggle("light", !dark);
}

/** @param {"dark" | "light"} theme */
export function chooseTheme(theme) {
  keep("theme", theme);
  paint(theme === "dark");
}

/** Before anything is drawn. Gradio reads the theme from the address, the language from here. */
export function applyChoices() {
  Object.defineProperty(navigator, "language", { get: () => lang, configurable: true });
  Object.defineProperty(navigator, "languages", { get: () => [lang], configurable: true });
  document.documentElement.lang = lang;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const theme = query.get("__theme") ?? kept("theme");
  paint(theme ? theme === "dark" : system.matches);
  system.addEventListener("change", (e) => kept("theme") || paint(e.matches));
}

/** Puts the stored theme where Gradio looks for it. */
export function tellGradioTheme() {
  const url = new URL(location.href);
  const theme = kept("theme");
  if (!theme || url.searchParams.has("__theme")) return;
  url.searchParams.set("__theme", theme);
  history.replaceState(null, "", url);
}

/** Takes the theme out of the address again, once Gradio has read it. */
export function forgetGradioTheme() {
  const url = new URL(location.href);
  if (!url.searchParams.has("__theme")) return;
  url.searchParams.delete("__theme");
  history.replaceState(null, "", url);
}

/** @returns {Record<string, string>} */
function texts() {
  const page = /** @type {any} */ (globalThis);
  return (page.sodaiWords ?? page.gradio_config?.i18n_translations)?.[lang] ?? {};
}

/** @param {string} key */
export const knows = (key) => key in texts();

/** @param {string} key @param {Record<string, any>} [values] @returns {string} */
export function t(key, values = {}) {
  const text = texts()[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** Counts in words: `key_one` for one. @param {string} key @param {number} n */
export const count = (key, n) => t(n === 1 ? `${key}_one` : key, { n: integer(n) });

/** @param {Intl.NumberFormatOptions} options @returns {(x: number) => string} */
const numbers = (options) => {
  const format = new Intl.NumberFormat(locale, options);
  return (x) => format.format(x);
};

export const integer = numbers({ maximumFractionDigits: 0, useGrouping: true });
export const decimal = numbers({ maximumFractionDigits: 1, signDisplay: "negative" });
export const hundredths = numbers({ maximumFractionDigits: 2 });
export const fixed1 = numbers({ minimumFractionDigits: 1, maximumFractionDigits: 1 });
export const fine = numbers({ maximumFractionDigits: 3, signDisplay: "negative" });
export const fixed3 = numbers({ minimumFractionDigits: 3, maximumFractionDigits: 3 });
/** @param {string} currency ISO 4217 @returns {(x: number) => string} */
export const money = (currency) => numbers({ style: "currency", currency, maximumFractionDigits: 0 });
export const signed = numbers({ maximumFractionDigits: 2, signDisplay: "exceptZero" });
const wholePercent = numbers({ style: "percent" });
const smallPercent = numbers({ style: "percent", maximumSignificantDigits: 2 });
export const exactPercent = numbers({ style: "percent", maximumFractionDigits: 1 });

/** Small and nearly certain probabilities keep a digit. @param {number} p */
export const percent = (p) =>
  p > 0 && p < 0.01 ? smallPercent(p) : p > 0.99 && p < 1 ? exactPercent(p) : wholePercent(p);

/** @param {Intl.DateTimeFormatOptions} options */
const dates = (options) => {
  const format = new Intl.DateTimeFormat(locale, options);
  /** @param {string | number | Date} moment */
  return (moment) => {
    const date = new Date(moment);
    return Number.isNaN(date.getTime()) ? String(moment) : format.format(date);
  };
};

const DAY = /** @type {const} */ ({ day: "numeric", month: "short", timeZone: "UTC" });
export const day = dates(DAY);
export const fullDay = dates({ ...DAY, year: "numeric" });
export const weekday = dates({ ...DAY, weekday: "short" });
const HOUR = /** @type {const} */ ({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
export const moment = dates({ day: "numeric", month: "short", ...HOUR });
export const clock = dates({ ...HOUR, second: "2-digit" });

/** @param {number} seconds */
export function duration(seconds) {
  if (seconds < 0.1) return "< 0,1 s".replace(",", lang === "es" ? "," : ".");
  if (seconds < 10) return `${decimal(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.round((whole % 3600) / 60)} min`;
}

const distance = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];

/** @param {string} when @param {number} [now] milliseconds */
export function ago(when, now = Date.now()) {
  const seconds = (new Date(when).getTime() - now) / 1000;
  if (Number.isNaN(seconds)) return "";
  const [unit, size] = UNITS.find(([, s]) => Math.abs(seconds) >= s) ?? ["second", 1];
  return distance.format(Math.round(seconds / size), unit);
}

export const HIGH = 0.7;
export const MEDIUM = 0.4;

/** @param {number} p @returns {"high" | "medium" | "low"} */
export const levelOf = (p) => (p >= HIGH ? "high" : p >= MEDIUM ? "medium" : "low");
