/** The week as a picture: its states in order, each beginning where the one before ended. */
import { figure, table } from "./charts.js";
import { html } from "./html.js";
import { clock, duration, fine, integer, t } from "./i18n.js";
import { faultWords, named, scalarsOf, stepsOf } from "./record.js";

/** @typedef {import("./record.js").Step} Step */
/** What is open: a step, its log, and whether its error was told above the picture.
 * @typedef {{step: string, logs: any, told?: boolean}} Open */

const OPEN_END = 82; // per cent of the width left to what is finished while something still runs

/** @param {any} record @param {Open} open */
export function stepsPicture(record, open) {
  const steps = stepsOf(record);
  const busy = steps.some((step) => step.status === "running");
  const total = Math.max(...steps.map((step) => step.start + length(step)), 0.001);
  const scale = (busy ? OPEN_END : 100) / total;
  const rows = steps.map((step) => [named("state", step.name), named("step", step.status),
    step.seconds === null ? "–" : duration(step.seconds), step.startedAt ? clock(step.startedAt) : "–"]);
  const head = ["steps_state", "steps_status", "steps_seconds", "steps_started"].map((key) => t(key));
  return figure(t("steps_title"), html`<ol class="steps-list">${steps.map((step) =>
    row(step, scale, open))}</ol>`, table(t("steps_title"), head, rows));
}

/** @param {Step} step */
const length = (step) => (step.reused ? 0 : step.seconds ?? 0);

/** @param {Step} step @param {number} scale per cent per second @param {Open} open */
function row(step, scale, open) {
  const opened = open.step === step.name;
  const left = Math.min(98, step.start * scale);
  const running = step.status === "running";
  const width = running ? 100 - left : Math.max(0.6, length(step) * scale);
  const done = step.progress && Math.round((step.progress.done / step.progress.of) * 100);
  const time = step.reused ? t("step_reused") : step.seconds === null ? "" : duration(step.seconds);
  return html`<li class="${step.status}"><button type="button" id="step-${step.name}" class="step"
    data-click="step" data-step="${step.name}" aria-expanded="${String(opened)}">
    <i class="mark" aria-hidden="true"></i><span class="step-name"><b>${named("state", step.name)}</b>
    <small>${named("step", step.status)}</small></span><span class="track" aria-hidden="true">
    ${step.status !== "waiting" && step.status !== "skipped" && html`<i class="span"
    style="left:${left.toFixed(2)}%;width:${width.toFixed(2)}%">${done != null && html`<i
    style="width:${done}%"></i>`}</i>`}</span>
    <span class="step-time">${step.progress && html`<small>${t("step_progress", {
      done: integer(step.progress.done), of: integer(step.progress.of) })}</small>`}
    <em data-time="${step.name}">${time}</em></span></button>
    ${opened && panel(step, open)}</li>`;
}

/** @param {Step} step @param {Open} open */
function panel(step, open) {
  const { entry, facts } = step;
  /** @type {[string, any][]} */
  const about = [
    [t("steps_started"), step.startedAt && clock(step.startedAt)],
    [t("steps_ended"), entry.ended_at && clock(entry.ended_at)],
    [t("steps_seconds"), step.seconds !== null && duration(step.seconds)],
    [t("steps_request"), entry.request_id && html`<code>${entry.request_id}</code>`],
  ];
  return html`<div class="step-panel"><p>${t(`about_${step.name}`)}</p>
    ${step.error && !open.told && failure(step.error)}<dl class="pairs">${about.filter(([, value]) => value)
    .concat(scalarsOf(facts).map(([key, value]) => [named("fact", key), plain(value)]))
    .map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    ${step.status !== "waiting" && (open.logs ?? html`<button type="button" class="btn" data-click="logs"
    data-step="${step.name}" id="logs-${step.name}">${t("logs_show")}</button>`)}</div>`;
}

/** Plain words first, what the step wrote behind a disclosure. @param {any} error */
export function failure(error) {
  const { sentences, told } = faultWords(error);
  return html`<div class="failure"><p>${sentences.join(" ")}</p>${told && html`<p lang="en">${told}</p>`}
    <details data-keep="error"><summary>${t("error_technical")}</summary><pre lang="en">${error.name
    ?? "Error"}: ${error.message ?? ""}</pre></details></div>`;
}

/** @param {any} value */
export const plain = (value) => typeof value === "boolean" ? t(value ? "yes" : "no")
  : typeof value === "number" ? (Number.isInteger(value) ? integer(value) : fine(value)) : value;
