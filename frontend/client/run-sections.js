/** The parts of an opened run, in the order a reader asks; a part without data is left out. */
import { bars, search, table } from "./charts.js";
import { html } from "./html.js";
import { count, decimal, duration, fine, fixed3, fullDay, integer, moment, percent, t } from "./i18n.js";
import { decisionOf, driftOf, faultOf, featureLabel, featureName, isRunning, methodsOf, named, number, reasonsOf,
  scalarsOf, secondsOf, sectionOf, trialsOf, weekOf } from "./record.js";
import { statusTag } from "./runs.js";
import { failure, plain, stepsPicture } from "./steps.js";

const TOP = 12;

/** @typedef {any} Record_ a run record, see record.js */

/** @param {Record_} record @param {{step: string, logs: any}} open @returns {[string, any][]} */
export const sectionsOf = (record, open) => [
  ["head", head(record)],
  ["steps", html`<section class="card">${stepsPicture(record,
    { ...open, told: faultOf(record)?.name === open.step })}</section>`],
  ["decision", decision(verdictOf(record))],
  ["evaluation", evaluation(sectionOf(record, "evaluation", "evaluate"))],
  ["drift", drift(sectionOf(record, "drift", "drift"))],
  ["training", training(sectionOf(record, "training", "train"))],
  ["importance", importance(sectionOf(record, "interpretability", "explain"))],
  ["predictions", predictions(sectionOf(record, "predictions", "predict"))],
  ["data", received(sectionOf(record, "data_stats", "validate"))],
  ["artifacts", artifacts(record.artifacts)],
  ["record", json(record)],
];

/** @param {Record_} record */
const verdictOf = (record) => decisionOf(record.decision) ? record.decision : record.states?.drift?.facts;

/** @param {any} title @param {any} body */
const section = (title, body) => html`<section class="card"><h2>${title}</h2>${body}</section>`;

/** @param {Record_} record */
function head(record) {
  const week = weekOf(record);
  const fault = faultOf(record);
  const verdict = decisionOf(verdictOf(record));
  const pairs = number(sectionOf(record, "predictions", "predict")?.predicted_pairs);
  const seconds = secondsOf(record);
  const attempts = record.attempts?.length ?? 0;
  /** @type {[string, any][]} */
  const facts = [
    [t("runs_decision"), verdict && named("decision", verdict)],
    [t("run_pairs"), pairs !== null && integer(pairs)],
    [t("run_f1"), quality(record)],
    [t("runs_seconds"), isRunning(record) ? html`<span data-total></span>`
      : seconds > 0 && duration(seconds)],
  ];
  return html`<header class="run-head"><h1 tabindex="-1">${week
    ? t("run_title", { d: fullDay(week) }) : t("run_title_unknown")}</h1>${statusTag(record.status)}
    <p>${record.outcome && html`<span>${named("outcome", record.outcome)}</span> · `}
    ${t("run_started", { d: moment(record.created_at) })}${attempts > 1 && html` ·
    ${count("run_attempts", attempts)}`}${record.as_of && html` · ${t("run_as_of", {
      d: fullDay(record.as_of) })}`} · <code>${record.run}</code> <button type="button"
    class="btn quiet small" data-click="copy">${t("copy")}</button></p></header>
    ${fault && html`<div class="fault" role="alert"><strong>${t("run_failed_in", {
      state: named("state", fault.name) })}</strong>${failure(fault.error ?? record.error ?? {})}
      <p class="hint">${t("run_failed_next")}</p></div>`}
    ${!fault && record.error && html`<div class="fault" role="alert">${failure(record.error)}</div>`}
    <div class="facts">${facts.filter(([, value]) => value).map(([name, value]) =>
      html`<div><small>${name}</small><b>${value}</b></div>`)}</div>`;
}

const MODELS = ["challenger", "model", "champion"];
const METRICS = ["f1", "precision", "recall", "average_precision", "roc_auc", "precision_at_5",
  "recall_at_5", "ndcg_at_10", "ece_05"];

/** What was chosen to forecast: the run's own word, else the first model. @param {any} evaluated */
function winnerOf(evaluated) {
  const names = methodsOf(evaluated).map((method) => method.name);
  return names.includes(evaluated?.winner) ? evaluated.winner
    : MODELS.find((name) => names.includes(name));
}

/** The F1 of what was chosen and of the best baseline. @param {Record_} record */
function quality(record) {
  const evaluated = sectionOf(record, "evaluation", "evaluate");
  const methods = methodsOf(evaluated);
  const winner = methods.find((method) => method.name === winnerOf(evaluated));
  if (!winner) return null;
  const rest = methods.filter((method) => !MODELS.includes(method.name));
  const best = Math.max(...rest.map((method) => method.metrics.f1));
  const against = MODELS.includes(winner.name) && rest.length > 0
    ? t("run_f1_against", { v: fixed3(best) }) : named("method", winner.name);
  return html`${fixed3(winner.metrics.f1)} <small>${against}</small>`;
}

/** @param {any} verdict */
function decision(verdict) {
  const word = decisionOf(verdict);
  if (!word) return null;
  const reasons = reasonsOf(verdict);
  const codes = Array.isArray(verdict.reasons) ? verdict.reasons.filter(
    (/** @type {any} */ code) => typeof code === "string") : [];
  return section(t("decision_title"), html`<p class="verdict"><span class="tag ${word}">
    ${named("decision", word)}</span></p><ul class="reasons">${reasons.map((reason) =>
    html`<li>${reason}</li>`)}</ul>${codes.length > 0 && html`<p class="codes">${codes.map(
    (/** @type {string} */ code) => html`<code>${code}</code> `)}</p>`}`);
}

/** @param {any} evaluated */
function evaluation(evaluated) {
  const methods = methodsOf(evaluated);
  if (!methods.length) return null;
  const rank = (/** @type {string} */ name) => (MODELS.indexOf(name) + 1 || 9);
  methods.sort((a, b) => rank(a.name) - rank(b.name) || b.metrics.f1 - a.metrics.f1);
  const shown = METRICS.filter((key) => methods.some(({ metrics }) => number(metrics[key]) !== null));
  const head = [t("evaluation_method"), ...shown.map((key) => named("metric", key))];
  const winner = winnerOf(evaluated);
  const rows = methods.map(({ name, metrics }) => [html`${named("method", name)}${name === winner
    && html` <span class="tag yes">${t("evaluation_chosen")}</span>`}`, ...shown.map((key) =>
    number(metrics[key]) === null ? "–" : fixed3(metrics[key]))]);
  const told = evaluated.promotion ?? evaluated;
  const sentences = reasonsOf(told.sentences ? told : {});
  const marks = methods.map(({ name, metrics }) => ({
    label: named("method", name), value: metrics.f1, level: name === winner ? "" : "plain" }));
  return section(t("evaluation_title"), html`${sentences.map((text) => html`<p>${text}</p>`)}
    ${bars(t("evaluation_chart"), marks, { show: fixed3, rows: null })}
    ${table(t("evaluation_title"), head, rows)}${hits(evaluated.confusion_matrix)}`);
}

/** A confusion matrix in a sentence. @param {any} matrix */
function hits(matrix) {
  const { true_positives: hit, false_positives: wrong, false_negatives: missed } = matrix ?? {};
  if ([hit, wrong, missed].some((n) => number(n) === null)) return null;
  return html`<p class="hint">${t("evaluation_hits", {
    bought: integer(hit + missed), hit: integer(hit), predicted: integer(hit + wrong) })}</p>`;
}

/** @param {any} report */
function drift(report) {
  const { evaluated, alarm, max, limit, worst, reason, volume, features } = driftOf(report);
  if (!report) return null;
  if (!evaluated) return section(t("drift_title"), html`<p>${reason ? named("why", reason)
    : t("drift_none")}</p>`);
  const words = t(alarm ? "drift_alarm" : "drift_calm", {
    z: decimal(max ?? 0), limit: decimal(limit ?? 0) });
  const head = ["drift_feature", "drift_kind", "drift_value", "drift_z", "drift_psi", "drift_p"];
  const rows = features.map((row) => [featureName(row.name), named("kind", row.kind),
    show(row.value), decimal(row.z), show(row.psi), show(row.p)]);
  return section(t("drift_title"), html`<p>${words}${worst && html` ${t("drift_worst", {
    name: featureName(worst) })}`}</p>${volume?.flagged && html`<p class="hint">${t("drift_volume", {
    n: integer(volume.lines ?? 0) })}</p>`}${features.length > 0 && bars(t("drift_chart"),
    features.slice(0, TOP).map((row) => ({ label: featureName(row.name), value: Math.max(0, row.z),
      text: decimal(row.z), alarm: limit !== null && row.z > limit })), {
    limit: limit ?? undefined, show: decimal,
    rows: table(t("drift_title"), head.map((key) => t(key)), rows) })}`);
}

/** @param {number | null} value */
const show = (value) => (value === null ? "–" : fine(value));

/** @param {any} trained */
function training(trained) {
  const trials = trialsOf(trained);
  const about = [...factsOf(trained), ...factsOf(trained?.recipe)];
  if (!trials.length && !about.length) return null;
  const names = [...new Set(trials.flatMap((trial) => Object.keys(trial.params)))];
  const rows = trials.map((trial) => [`${trial.number + 1}`, trial.pruned ? t("trial_pruned")
    : fine(trial.value), ...names.map((name) => plain(trial.params[name] ?? "–"))]);
  const head = [t("trial"), t("trial_value"), ...names.map((name) => named("fact", name))];
  const points = trials.map((trial) => ({
    label: t("trial_n", { n: trial.number + 1 }), value: trial.value, faint: trial.pruned }));
  return section(t("training_title"), html`${points.length > 0 && search(t("training_chart"), points, {
    key: [t("trial_one"), t("trial_best")], rows: table(t("training_title"), head, rows) })}
    ${pairs(about)}`);
}

/** @param {any} explained */
function importance(explained) {
  const rows = [explained?.top, explained?.features].find(Array.isArray) ?? [];
  const marks = rows.slice(0, TOP).map((/** @type {any} */ row) => ({
    label: featureLabel(row),
    value: number(row.importance) ?? number(row.share) ?? 0,
  }));
  if (!marks.length) return null;
  return section(t("importance_title"), bars(t("importance_chart"), marks, { show: fixed3, long: true }));
}

/** What stands elsewhere on the page, or says nothing to a person. */
const HIDDEN = ["schema", "clean", "outcome", "study", "run", "prefix", "folder", "week", "from", "to",
  "done", "reused"];

/** @param {any} part @returns {[string, any][]} */
const factsOf = (part) => scalarsOf(part).filter(([key]) => !HIDDEN.includes(key));

/** @param {[string, any][]} facts */
const pairs = (facts) => facts.length > 0 && html`<dl class="pairs">${facts.map(([key, value]) =>
  html`<div><dt>${named("fact", key)}</dt><dd>${plain(value)}</dd></div>`)}</dl>`;

/** @param {any} predicted */
const predictions = (predicted) => factsOf(predicted).length > 0
  && section(t("predictions_title"), pairs(factsOf(predicted)));

/** @param {any} validated */
function received(validated) {
  const data = { ...validated?.stats, ...validated };
  const tables = Object.entries(data.tables ?? {});
  const facts = factsOf(data);
  if (!tables.length && !facts.length) return null;
  const size = (/** @type {any} */ n) => (number(n) === null ? "–" : integer(n));
  const rejected = (/** @type {any} */ stats) => number(stats?.rows_in) !== null
    && number(stats?.accepted) !== null ? integer(stats.rows_in - stats.accepted) : "–";
  const head = ["data_table", "data_in", "data_accepted", "data_rejected", "data_rows"];
  const rows = tables.map(([name, stats]) => [named("table", name), size(stats?.rows_in),
    size(stats?.accepted), rejected(stats), size(stats?.rows)]);
  const returned = number(data.returns?.percent);
  return section(t("data_title"), html`${pairs(facts)}
    ${rows.length > 0 && table(t("data_title"), head.map((key) => t(key)), rows)}
    ${returned !== null && html`<p class="hint">${t("data_returns", { p: percent(returned / 100) })}</p>`}`);
}

/** @param {any} paths */
const artifacts = (paths) => scalarsOf(paths).length > 0 && section(t("artifacts_title"),
  html`<dl class="pairs paths">${scalarsOf(paths).map(([key, value]) => html`<div>
  <dt>${named("fact", key)}</dt><dd><code>${value}</code></dd></div>`)}</dl>`);

/** @param {Record_} record */
const json = (record) => html`<details class="json" data-keep="json"><summary>${t("json_title")}</summary>
  <button type="button" class="btn" data-click="download" id="download">${t("json_download")}</button>
  <pre tabindex="0" aria-label="${t("json_title")}">${JSON.stringify(record, null, 2)}</pre></details>`;
