/** How to read and use the site, with shops taken from the forecast that is published. */
import { api } from "./api.js";
import { chip } from "./charts.js";
import { html } from "./html.js";
import { HIGH, MEDIUM, fixed1, percent, t } from "./i18n.js";
import { format } from "./router.js";
import { View } from "./view.js";
import { productTitle, shopKind } from "./words.js";
import { spread, worklist } from "./worklist.js";

const STEPS = ["help_step_1", "help_step_2", "help_step_3", "help_step_4", "help_step_5"];
const QUESTIONS = ["week", "probability", "why", "selected", "units", "notes", "cold", "outside", "naive", "fresh"];

class Help extends View {
  page = "help";

  /** The help stays readable when the service does not answer. */
  async load() {
    return worklist.calls ?? api("/calls").catch(() => null);
  }

  /** @param {any} calls */
  draw(calls) {
    const levels = /** @type {const} */ ([["high", HIGH], ["medium", MEDIUM], ["low", 0.15]]);
    return html`<h2>${t("help_title")}</h2><p class="lead">${t("help_lead")}</p>
      <ol class="steps">${STEPS.map((key) => html`<li>${t(key)}</li>`)}</ol>
      <h3>${t("help_levels")}</h3><dl class="legend">${levels.map(([level, p]) => html`<div>
        <dt>${chip(p, level)}</dt><dd>${t(`help_level_${level}`, {
          high: percent(HIGH), medium: percent(MEDIUM) })}</dd></div>`)}</dl>
      ${samples(calls?.items ?? [])}
      <h3>${t("help_questions")}</h3>${QUESTIONS.map((name) => html`<details class="question">
        <summary>${t(`help_q_${name}`)}</summary><p>${t(`help_a_${name}`)}</p></details>`)}
      <h3>${t("help_keys")}</h3><dl class="keys">${[["↑ ↓", "help_key_arrows"],
        ["Home End", "help_key_ends"], ["Enter", "help_key_enter"], ["Tab", "help_key_tab"]]
        .map(([keys, text]) => html`<div><dt>${keys.split(" ").map((key) => html`<kbd>${key}</kbd> `)}
        </dt><dd>${t(text)}</dd></div>`)}</dl>`;
  }
}

/** @param {any[]} calls */
const samples = (calls) => calls.length > 0 && html`<h3>${t("help_samples")}</h3>
  <ul class="samples">${spread(calls).map((call) => html`<li><a href="${format({
    page: "shop", id: String(call.customer_id) })}"><b>${call.customer_id}</b>
    <small>${shopKind(call)}</small><span>${fixed1(call.expected_units)} ${t("units")} ·
    ${productTitle(call.top_product_name)}</span></a></li>`)}</ul>`;

customElements.define("sodai-help", Help);
