/**
 * Small charts as markup. Text is HTML, so it wraps and keeps its size at any width; marks are
 * boxes or a stretched SVG. Each chart is a figure with a sentence for those who listen and its
 * table behind a disclosure.
 */
import { html } from "./html.js";
import { HIGH, MEDIUM, fine, integer, levelOf, percent, t } from "./i18n.js";

/** @typedef {import("./html.js").Markup} Markup */
/** @typedef {{label: any, value: number, text?: string, alarm?: boolean, level?: string}} Bar */

const WORD = /^\p{L}.*\p{L}{2}/u;

/**
 * Numbers stand to the right, words to the left.
 * @param {string} title @param {any[]} head @param {any[][]} rows first cell names the row
 */
export function table(title, head, rows) {
  const side = head.map((_, i) =>
    rows.some((row) => typeof row[i] === "string" && WORD.test(row[i])) && html` class="text"`);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${title}"><table><thead><tr>
    ${head.map((name, i) => html`<th scope="col"${side[i]}>${name}</th>`)}</tr></thead><tbody>
    ${rows.map((row) => html`<tr>${row.map((cell, i) => i ? html`<td${side[i]}>${cell}</td>`
      : html`<th scope="row">${cell}</th>`)}</tr>`)}</tbody></table></div>`;
}

/** @param {any} title @param {any} marks @param {Markup | null} [rows] */
export const figure = (title, marks, rows) => html`<figure class="chart">
  <figcaption>${title}</figcaption>${marks}${rows && html`<details data-keep="${title}">
  <summary>${t("as_table")}</summary>${rows}</details>`}</figure>`;

/**
 * Horizontal bars; `limit` draws a threshold; an alarm carries a sign, not only a colour.
 * @param {string} title @param {Bar[]} items
 * @param {{max?: number, limit?: number, signs?: boolean, long?: boolean, rows?: Markup | null,
 *   show?: (x: number) => string}} [options] signs: negative values grow to the left of the
 *   middle; long: names take half of the width; rows: the table behind it, by default the bars themselves; null: it stands elsewhere
 */
export function bars(title, items, { max, limit, signs = false, long = false, show = fine, rows } = {}) {
  const values = items.map((bar) => Math.abs(bar.value));
  const top = (max ?? (Math.max(limit ?? 0, ...values) * 1.05 || 1)) * (signs ? 2 : 1);
  const share = (/** @type {number} */ x) => Math.min(100, (Math.abs(x) / top) * 100).toFixed(2);
  const text = (/** @type {Bar} */ bar) => bar.text ?? show(bar.value);
  const spoken = items.map((bar) =>
    `${bar.label} ${text(bar)}${bar.alarm ? ` (${t("chart_outside")})` : ""}`);
  const marks = html`<div class="bars ${signs && "signs"} ${long && "long"}" role="img"
    aria-label="${title}: ${spoken.join("; ")}"
    style="${limit ? `--limit:${share(limit)}%` : ""}">${items.map((bar) => html`<div class="bar">
    <span>${bar.label}</span><i class="${limit ? "limit" : ""}"><b class="${bar.level ?? ""}
    ${bar.alarm ? "alarm" : ""} ${bar.value < 0 ? "less" : ""}" style="width:${share(bar.value)}%"></b></i>
    <em>${text(bar)}${bar.alarm && html`<span aria-hidden="true"> ▲</span>`}</em></div>`)}</div>
    ${limit && html`<p class="key"><i class="dash"></i>${t("chart_limit")} ${show(limit)}</p>`}`;
  const plain = items.map((bar) => [bar.label, text(bar)]);
  return figure(title, marks,
    rows === undefined ? table(title, [t("chart_name"), t("chart_value")], plain) : rows);
}

/** @param {number[]} values @param {string} label @param {string[]} [tips] one per value */
export function columns(values, label, tips = []) {
  const top = Math.max(1, ...values);
  const step = 100 / Math.max(1, values.length);
  return html`<svg class="columns" viewBox="0 0 100 100" preserveAspectRatio="none" role="img"
    aria-label="${label}">${values.map((value, i) => {
      const height = value > 0 ? Math.max(4, (value / top) * 100) : 3;
      return html`<rect class="${value > 0 ? "" : "zero"}" x="${((i + 0.1) * step).toFixed(2)}"
        width="${(step * 0.8).toFixed(2)}" y="${(100 - height).toFixed(2)}"
        height="${height.toFixed(2)}"><title>${tips[i] ?? value}</title></rect>`;
    })}</svg>`;
}

/** Colour is never alone: the level is written too. @param {number} p @param {string} [level] */
export const chip = (p, level = levelOf(p)) =>
  html`<span class="chip ${level}">${percent(p)} <small>${t(`level_${level}`)}</small></span>`;

/** Where a probability lies among the three zones. @param {number} p */
export const gauge = (p) => html`<div class="gauge" role="img" aria-label="${t("gauge_label", {
  p: percent(p), level: t(`level_${levelOf(p)}`) })}" style="--medium:${MEDIUM * 100}%;
  --high:${HIGH * 100}%"><div class="zones"><i class="low"></i><i class="medium"></i>
  <i class="high"></i><b style="left:${(p * 100).toFixed(1)}%"></b></div>
  <div class="scale"><span>${percent(0)}</span><span style="left:${MEDIUM * 100}%">${percent(MEDIUM)}</span>
  <span style="left:${HIGH * 100}%">${percent(HIGH)}</span><span>${percent(1)}</span></div></div>`;

/** @param {[number, number][]} points of a square of 100, y upwards */
const path = (points) => points.map(([x, y], i) =>
  `${i ? "L" : "M"}${x.toFixed(2)} ${(100 - y).toFixed(2)}`).join("");

/** @param {[number, number][]} points */
const dots = (points) => points.map((point) => `${path([point])}h0`).join("");

/** @typedef {{name: string, values: (number | null)[], out?: boolean[]}} Series */

/**
 * Lines over an ordered axis, with a control limit; a value that is out is marked and named.
 * @param {string} title @param {string[]} labels @param {Series[]} series
 * @param {{head: string, show?: (x: number) => string, limit?: (number | null)[]}} options
 */
export function lines(title, labels, series, { head, show = fine, limit = [] }) {
  const all = [...series.flatMap((one) => one.values), ...limit].filter((v) => v !== null);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const pad = (high - low) * 0.12 || Math.abs(high) * 0.05 || 1;
  /** @param {(number | null)[]} values @returns {[number, number][]} */
  const at = (values) => values.flatMap((v, i) => (v === null ? [] : [[
    labels.length > 1 ? (i / (labels.length - 1)) * 100 : 50,
    ((v - low + pad) / (high - low + 2 * pad)) * 100]]));
  const text = (/** @type {number | null | undefined} */ v) => (v == null ? "–" : show(v));
  const outside = at(series[0].values.map((v, i) => (series[0].out?.[i] ? v : null)));
  const drawnLimit = at(limit);
  const spoken = series.map((one) => `${one.name} ${text(one.values.at(-1))} (${labels.at(-1)})`);
  if (outside.length) spoken.push(`${t("chart_outside")}: ${outside.length}`);
  const marks = html`<div class="plot"><span class="y">${show(high)}</span><span class="y y0">${show(low)}</span>
    <svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="${title}: ${spoken.join("; ")}">
    ${[0, 25, 50, 75, 100].map((y) => html`<path class="grid" d="M0 ${y}H100"/>`)}
    ${drawnLimit.length > 0 && html`<path class="limit" d="${path(drawnLimit)}"/>`}
    ${[...series].reverse().map((one) => {
      const kind = `s${series.indexOf(one)}`;
      return html`<path class="line ${kind}" d="${path(at(one.values))}"/>
        <path class="dot ${kind}" d="${dots(at(one.values))}"/>`;
    })}${outside.length > 0 && html`<path class="dot out" d="${dots(outside)}"/>`}</svg>
    <span class="x">${labels[0]}</span><span class="x end">${labels.length > 1 && labels.at(-1)}</span></div>
    <p class="key">${series.map((one, i) => html`<i class="s${i}"></i>${one.name}`)}
    ${drawnLimit.length > 0 && html`<i class="dash"></i>${t("chart_limit")}`}
    ${outside.length > 0 && html`<i class="point out"></i>${t("chart_outside")}`}</p>`;
  const rows = labels.map((label, i) => [label, ...series.map((one) => text(one.values[i])),
    ...(drawnLimit.length ? [text(limit[i])] : [])]);
  const names = [head, ...series.map((one) => one.name), ...(drawnLimit.length ? [t("chart_limit")] : [])];
  return figure(title, marks, table(title, names, rows));
}

/**
 * Probabilities against what was observed; on the diagonal both are equal.
 * @param {string} title
 * @param {{mean_probability: number, observed_rate: number, pairs: number}[]} bins
 */
export function calibration(title, bins) {
  const points = bins.map((bin) => /** @type {[number, number]} */ (
    [bin.mean_probability * 100, bin.observed_rate * 100]));
  const pairs = bins.reduce((sum, bin) => sum + bin.pairs, 0);
  const apart = bins.reduce((sum, bin) =>
    sum + bin.pairs * Math.abs(bin.mean_probability - bin.observed_rate), 0) / Math.max(1, pairs);
  const marks = html`<div class="plot square"><span class="y">${percent(1)}</span><span class="y y0">
    ${percent(0)}</span><svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img"
    aria-label="${title}: ${t("calibration_apart", { p: percent(apart) })}">
    ${[0, 25, 50, 75, 100].map((y) => html`<path class="grid" d="M0 ${y}H100"/>`)}
    <path class="limit" d="M0 100L100 0"/><path class="line s0" d="${path(points)}"/>
    <path class="dot s0" d="${dots(points)}"/></svg><span class="x">${percent(0)}</span>
    <span class="x end">${percent(1)}</span></div><p class="key"><i class="s0"></i>
    ${t("calibration_observed")}<i class="dash"></i>${t("calibration_ideal")}</p>`;
  const head = ["calibration_predicted", "calibration_observed", "calibration_pairs"];
  const rows = bins.map((bin) => [percent(bin.mean_probability), percent(bin.observed_rate),
    integer(bin.pairs)]);
  return figure(title, marks, table(title, head.map((key) => t(key)), rows));
}

/**
 * Points in order and the best so far as a line.
 * @param {string} title @param {{label: string, value: number, faint?: boolean}[]} points
 * @param {{show?: (x: number) => string, rows?: Markup, key: [string, string]}} options
 */
export function search(title, points, { show = fine, rows, key }) {
  const values = points.map((point) => point.value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const pad = (high - low) * 0.1 || Math.abs(high) * 0.05 || 1;
  const x = (/** @type {number} */ i) =>
    (points.length > 1 ? 1 + (i / (points.length - 1)) * 98 : 50).toFixed(2);
  const y = (/** @type {number} */ v) =>
    ((1 - (v - low + pad) / (high - low + 2 * pad)) * 100).toFixed(2);
  let best = -Infinity;
  const line = points.map(({ value }, i) => {
    const before = best;
    best = Math.max(best, value);
    return i ? `H${x(i)}${best > before ? `V${y(best)}` : ""}` : `M${x(i)} ${y(best)}`;
  });
  const dots = points.map(({ value, faint }, i) => html`<path class="dot ${faint ? "faint" : ""}"
    d="M${x(i)} ${y(value)}h0"/>`);
  const marks = html`<div class="plot"><span class="y">${show(high)}</span>
    <span class="y y0">${show(low)}</span><svg viewBox="0 0 100 100" preserveAspectRatio="none"
    role="img" aria-label="${title}: ${t("chart_best", { v: show(high) })}">
    ${[0, 50, 100].map((at) => html`<path class="grid" d="M0 ${at}H100"/>`)}
    <path class="line" d="${line.join("")}"/>${dots}</svg><span class="x">${points[0]?.label}</span>
    <span class="x end">${points.at(-1)?.label}</span></div>
    <p class="key"><i class="point"></i>${key[0]}<i></i>${key[1]}</p>`;
  return figure(title, marks, rows);
}
