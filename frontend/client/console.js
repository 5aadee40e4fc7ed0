/** The run console: a page of its own, without Gradio. The list of runs, and one that is open. */
import "./topbar.js";
import { api, watch } from "./api.js";
import { html } from "./html.js";
import { t } from "./i18n.js";
import { ROUTE, followAddress, formatRun, parseRun } from "./router.js";
import { runRow, runTable } from "./runs.js";
import { View, notice } from "./view.js";
import "./run.js";

const SOON = 4000;
const SELDOM = 30000;

class Runs extends View {
  timer = 0;

  connectedCallback() {
    super.connectedCallback();
    addEventListener(ROUTE, () => {
      if (!parseRun(location.hash)) this.show();
    });
  }

  load() {
    return api("/runs");
  }

  /** @type {string | undefined} the row that has the focus while all are drawn anew */
  focused;

  /** @param {{items: any[]}} runs */
  draw({ items }) {
    this.focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset.run;
    const running = items.some((run) => run.status === "running");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), running ? SOON : SELDOM);
    if (!items.length) return html`<h1>${t("runs_title")}</h1>
      ${notice(t("runs_none_title"), t("runs_none_text"))}`;
    return html`<h1>${t("runs_title")}</h1><p class="lead">${t("runs_lead")}</p>
      ${runTable(items.map((run) => runRow(run, formatRun(run.run))))}`;
  }

  drawn() {
    const row = this.focused && this.querySelector(`[data-run="${CSS.escape(this.focused)}"]`);
    /** @type {HTMLElement | null} */ (row || null)?.focus({ preventScroll: true });
  }

  refresh() {
    if (!parseRun(location.hash) && !document.hidden) this.show();
    else this.timer = setTimeout(() => this.refresh(), SOON);
  }
}

customElements.define("sodai-runs", Runs);

function follow() {
  const open = Boolean(parseRun(location.hash));
  document.querySelector("main")?.classList.toggle("open", open);
  if (!open) document.title = `SodAI Drinks · ${t("runs_title")}`;
}

followAddress();
addEventListener(ROUTE, follow);
for (const type of ["online", "offline"]) addEventListener(type, () => void watch());
follow();
void watch();
