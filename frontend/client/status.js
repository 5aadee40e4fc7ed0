/** Is the service well: the API, the data, the model, its drift and the last runs. */
import { api, connection } from "./api.js";
import { bars } from "./charts.js";
import { html } from "./html.js";
import { ago, decimal, fullDay, moment, t } from "./i18n.js";
import { driftOf, featureName } from "./record.js";
import { runRow, runTable } from "./runs.js";
import { formatRun } from "./router.js";
import { View } from "./view.js";

const RUNS = 5;
const FEATURES = 8;

class Status extends View {
  page = "status";
  onHealth = () => this.drawHealth();

  connectedCallback() {
    super.connectedCallback();
    connection.addEventListener("change", this.onHealth);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    connection.removeEventListener("change", this.onHealth);
  }

  /** Each answer may be missing by itself: before the first forecast, or for a moment. */
  async load() {
    const [health, drift, runs] = await Promise.all([
      api("/health"), api("/drift").catch(() => null), api("/runs").catch(() => null)]);
    return { health, drift, runs };
  }

  /** @param {{health: any, drift: any, runs: any}} data */
  draw({ drift, runs, health }) {
    this.health = health;
    return html`<h2>${t("status_title")}</h2><div class="health"></div>
      <div class="status-columns"><section><h3>${t("status_drift")}</h3>${driftPicture(drift)}</section>
      <section class="status-runs"><div class="section-head"><h3>${t("status_runs")}</h3><a href="/runs">
      ${t("see_runs")} →</a></div>${latest(runs)}</section></div>`;
  }

  drawn() {
    this.drawHealth();
  }

  drawHealth() {
    const box = this.querySelector(".health");
    const health = connection.health ?? this.health;
    if (!box || !health) return;
    const lamp = (/** @type {any} */ on) => html`<b class="lamp ${on ? "on" : "off"}">
      ${t(on ? "yes" : "no")}</b>`;
    /** @type {[string, any, any?][]} */
    const facts = [
      [t("status_api"), html`<b class="lamp ${connection.state === "up" ? "on" : "off"}">
        ${t(`api_${connection.state}`)}</b>`],
      [t("status_model"), lamp(health.model_loaded)],
      [t("status_data"), lamp(health.data_available)],
      [t("status_week"), html`<b>${health.target_week ? fullDay(health.target_week) : "–"}</b>`],
      [t("status_version"), html`<b class="mono">${health.model_version ?? "–"}</b>`],
      [t("status_published"), health.published_at
        ? html`<b>${moment(health.published_at)}</b> <small>${ago(health.published_at)}</small>`
        : html`<b>–</b>`],
    ];
    box.innerHTML = String(html`<dl class="facts">${facts.map(([name, value]) =>
      html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
      ${note(health)}`);
  }
}

/** @param {any} health */
function note({ status, message }) {
  if (status === "waiting")
    return html`<p class="hint">${t("unpublished_text")} ${t("unpublished_next")}</p>`;
  return message && html`<p class="hint">${message}</p>`;
}

/** @param {any} report */
function driftPicture(report) {
  const { features, limit, max, alarm, evaluated } = driftOf(report);
  if (!evaluated) return html`<p class="hint">${t("drift_none")}</p>`;
  const words = t(alarm ? "drift_alarm" : "drift_calm", {
    z: decimal(max ?? 0), limit: decimal(limit ?? 0) });
  return html`<p>${words}</p>${features.length > 0 && bars(t("drift_chart"),
    features.slice(0, FEATURES).map((feature) => ({
      label: featureName(feature.name),
      value: Math.max(0, feature.z),
      text: decimal(feature.z),
      alarm: limit != null && feature.z > limit,
    })), { limit: limit ?? undefined, show: decimal })}`;
}

/** @param {any} runs */
function latest(runs) {
  const items = runs?.items?.slice(0, RUNS) ?? [];
  if (!items.length) return html`<p class="hint">${t("runs_none_text")}</p>`;
  return runTable(items.map((/** @type {any} */ run) => runRow(run, `/runs${formatRun(run.run)}`)));
}

customElements.define("sodai-status", Status);
