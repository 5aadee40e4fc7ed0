/** One run, live while it goes on: what happened, in the order a reader asks. */
import { api } from "./api.js";
import { html, toast, download } from "./html.js";
import { clock, duration, t } from "./i18n.js";
import { faultOf, isRunning, stepsOf } from "./record.js";
import { ROUTE, parseRun } from "./router.js";
import { sectionsOf } from "./run-sections.js";
import { View, notice, trouble } from "./view.js";

const REFRESH = 2000;

const back = () => html`<a class="btn quiet back" href="#/">← ${t("runs_title")}</a>`;

class Run extends View {
  actions = {
    step: (/** @type {HTMLElement} */ target) => this.choose(target.dataset.step ?? ""),
    logs: (/** @type {HTMLElement} */ target) => void this.showLogs(target.dataset.step ?? ""),
    download: () => this.save(),
    copy: () => this.copy(),
  };

  run = "";
  step = "";
  /** @type {any} */ record = null;
  /** @type {{step: string, lines: any[] | null, error: any} | null} */ logs = null;
  /** @type {Map<string, string>} */ drawnParts = new Map();
  timer = 0;
  ticker = 0;

  connectedCallback() {
    this.run = parseRun(location.hash) ?? "";
    super.connectedCallback();
    addEventListener(ROUTE, () => this.route());
    this.ticker = setInterval(() => this.tick(), 1000);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.ticker);
    clearTimeout(this.timer);
  }

  async route() {
    const run = parseRun(location.hash) ?? "";
    if (run === this.run) return;
    const left = this.run;
    Object.assign(this, { run, step: "", record: null, logs: null, drawnParts: new Map() });
    clearTimeout(this.timer);
    this.innerHTML = "";
    await this.show();
    const target = run ? this.querySelector("h1")
      : document.querySelector(`sodai-runs [data-run="${CSS.escape(left)}"]`);
    /** @type {HTMLElement | null} */ (target)?.focus({ preventScroll: Boolean(run) });
    if (run) scrollTo(0, 0);
  }

  async load() {
    return this.run ? api(`/runs/${encodeURIComponent(this.run)}`) : null;
  }

  /** @param {any} record */
  draw(record) {
    this.record = record;
    this.drawnParts = new Map();
    if (!record) return "";
    this.step ||= faultOf(record)?.name ?? "";
    return html`${back()}${this.parts().map(([name]) => html`<div data-part="${name}"></div>`)}`;
  }

  drawn() {
    if (this.failed) this.insertAdjacentHTML("afterbegin", String(back()));
    if (this.failed || !this.record) return;
    document.title = `SodAI Drinks · ${this.run}`;
    this.patch();
    this.watchOn();
  }

  /** @returns {[string, any][]} */
  parts() {
    return sectionsOf(this.record, { step: this.step, logs: this.logsMarkup() });
  }

  /** Replaces only what changed; what was open stays open. */
  patch() {
    for (const [name, markup] of this.parts()) {
      const box = this.querySelector(`[data-part="${name}"]`);
      const text = String(html`${markup}`);
      if (!box || this.drawnParts.get(name) === text) continue;
      const open = [...box.querySelectorAll("details[open]")].map((d) => d.getAttribute("data-keep"));
      const focused = box.contains(document.activeElement) ? document.activeElement?.id : "";
      box.innerHTML = text;
      for (const details of box.querySelectorAll("details"))
        if (open.includes(details.getAttribute("data-keep"))) details.open = true;
      if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
      this.drawnParts.set(name, text);
    }
    this.tick();
  }

  watchOn() {
    clearTimeout(this.timer);
    if (isRunning(this.record)) this.timer = setTimeout(() => void this.refresh(), REFRESH);
  }

  async refresh() {
    const run = this.run;
    try {
      const record = document.hidden ? this.record : await this.load();
      if (run !== this.run || !record) return;
      this.record = record;
      this.patch();
    } catch {
      // The header says that the service is away; what is shown stays, and is asked for again.
    }
    this.watchOn();
  }

  /** Running times go on between two answers. */
  tick() {
    if (!isRunning(this.record)) return;
    const { attempts, created_at: created } = this.record;
    const since = (Date.now() - Date.parse(attempts?.at(-1)?.started_at ?? created)) / 1000;
    const total = this.querySelector("[data-total]");
    if (total && since >= 0) total.textContent = duration(since);
    for (const step of stepsOf(this.record, Date.now())) {
      const box = step.status === "running" && this.querySelector(`[data-time="${step.name}"]`);
      if (box && step.seconds !== null) box.textContent = duration(step.seconds);
    }
  }

  /** @param {string} step */
  choose(step) {
    this.step = this.step === step ? "" : step;
    this.logs = null;
    this.patch();
  }

  /** @param {string} step */
  async showLogs(step) {
    const run = this.run;
    this.logs = { step, lines: null, error: null };
    this.patch();
    try {
      const path = `/runs/${encodeURIComponent(run)}/logs?state=${encodeURIComponent(step)}`;
      const { lines } = await api(path);
      this.logs = { step, lines, error: null };
    } catch (error) {
      this.logs = { step, lines: [], error };
    }
    if (run === this.run && this.step === step) this.patch();
  }

  logsMarkup() {
    if (!this.logs) return null;
    const { lines, error } = this.logs;
    if (error) return trouble(error);
    if (!lines) return html`<p class="hint">${t("logs_loading")}</p>`;
    if (!lines.length) return notice(t("logs_none_title"), t("logs_none_text"));
    return html`<ol class="logs" tabindex="0" aria-label="${t("logs_title")}">${lines.map((line) =>
      html`<li class="${String(line.level ?? "").toLowerCase()}"><time>${line.timestamp
        ? clock(line.timestamp) : ""}</time><b>${line.level}</b><span>${line.message}</span></li>`)}</ol>`;
  }

  save() {
    download(`${this.run}.json`, JSON.stringify(this.record, null, 2));
  }

  copy() {
    navigator.clipboard.writeText(this.run).then(
      () => toast(t("copied")), () => toast(t("copy_refused")));
  }
}

customElements.define("sodai-run", Run);
