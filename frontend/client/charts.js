/**
 * Small charts as markup. Text is HTML, so it wraps and keeps its size at any width; marks are
 * boxes or a stretched SVG. Each chart is a figure with a sentence for those who listen and its
 * table behind a disclosure.
 */
import { html } from "./html.js";
import { HIGH, MEDIUM, fine, levelOf, percent, t } from "./i18n.js";

/** @typedef {import("./html.js").Markup} Markup */
/** @typedef {{label: any, value: number, text?: string, alarm?: boolean, level?: string}} Bar */

/** @param {string} title @param {any[]} head @param {any[][]} rows first cell names the row */
export const table = (title, head, rows) => html`<div class="scroll" tabindex="0" role="region"
  aria-label="${title}"><table><thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}
  </tr></thead><tbody>${rows.map((row) => html`<tr>${row.map((cell, i) =>
    i ? html`<td>${cell}</td>` : html`<th scope="row">${cell}</th>`)}</tr>`)}</tbody></table></div>`;

/** @param {any} title @param {any} marks @param {Markup | null} [rows] */
export const figure = (title, marks, rows) => html`<figure class="chart">
  <figcaption>${title}</figcaption>${marks}${rows && html`<details data-keep="${title}">
  <summary>${t("as_table")}</summary>${rows}</details>`}</figure>`;

/**
 * Horizontal bars; `limit` draws a threshold; an alarm carries a sign, not only a colour.
 * @param {string} title @param {Bar[]} items
 * @param {{max?: number, limit?: number, show?: (x: number) => string, rows?: Markup | null}}
 *   [options] rows: the table behind it, by default the bars themselves; null: it stands elsewhere
 */
export function bars(title, items, { max, limit, show = fine, rows } = {}) {
  const values = items.map((bar) => Math.abs(bar.value));
  const top = max ?? (Math.max(limit ?? 0, ...values) * 1.05 || 1);
  const share = (/** @type {number} */ x) => Math.min(100, (Math.abs(x) / top) * 100).toFixed(2);
  const text = (/** @type {Bar} */ bar) => bar.text ?? show(bar.value);
  const spoken = items.map((bar) =>
    `${bar.label} ${text(bar)}${bar.alarm ? ` (${t("chart_outside")})` : ""}`);
  const marks = html`<div class="bars" role="img" aria-label="${title}: ${spoken.join("; ")}"
    style="${limit ? `--limit:${share(limit)}%` : ""}">${items.map((bar) => html`<div class="bar">
    <span>${bar.label}</span><i class="${limit ? "limit" : ""}"><b class="${bar.level ?? ""}
    ${bar.alarm ? "alarm" : ""}" style="width:${share(bar.value)}%"></b></i>
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
