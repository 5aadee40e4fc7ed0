/** Reads a run record that may lack any section: a run may have failed early. Pure. */
import { knows, lang, t } from "./i18n.js";
import { tidy } from "./words.js";

export const STATES = ["plan", "validate", "observe", "features", "drift", "train", "load_model",
  "evaluate", "refit", "explain", "predict", "publish", "record"];
const OPTIONAL = ["refit"]; // a part of training that follows only where a new model won

/**
 * @typedef {{name: string, status: string, seconds: number | null, start: number, reused: boolean,
 *   startedAt: string | null, facts: Record<string, any>, error: any,
 *   progress: {done: number, of: number} | null, entry: Record<string, any>}} Step
 */

/** @param {any} value @returns {value is Record<string, any>} */
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** @param {any} value @returns {number | null} */
export const number = (value) => (typeof value === "number" && Number.isFinite(value) ? value : null);

/** @param {string} prefix @param {any} value */
export function named(prefix, value) {
  const key = `${prefix}_${value}`;
  return knows(key) ? t(key) : tidy(String(value ?? "").replace(/_/g, " "));
}

/**
 * The states in their order; each starts where the ones before it end.
 * @param {any} record @param {number} [now] milliseconds; none: a running state has no seconds
 * @returns {Step[]}
 */
export function stepsOf(record, now = NaN) {
  const states = isObject(record?.states) ? record.states : {};
  const expected = STATES.filter((name) => name in states || !OPTIONAL.includes(name));
  const extra = Object.keys(states).filter((name) => !STATES.includes(name));
  const absent = isRunning(record) ? "waiting" : record?.status === "failed" ? "unreached" : "skipped";
  let start = 0;
  return [...expected, ...extra].map((name) => {
    const entry = isObject(states[name]) ? states[name] : {};
    const status = entry.status ?? absent;
    const since = status === "running" ? (now - Date.parse(entry.started_at)) / 1000 : NaN;
    const seconds = number(entry.seconds) ?? (since >= 0 ? since : null);
    const spent = entry.reused ? 0 : seconds ?? 0;
    const of = record?.progress;
    const step = {
      name, status, seconds, start, entry,
      reused: Boolean(entry.reused),
      startedAt: entry.started_at ?? null,
      facts: isObject(entry.facts) ? entry.facts : {},
      error: entry.error ?? null,
      progress: status === "running" && of?.state === name && of.of > 0 ? of : null,
    };
    start += spent;
    return step;
  });
}

/** @param {any} record */
export const isRunning = (record) => record?.status === "running";

/** The step at fault, if any. @param {any} record @returns {Step | undefined} */
export const faultOf = (record) => stepsOf(record).find((step) => step.status === "failed");

/** Seconds of work of a whole run. @param {any} record @param {number} [now] */
export function secondsOf(record, now = NaN) {
  const given = number(record?.seconds);
  if (given !== null) return given;
  const steps = stepsOf(record, now);
  const last = steps.at(-1);
  return last ? last.start + (last.reused ? 0 : last.seconds ?? 0) : 0;
}

/** Plain values of a section, as pairs. @param {any} section @returns {[string, any][]} */
export const scalarsOf = (section) => Object.entries(isObject(section) ? section : {})
  .filter(([, value]) => ["string", "number", "boolean"].includes(typeof value) && value !== "");

/** @param {any} record @returns {string | null} the Monday */
export function weekOf(record) {
  const states = record?.states ?? {};
  const places = [record?.target?.week, record?.week, states.validate?.facts?.window?.week];
  return places.find((place) => typeof place === "string") ?? null;
}

/** "retrain", "keep", another word, or null while unknown. @param {any} decision */
export function decisionOf(decision) {
  const retrain = isObject(decision) ? decision.retrain : decision;
  if (typeof retrain === "boolean") return retrain ? "retrain" : "keep";
  return typeof retrain === "string" && retrain ? retrain : null;
}

/**
 * Reasons as sentences: those the run wrote, else our words for its codes.
 * @param {any} decision @returns {string[]}
 */
export function reasonsOf(decision) {
  const sentences = decision?.sentences?.[lang];
  if (Array.isArray(sentences) && sentences.length) return sentences.map(String);
  const reasons = Array.isArray(decision?.reasons) ? decision.reasons : [];
  return reasons.map((/** @type {any} */ reason) => named("why", reason?.code ?? reason));
}

/**
 * Every set of metrics in a section, wherever it lies: one per method, the fullest.
 * @param {any} section @returns {{name: string, metrics: Record<string, number>}[]}
 */
export function methodsOf(section) {
  /** @type {Map<string, Record<string, number>>} */
  const found = new Map();
  collect(section, "", 0, found);
  return [...found].map(([name, metrics]) => ({ name, metrics }));
}

/** @param {any} value @param {string} name @param {number} depth @param {Map<string, any>} found */
function collect(value, name, depth, found) {
  if (!isObject(value) || depth > 3) return;
  if (name && number(value.f1) !== null) {
    const size = Object.keys(found.get(name) ?? {}).length;
    if (Object.keys(value).length > size) found.set(name, value);
    return;
  }
  for (const [key, inner] of Object.entries(value)) collect(inner, key, depth + 1, found);
}

/** @param {any} report @returns {{evaluated: boolean, alarm: boolean, max: number | null,
 *   limit: number | null, worst: string | null, reason: string | null, volume: any,
 *   features: {name: string, kind: string, z: number, psi: number | null, p: number | null,
 *   value: number | null}[]}} */
export function driftOf(report) {
  const summary = isObject(report?.drift) ? report.drift : report ?? {};
  const rows = [report?.statistics, report?.top_features, summary.top_features, report?.features]
    .find(Array.isArray) ?? [];
  const features = rows.filter((row) => number(row?.z) !== null).map((row) => ({
    name: String(row.feature ?? row.name),
    kind: String(row.kind ?? ""),
    z: row.z,
    psi: number(row.psi),
    p: number(row.ks_p),
    value: number(row.value),
  })).sort((a, b) => b.z - a.z);
  const max = number(summary.max_z);
  return {
    evaluated: summary.evaluated !== false && (max !== null || features.length > 0),
    alarm: Boolean(summary.alarm),
    max,
    limit: number(summary.limit),
    worst: summary.feature ?? null,
    reason: summary.reason ?? null,
    volume: isObject(report?.volume) ? report.volume : null,
    features,
  };
}

/**
 * What stopped a run, in the language of the page: the steps tell it in English, with names, counts
 * and what to do; in Spanish their kind, file and reasons are told, and their words stand beside.
 * @param {any} error @returns {{sentences: string[], told: string}}
 */
export function faultWords(error) {
  const told = String(error?.user_message ?? error?.message ?? t("error_server"));
  if (lang === "en") return { sentences: [told], told: "" };
  const message = String(error?.message ?? "");
  const files = [...message.matchAll(/(?:refused: |; )([^:;{}]+): \{/g)].map(([, file]) => file);
  const codes = [...new Set(message.match(/\b[A-Z]+(?:_[A-Z]+)+\b|\b(?:DUPLICATE|CONFLICT)\b/g) ?? [])];
  const kind = `fault_${error?.name}`;
  return { sentences: [t(knows(kind) ? kind : "fault_other"),
    ...(files.length ? [t("fault_file", { files: files.join(", ") })] : []),
    ...codes.filter((code) => knows(`reason_${code}`)).map((code) => t(`reason_${code}`))], told };
}

/** @param {string} name of a column or measure that is watched */
export const featureName = (name) => named("feature", name);

/** What a feature of the model says. @param {any} row @param {string} [language] */
export const featureLabel = (row, language = lang) =>
  row[`label_${language}`] ?? row.label ?? featureName(row.feature);

/**
 * One entry per trial, where the run wrote them.
 * @param {any} training @returns {{number: number, value: number, pruned: boolean, params: any}[]}
 */
export function trialsOf(training) {
  const rows = [training?.history, training?.trials].find(Array.isArray) ?? [];
  return rows.map((/** @type {any} */ row, /** @type {number} */ i) => ({
    number: number(row?.number) ?? i,
    value: number(row?.value) ?? NaN,
    pruned: Boolean(row?.pruned) || /prun/i.test(String(row?.state ?? "")),
    params: isObject(row?.params) ? row.params : {},
  })).filter((/** @type {any} */ trial) => Number.isFinite(trial.value));
}

/**
 * A section of the record, or what its state told while the run has not written sections yet.
 * @param {any} record @param {string} section @param {string} state
 */
export const sectionOf = (record, section, state) =>
  record?.[section] ?? record?.states?.[state]?.facts ?? null;
