/** Questions in plain words: the answer, the query behind it, or "I don't know" and what to ask. */
import { api, connection } from "./api.js";
import { table } from "./charts.js";
import { spreadsheet } from "./csv.js";
import { download, html, toast } from "./html.js";
import { fullDay, hundredths, integer, lang, percent, t } from "./i18n.js";
import { ROUTE, format, go, here } from "./router.js";
import { View, notice } from "./view.js";
import { tidy } from "./words.js";
import { LIST, worklist } from "./worklist.js";

/** @typedef {import("./html.js").Markup} Markup */

const LONGEST = 300;
const EXAMPLES = ["customers", "will_order", "top", "transactions", "silent", "by_month", "pairs",
  "often"];
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** A value of the table as people write it. @param {string} column @param {any} value */
export function cell(column, value) {
  if (value == null) return "–";
  if (column === "customer_id")
    return html`<a href="${format({ page: "shop", id: String(value) })}">${value}</a>`;
  if (column === "product_id") return String(value);
  if (column === "probability") return percent(value);
  if (column === "predicted") return t(value ? "yes" : "no");
  if (typeof value === "number")
    return Number.isInteger(value) ? integer(value) : hundredths(value);
  return DAY.test(value) ? fullDay(value) : tidy(value);
}

/** The query with its parameters under it. @param {{sql: string, parameters: Record<string, any>}} query */
const queried = ({ sql, parameters }) => html`<details class="query"><summary>${t("ask_query")}
  </summary><pre tabindex="0">${sql}${Object.entries(parameters).map(([name, value]) =>
    `\n:${name} = ${JSON.stringify(value)}`)}</pre></details>`;

/** @param {string[]} questions */
const choices = (questions) => html`<ul class="asks">${questions.map((question) => html`<li>
  <a href="${format({ page: "ask", params: { q: question } })}">${question}</a></li>`)}</ul>`;

/** @param {any} answer */
export function told(answer) {
  if (!answer.understood)
    return html`<div class="card" role="status"><h3>${answer.answer}</h3>
      <p class="hint">${t("ask_instead")}</p>${choices(answer.suggestions)}</div>`;
  const { rows, columns, notes } = answer;
  const isTable = rows.length > 0 && answer.value === null;
  const head = columns.map((/** @type {any} */ column) => tidy(column.label));
  const body = isTable && rows.map((/** @type {any[]} */ row) =>
    row.map((value, i) => cell(columns[i].name, value)));
  return html`<div class="card" role="status"><h3>${answer.answer}</h3>
    ${isTable && table(answer.answer, head, body)}
    ${notes.map((/** @type {string} */ note) => html`<p class="hint">${note}</p>`)}
    ${isTable && html`<p><button type="button" class="btn" data-click="save">${t("ask_save")}
    </button></p>`}${queried(answer.query)}</div>`;
}

class Ask extends View {
  actions = {
    ask: () => this.submit(),
    key: (/** @type {any} */ _, /** @type {any} */ event) => {
      if (event.key === "Enter") this.submit();
    },
    save: () => this.save(),
  };

  asked = "";
  /** @type {any} */ answer = null;

  connectedCallback() {
    if (!this.wired) this.wire();
    if (!this.firstElementChild) this.innerHTML = String(this.draw());
    addEventListener(ROUTE, this.follow);
    addEventListener(LIST, this.offer);
    connection.addEventListener("recovered", this.again);
    connection.addEventListener("published", this.renew);
    this.follow();
    this.offer();
  }

  disconnectedCallback() {
    removeEventListener(ROUTE, this.follow);
    removeEventListener(LIST, this.offer);
    connection.removeEventListener("recovered", this.again);
    connection.removeEventListener("published", this.renew);
  }

  draw() {
    return html`<h2>${t("ask_title")}</h2><p class="lead">${t("ask_lead")}</p>
      <div class="asking"><label for="question">${t("ask_label")}</label><input id="question"
      type="text" maxlength="${LONGEST}" autocomplete="off" data-keydown="key"
      placeholder="${t("ask_hint")}"><button type="button" class="btn primary" data-click="ask">
      ${t("ask_button")}</button></div><div class="result" aria-live="polite"></div>`;
  }

  get field() {
    return /** @type {HTMLInputElement} */ (this.querySelector("#question"));
  }

  /** The question stays; what comes of it stands below. @param {any} part */
  write(part) {
    /** @type {HTMLElement} */ (this.querySelector(".result")).innerHTML = String(html`${part}`);
  }

  submit() {
    const question = this.field.value.trim();
    if (!question) return void this.field.focus();
    if (question === this.asked) return void this.show();
    go({ page: "ask", params: { q: question } });
  }

  /** The question stands in the address, so that it can be sent on and gone back to. */
  follow = () => {
    const { page, params } = here();
    const question = page === "ask" ? (params.q ?? "").slice(0, LONGEST) : this.asked;
    if (page !== "ask" || question === this.asked) return;
    this.asked = question;
    this.field.value = question;
    void this.show();
  };

  renew = () => {
    if (this.asked) void this.show();
  };

  /** Examples stand where no question was put yet; shops in them are those of the week. */
  offer = () => {
    if (this.asked) return;
    const customer = worklist.calls?.items?.[0]?.customer_id;
    const put = (/** @type {string} */ name, /** @type {any} */ shop) =>
      t(`ask_e_${name}`, { customer: shop });
    const known = EXAMPLES.filter((name) => customer || put(name, 1) === put(name, 2));
    const questions = known.map((name) => put(name, customer));
    this.write(html`<h3>${t("ask_examples")}</h3>${choices(questions)}`);
  };

  async show() {
    const turn = ++this.turn;
    const question = this.asked;
    this.answer = null;
    if (!question) return this.offer();
    const slow = setTimeout(() => turn === this.turn && this.write(notice(t("ask_working"), question)), 120);
    try {
      const answer = await api("/ask", { body: { question, language: lang } });
      if (turn !== this.turn) return;
      Object.assign(this, { failed: false, tries: 0, answer });
      this.write(told(answer));
    } catch (error) {
      if (turn === this.turn) this.fail(/** @type {any} */ (error));
    } finally {
      clearTimeout(slow);
    }
  }

  /** The table as it is shown, with plain numbers. */
  save() {
    const head = this.answer.columns.map((/** @type {any} */ column) => column.label);
    download("sodai-answer.csv", spreadsheet([head, ...this.answer.rows]), "text/csv");
    toast(t("exported"));
  }
}

customElements.define("sodai-ask", Ask);
