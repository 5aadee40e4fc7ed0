/** A file of pairs, read in the browser and scored in chunks: a reason per bad line, nothing lost. */
import { api } from "./api.js";
import { chip } from "./charts.js";
import { decode, parseCsv, readPairs, spreadsheet } from "./csv.js";
import { download, html, toast } from "./html.js";
import { count, integer, t } from "./i18n.js";
import { View, notice } from "./view.js";
import { worklist } from "./worklist.js";

/** @typedef {import("./csv.js").Line} Line */

const CHUNK = 500;
const LARGEST = 20e6; // bytes; some 1.5 million pairs
const SHOWN = 100;

/** Lines that were not answered: their chunk failed, or was not asked for yet. @param {Line} line */
const isOpen = (line) => line.score === null && (line.error === "" || line.error === "failed");

/**
 * Scores the open lines, chunk by chunk; a chunk that fails marks its own lines only. All chunks
 * are answered for one week: the one given, else that of the first answer. Returns it.
 * @param {Line[]} lines
 * @param {(pairs: any[], week: string) => Promise<{predictions: any[]}>} send
 * @param {{week?: string, progress?: (share: number) => void, signal?: AbortSignal,
 *   size?: number}} [how]
 */
export async function score(lines, send, { week = "", progress = () => {}, signal, size = CHUNK } = {}) {
  const open = lines.filter(isOpen);
  for (let i = 0; i < open.length && !signal?.aborted; i += size) {
    const chunk = open.slice(i, i + size);
    try {
      const { predictions } = await send(chunk.map(({ customer, product }) => (
        { customer_id: Number(customer), product_id: Number(product) })), week);
      week ||= predictions[0]?.week ?? "";
      chunk.forEach((line, j) => answer(line, predictions[j]));
    } catch (error) {
      if (signal?.aborted) break;
      for (const line of chunk) {
        line.error = "failed";
        line.message = /** @type {Error} */ (error).message;
      }
    }
    progress(Math.min(1, (i + size) / open.length));
  }
  return week;
}

/** @param {Line} line @param {any} found */
function answer(line, found) {
  line.score = found?.prediction_score ?? null;
  line.level = found?.recommendation_confidence ?? "";
  line.error = line.score === null ? found?.error ?? "failed" : "";
  line.message = "";
}

/** What is wrong with a line, in words. @param {Line} line */
const wrong = ({ error, message }) =>
  error === "failed" && message ? message : error && t(`line_${error}`);

class Batch extends View {
  actions = {
    file: (/** @type {any} */ field) => {
      void this.read(field.files[0]);
      field.value = ""; // the same file may be chosen again
    },
    sample: () => this.sample(),
    cancel: () => this.stop?.abort(),
    again: () => void this.run(),
    save: () => this.save(),
    positives: (/** @type {any} */ button) => void this.positives(button),
  };

  /** @type {Line[]} */ lines = [];
  /** @type {AbortController | null} */ stop = null;
  name = "";
  week = "";

  connectedCallback() {
    if (!this.wired) this.wire();
    if (!this.firstElementChild) this.innerHTML = String(this.draw());
    const drop = /** @type {HTMLElement} */ (this.querySelector(".drop"));
    for (const [type, over] of /** @type {const} */ ([["dragover", true], ["dragleave", false],
      ["drop", false]])) drop.addEventListener(type, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", over);
    });
    drop.addEventListener("drop", (event) => void this.read(event.dataTransfer?.files[0]));
  }

  /** A forecast that is published meanwhile takes nothing away from what was scored. */
  disconnectedCallback() {}

  draw() {
    return html`<h2>${t("batch_title")}</h2><p class="lead">${t("batch_lead")}</p>
      <label class="drop"><input type="file" accept=".csv,.txt,text/csv" data-change="file">
      <b>${t("batch_choose")}</b><small>customer_id, product_id</small></label>
      <p><button type="button" class="btn quiet" data-click="sample">${t("batch_sample")}</button></p>
      <div class="result" aria-live="polite"></div>
      <section><h3>${t("batch_positives")}</h3><p>${t("batch_positives_text")}</p><button type="button"
      class="btn" data-click="positives">${t("batch_positives_save")}</button></section>`;
  }

  /** @param {any} part */
  say(part) {
    /** @type {HTMLElement} */ (this.querySelector(".result")).innerHTML = String(html`${part}`);
  }

  /** @param {File | undefined} file */
  async read(file) {
    if (!file) return;
    this.stop?.abort();
    if (file.size > LARGEST) return this.say(notice(t("batch_unread"), t("batch_large")));
    const lines = readPairs(parseCsv(decode(await file.arrayBuffer())));
    if (!lines.length) return this.say(notice(t("batch_unread"), t("batch_empty")));
    Object.assign(this, { name: file.name, lines, week: "" });
    await this.run();
  }

  async run() {
    const stop = (this.stop = new AbortController());
    const { lines } = this;
    this.say(html`<div class="card progress"><p><b>${this.name}</b> · ${count("batch_lines",
      lines.length)}</p><progress max="1" value="0" aria-label="${t("batch_progress")}"></progress>
      <button type="button" class="btn" data-click="cancel">${t("cancel")}</button></div>`);
    const bar = /** @type {HTMLProgressElement} */ (this.querySelector(".result progress"));
    const send = (/** @type {any[]} */ pairs, /** @type {string} */ week) => api("/predict/batch", {
      body: { customer_product_pairs: pairs, week: week || null }, timeoutMs: 30000,
      signal: stop.signal });
    const week = await score(lines, send, {
      week: this.week, signal: stop.signal, progress: (share) => (bar.value = share) });
    if (this.lines !== lines || this.stop !== stop) return;
    this.week = week;
    this.report();
  }

  report() {
    const { lines } = this;
    const open = lines.filter(isOpen).length;
    const wrongs = lines.filter((line) => line.error);
    const scored = lines.filter((line) => line.score !== null);
    const high = scored.filter((line) => line.level === "high").length;
    const first = [...wrongs, ...scored].slice(0, SHOWN);
    const facts = [["batch_scored", scored.length], ["batch_high", high],
      ["batch_wrong", wrongs.length]];
    const cancelled = lines.length - scored.length - wrongs.length;
    if (cancelled) facts.push(["batch_unasked", cancelled]);
    this.say(html`<div class="facts">${facts.map(([key, n]) => html`<div><small>${t(String(key))}
      </small><b>${integer(Number(n))}</b></div>`)}</div>
      <p class="buttons"><button type="button" class="btn primary" data-click="save">
      ${t("batch_save")}</button>${open > 0 && html`<button type="button" class="btn"
      data-click="again">${t(cancelled ? "batch_resume" : "batch_again")}</button>`}</p>
      <div class="scroll lines" tabindex="0" role="region" aria-label="${t("batch_title")}">
      <table><thead><tr>${["batch_line", "shop_one", "shop_product", "batch_result"].map((key) =>
        html`<th scope="col">${t(key)}</th>`)}</tr></thead><tbody>${first.map((line) => html`<tr>
        <th scope="row">${integer(line.line)}</th><td>${line.customer}</td><td>${line.product}</td>
        <td>${line.score === null ? html`<span class="bad">✕ ${wrong(line)}</span>`
          : chip(line.score, line.level)}</td></tr>`)}</tbody></table></div>
      ${lines.length > first.length && html`<p class="hint">${t("batch_first", {
        n: integer(first.length), of: integer(lines.length) })}</p>`}`);
  }

  /** Every line of the file, in its order. */
  save() {
    const head = ["line", "customer_id", "product_id", "probability", "confidence", "error"];
    const rows = this.lines.map((line) => [line.line, line.customer, line.product, line.score,
      line.level && t(`level_${line.level}`), line.score === null && isOpen(line) && !line.error
        ? t("line_unasked") : wrong(line)]);
    download(`scores-${this.name}`, spreadsheet([head, ...rows]), "text/csv");
    toast(t("exported"));
  }

  /** The pairs that the forecast predicts, as a file. @param {HTMLButtonElement} button */
  async positives(button) {
    button.disabled = true;
    try {
      const { week } = worklist.calls ?? (await api("/calls?limit=1"));
      const text = await api(`/predictions/positives?week=${week}`, { as: "text" });
      download(`sodai-positives-${week}.csv`, text, "text/csv");
      toast(t("exported"));
    } catch (error) {
      toast(/** @type {Error} */ (error).message);
    } finally {
      button.disabled = false;
    }
  }

  /** A file to try with: pairs of this week. */
  sample() {
    const calls = worklist.calls?.items ?? [];
    const pairs = calls.filter((call) => call.top_product_id != null).slice(0, 20);
    const rows = pairs.map((call) => [call.customer_id, call.top_product_id]);
    download("sodai-pairs.csv", spreadsheet([["customer_id", "product_id"], ...rows]), "text/csv");
  }
}

customElements.define("sodai-batch", Batch);
