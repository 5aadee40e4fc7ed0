/** How the model does: decisions, realised quality, drift, calibration, importance, versions, cost. */
import { api, connection } from "./api.js";
import { bars, calibration, columns, figure, lines, table } from "./charts.js";
import { html } from "./html.js";
import { ago, day, decimal, duration, exactPercent, fine, fixed3, fullDay, integer, moment, signed, t } from "./i18n.js";
import { decisionOf, driftOf, featureLabel, featureName, named, reasonsOf, secondsOf, stepsOf } from "./record.js";
import { formatRun } from "./router.js";
import { View } from "./view.js";

/** @typedef {import("./html.js").Markup} Markup */

const WEEKS = 26;
const FEATURES = 12;
const HEAVIEST = 8;
const QUALITY = /** @type {const} */ (["f1", "precision", "recall"]);

class Monitoring extends View {
  page = "monitoring";
  onHealth = () => this.drawHealth();

  connectedCallback() {
    super.connectedCallback();
    connection.addEventListener("change", this.onHealth);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    connection.removeEventListener("change", this.onHealth);
  }

  /** Each answer but health may be missing by itself: before the first forecast, or for a moment. */
  async load() {
    const ask = (/** @type {string} */ path) => api(path).catch(() => null);
    const [health, runs, drift, performance, importance, versions] = await Promise.all([
      api("/health"), ask(`/runs?limit=${WEEKS}`), ask("/drift"), ask("/performance"),
      ask("/model/importance"), ask("/model/versions")]);
    const published = (runs?.items ?? []).filter((/** @type {any} */ run) => run.outcome === "published");
    const models = versions?.items ?? [];
    const before = models.find((/** @type {any} */ model) => model.kind === "lightgbm"
      && model.version !== importance?.version);
    const [record, earlier] = await Promise.all([
      published.length ? ask(`/runs/${encodeURIComponent(published[0].run)}`) : null,
      importance && before ? ask(`/model/importance?version=${encodeURIComponent(before.version)}`) : null]);
    return { health, published, drift, performance, importance, earlier, models, record };
  }

  /** @param {any} data */
  draw({ health, published, drift, performance, importance, earlier, models, record }) {
    this.health = health;
    const points = performance?.points ?? [];
    return html`<h2>${t("monitoring_title")}</h2>${verdict(published[0])}${pulse(points, drift, record)}
      <div class="health"></div>
      <div class="board">${quality(points)}${lead(points)}${driftCard(drift)}
      ${calibrationCard(performance?.calibration)}${weights(importance)}
      ${weightChanges(importance, earlier)}${cost(published, record)}</div>
      ${decisions(published)}${modelTable(models)}
      <p class="hint"><a href="/runs">${t("see_runs")} →</a></p>`;
  }

  drawn() {
    this.drawHealth();
  }

  drawHealth() {
    const box = this.querySelector(".health");
    const health = connection.health ?? this.health;
    if (!box || !health) return;
    /** @type {[string, any][]} */
    const facts = [
      [t("status_api"), html`<b class="lamp ${connection.state === "up" ? "on" : "off"}">
        ${t(`api_${connection.state}`)}</b>`],
      [t("status_week"), html`<b>${health.target_week ? fullDay(health.target_week) : "–"}</b>`],
      [t("status_version"), html`<b class="mono">${health.model_version ?? "–"}</b>`],
      [t("status_published"), health.published_at ? html`<b>${moment(health.published_at)}</b>
        <small>${ago(health.published_at)}</small>` : html`<b>–</b>`],
    ];
    box.innerHTML = String(html`<dl class="facts">${facts.map(([name, value]) =>
      html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>${note(health)}`);
  }
}

/** @param {any} health */
function note({ status, message }) {
  if (status === "waiting")
    return html`<p class="hint">${t("unpublished_text")} ${t("unpublished_next")}</p>`;
  return message && html`<p class="hint">${message}</p>`;
}

/** @param {any} title @param {any} body */
const card = (title, body) => html`<section class="card"><h3 class="sr">${title}</h3>${body}</section>`;

/** @param {string} title @param {string} why */
const missing = (title, why) => html`<section class="card"><h3>${title}</h3>
  <p class="hint">${why}</p></section>`;

/** What the newest run decided, and why. @param {any} run */
function verdict(run) {
  const word = decisionOf(run?.decision);
  if (!word) return null;
  const { promoted, reasons } = run.decision;
  const came = !promoted ? "kept" : reasons.includes("NO_CHAMPION") ? "new" : "promoted";
  return html`<p class="card verdict"><span class="tag ${word}">${named("decision", word)}</span>
    <span>${reasonsOf(run.decision).join(" ")} ${t(`monitoring_${came}`)}</span>
    <a href="/runs${formatRun(run.run)}">${t("monitoring_run")} →</a></p>`;
}

/** The figures a reader asks for first. @param {any[]} points @param {any} drift @param {any} record */
function pulse(points, drift, record) {
  const last = points.at(-1);
  const { max, limit } = driftOf(drift);
  const seconds = secondsOf(record);
  /** @type {[string, any][]} */
  const facts = [
    [last && `F1 · ${t("week_of", { d: day(last.week) })}`, last && html`<b>${fixed3(last.metrics.f1)}</b>
      ${t("monitoring_against", { v: fixed3(last.naive.f1) })}`],
    [t("drift_max"), max !== null && html`<b>${decimal(max)}</b> ${limit !== null && t("monitoring_limit", {
      v: decimal(limit) })}`],
    [t("monitoring_cost"), seconds > 0 && html`<b>${duration(seconds)}</b>`],
  ];
  return html`<div class="facts">${facts.filter(([, value]) => value).map(([name, value]) =>
    html`<div><small>${name}</small>${value}</div>`)}</div>`;
}

/** Each measure of the published forecasts beside the naive ranking. @param {any[]} points */
function quality(points) {
  if (!points.length) return missing(t("monitoring_f1"), t("monitoring_unrealised"));
  return QUALITY.map((metric) => card(t(`monitoring_${metric}`), lines(t(`monitoring_${metric}`),
    points.map((point) => day(point.week)),
    [{ name: t("method_model"), values: points.map((point) => point.metrics[metric]) },
      { name: t("monitoring_naive"), values: points.map((point) => point.naive[metric]) }],
    { head: t("week"), show: fixed3 })));
}

/** The lead over the naive ranking and the limit below which the model is trained anew. @param {any[]} points */
function lead(points) {
  if (!points.length) return null;
  const title = t("monitoring_lead");
  const charted = points.some((point) => point.limit !== null);
  return card(title, html`${lines(title, points.map((point) => day(point.week)),
    [{ name: t("monitoring_lead_of"), values: points.map((point) => point.gap),
      out: points.map((point) => point.alarm) }],
    { head: t("week"), show: fixed3, limit: points.map((point) => point.limit) })}
    ${!charted && html`<p class="hint">${t("monitoring_no_limit")}</p>`}`);
}

/** @param {any} report */
function driftCard(report) {
  const { features, limit, max, alarm, evaluated } = driftOf(report);
  const title = t("drift_title");
  if (!evaluated) return missing(title, t("drift_none"));
  const words = t(alarm ? "drift_alarm" : "drift_calm", {
    z: decimal(max ?? 0), limit: decimal(limit ?? 0) });
  const head = ["drift_feature", "drift_kind", "drift_value", "drift_z", "drift_psi", "drift_p"];
  const show = (/** @type {number | null} */ x) => (x === null ? "–" : fine(x));
  const rows = features.map((row) => [featureName(row.name), named("kind", row.kind),
    show(row.value), decimal(row.z), show(row.psi), show(row.p)]);
  return card(title, html`${bars(t("drift_chart"), features.slice(0, FEATURES).map((row) => ({
    label: featureName(row.name), value: Math.max(0, row.z), text: decimal(row.z),
    alarm: limit !== null && row.z > limit })), { limit: limit ?? undefined, show: decimal,
    rows: table(title, head.map((key) => t(key)), rows) })}<p class="hint">${words}</p>`);
}

/** @param {any} told */
function calibrationCard(told) {
  const bins = (told?.bins ?? []).filter((/** @type {any} */ bin) => bin.mean_probability !== null);
  const title = t("calibration_title");
  if (!bins.length) return missing(title, t("calibration_none"));
  return card(title, html`${calibration(title, bins)}<p class="hint">${t(`calibration_${told.source}`, {
    d: fullDay(told.week) })}</p>`);
}

/** @param {any} importance */
function weights(importance) {
  const features = importance?.features ?? [];
  const title = t("importance_chart");
  if (!features.length) return missing(title, t("importance_none"));
  const rows = features.map((/** @type {any} */ row) => [featureLabel(row), fixed3(row.importance),
    exactPercent(row.share)]);
  return card(title, bars(title, features.slice(0, HEAVIEST).map((/** @type {any} */ row) => ({
    label: featureLabel(row), value: row.share })), { show: exactPercent, long: true,
    rows: table(title, [t("importance_feature"), t("importance_value"), t("importance_share")], rows) }));
}

/** What weighs more or less than in the model before. @param {any} now @param {any} earlier */
function weightChanges(now, earlier) {
  const title = t("importance_changes");
  if (!earlier?.features || !now?.features) return missing(title, t("importance_one"));
  const before = new Map(earlier.features.map((/** @type {any} */ row) => [row.feature, row.share]));
  const changes = now.features.map((/** @type {any} */ row) => ({
    label: featureLabel(row), before: before.get(row.feature) ?? 0, now: row.share,
    value: (row.share - (before.get(row.feature) ?? 0)) * 100,
  })).sort((/** @type {any} */ a, /** @type {any} */ b) => Math.abs(b.value) - Math.abs(a.value));
  const rows = changes.slice(0, 2 * FEATURES).map((/** @type {any} */ row) =>
    [row.label, exactPercent(row.before), exactPercent(row.now), signed(row.value)]);
  return card(title, html`${bars(title, changes.slice(0, HEAVIEST), { signs: true, show: signed, long: true,
    rows: table(title, [t("importance_feature"), t("importance_before"), t("importance_now"),
      t("importance_points")], rows) })}<p class="hint">${t("importance_against", {
    version: earlier.version })}</p>`);
}

/** What a run takes: the weeks, and the states of the newest one. @param {any[]} published @param {any} record */
function cost(published, record) {
  const title = t("monitoring_cost_runs");
  const runs = published.filter((run) => run.seconds > 0).reverse();
  if (!runs.length) return null;
  const rows = runs.map((run) => [fullDay(run.week), duration(run.seconds)]);
  const tips = runs.map((run) => `${day(run.week)}: ${duration(run.seconds)}`);
  const longest = duration(Math.max(...runs.map((run) => run.seconds)));
  const spent = stepsOf(record).filter((step) => !step.reused && (step.seconds ?? 0) > 0);
  return html`${card(title, figure(title, html`${columns(runs.map((run) => run.seconds),
    `${title}: ${t("monitoring_longest", { v: longest })}`, tips)}<p class="key ends"><span>
    ${day(runs[0].week)}</span><span>${t("monitoring_longest", { v: longest })}</span><span>
    ${day(runs.at(-1).week)}</span></p>`, table(title, [t("week"), t("runs_seconds")], rows)))}
    ${spent.length > 0 && card(t("monitoring_cost_states"), bars(t("monitoring_cost_states"),
      spent.map((step) => ({ label: named("state", step.name), value: step.seconds ?? 0 })),
      { show: duration }))}`;
}

/** @param {any[]} published */
function decisions(published) {
  if (!published.length) return null;
  const title = t("monitoring_decisions");
  const head = ["week", "runs_decision", "monitoring_reasons", "status_version", "runs_seconds"];
  const rows = published.map((run) => {
    const word = decisionOf(run.decision);
    return [html`<a href="/runs${formatRun(run.run)}">${fullDay(run.week)}</a>`,
      word && html`<span class="tag ${word}">${named("decision", word)}</span>`,
      html`<span class="words">${reasonsOf(run.decision).join(" ")}</span>`,
      html`<span class="mono">${run.decision?.version ?? "–"}</span>`,
      run.seconds === null ? "–" : duration(run.seconds)];
  });
  return html`<section class="wide"><h3>${title}</h3>${table(title, head.map((key) => t(key)), rows)}</section>`;
}

/** @param {any[]} models */
function modelTable(models) {
  if (!models.length) return null;
  const title = t("versions_title");
  const rows = models.map((model) => {
    const mean = model.evaluation?.mean ?? {};
    const own = mean[model.evaluation?.winner] ?? mean.challenger ?? {};
    return [html`<span class="mono">${model.version}</span>${model.champion && html` <span class="tag yes">
      ${t("versions_champion")}</span>`}`, model.created_at ? moment(model.created_at) : "–",
    model.trained_through ? fullDay(model.trained_through) : "–",
    own.f1 == null ? "–" : fixed3(own.f1), own.average_precision == null ? "–" : fixed3(own.average_precision),
    model.rows == null ? "–" : integer(model.rows)];
  });
  const head = ["status_version", "versions_made", "versions_through", "metric_f1",
    "metric_average_precision", "fact_rows"];
  return html`<section class="wide"><h3>${title}</h3>${table(title, head.map((key) => t(key)), rows)}</section>`;
}

customElements.define("sodai-monitoring", Monitoring);
