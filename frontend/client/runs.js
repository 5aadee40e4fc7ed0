/** Runs as rows: on the console and, the latest few, on the page of the status. */
import { html } from "./html.js";
import { ago, duration, fullDay, moment, t } from "./i18n.js";
import { decisionOf, named } from "./record.js";

/** @param {string} status */
export const statusTag = (status) =>
  html`<span class="tag status ${status}">${named("run_status", status)}</span>`;

/** @param {any} run of the list @param {string} address */
export function runRow(run, address) {
  const decision = decisionOf(run.decision);
  return {
    address,
    status: statusTag(run.status),
    week: run.week ? fullDay(run.week) : "–",
    outcome: run.outcome ? named("outcome", run.outcome) : "",
    decision: decision ? named("decision", decision) : "–",
    when: run.created_at,
    seconds: typeof run.seconds === "number" ? duration(run.seconds) : "–",
    run: run.run,
  };
}

/** @param {ReturnType<typeof runRow>[]} rows */
export const runTable = (rows) => html`<ul class="runs" aria-label="${t("runs_title")}">${rows.map((row) =>
  html`<li><a href="${row.address}" data-run="${row.run}">${row.status}
    <span class="run-week"><b>${row.week}</b> <small>${row.outcome}</small></span>
    <span class="run-fact"><small>${t("runs_decision")}</small>${row.decision}</span>
    <span class="run-fact"><small>${t("runs_seconds")}</small>${row.seconds}</span>
    <span class="run-when"><span>${moment(row.when)}</span> <small>${ago(row.when)}</small></span>
    </a></li>`)}</ul>`;
