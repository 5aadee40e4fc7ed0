/** Today's calls: the shops to ring up, those with the largest expected order first. */
import { api, settings } from "./api.js";
import { spreadsheet } from "./csv.js";
import { download, html, toast } from "./html.js";
import { count, fixed1, fullDay, integer, money, t } from "./i18n.js";
import { NOTED, OUTCOMES, followOtherTabs, isKept, notesOf } from "./notes.js";
import { ROUTE, format, go, here } from "./router.js";
import { View, notice } from "./view.js";
import { productTitle, shopKind, tidy } from "./words.js";

/**
 * @typedef {{customer_id: number, customer_type: string, zone_id: number, place: number | null, expected_units: number,
 *   predicted_products: number, top_product_id: number, top_product_name: string,
 *   top_probability: number}} Call
 * @typedef {{week: string, from: string, to: string, items: Call[], total: number}} Calls
 * @typedef {Map<string, import("./notes.js").Note>} Notes
 */

/** Without accents and capitals. @param {unknown} text */
const plain = (text) => String(text).normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** Every word sought must be found somewhere. @param {Call[]} calls @param {Record<string, string>} wanted */
export function sift(calls, { q = "", type = "", place = "" }) {
  const sought = plain(q).split(/\s+/).filter(Boolean);
  return calls.filter((call) => {
    if (type && call.customer_type !== type) return false;
    if (place && String(call.place) !== place) return false;
    const text = plain(`${call.customer_id} ${call.customer_type} ${call.zone_id} ` +
      `${call.top_product_id} ${call.top_product_name}`);
    return sought.every((word) => text.includes(word));
  });
}

/** Calls of a status: "pending", "called" or an outcome. @param {Call[]} calls @param {Notes} notes */
export const inStatus = (calls, notes, status = "") => calls.filter((call) => {
  const outcome = notes.get(String(call.customer_id))?.outcome ?? "";
  if (!status) return true;
  return status === "pending" ? !outcome : status === "called" ? Boolean(outcome) : outcome === status;
});

/**
 * The next shop down the list that was not called yet, then from the top.
 * @param {Call[]} calls @param {Notes} notes @param {string} from @returns {Call | undefined}
 */
export function nextCall(calls, notes, from) {
  const at = calls.findIndex((call) => String(call.customer_id) === from);
  const waits = (/** @type {Call} */ call) =>
    String(call.customer_id) !== from && !notes.get(String(call.customer_id))?.outcome;
  return [...calls.slice(at + 1), ...calls.slice(0, at + 1)].find(waits);
}

/** Some of a list, evenly from first to last. @template T @param {T[]} items @returns {T[]} */
export function spread(items, n = 4) {
  if (items.length <= n) return items;
  return Array.from({ length: n }, (_, i) => items[Math.round((i * (items.length - 1)) / (n - 1))]);
}

/** What the other views need of the list: what is shown, in its order, and the week. */
export const worklist = {
  /** @type {Calls | null} */ calls: null,
  /** @type {Call[]} */ found: [], // by the search, called or not
  /** @type {Call[]} */ shown: [],
  /** What units are worth, where the stack knows their margin. @type {((units: number) => string) | null} */
  worth: null,
};
export const LIST = "sodai:list";

/** The week that the address names, as a query. */
const weekQuery = () => {
  const { week } = here().params;
  return week ? `?week=${encodeURIComponent(week)}` : "";
};

/** The whole list of one forecast; it comes in pages. @returns {Promise<Calls>} */
async function everyCall() {
  const first = await api(`/calls${weekQuery()}`);
  for (let page = first; page.next_cursor; first.items.push(...page.items)) {
    const rest = new URLSearchParams({ week: first.week, cursor: page.next_cursor });
    page = await api(`/calls?${rest}`);
  }
  return first;
}

class WorkList extends View {
  /** @type {{week: string, current: boolean}[]} */ weeks = [];
  week = "";
  actions = {
    filter: () => this.refilter(),
    clear: () => this.clear(),
    export: () => this.export(),
    week: (/** @type {any} */ field) => this.chooseWeek(field.value),
    move: (/** @type {HTMLElement} */ _, /** @type {any} */ event) => this.move(event),
  };

  connectedCallback() {
    super.connectedCallback();
    addEventListener(ROUTE, () => ((here().params.week ?? "") === this.week ? this.mark() : void this.show()));
    addEventListener(NOTED, () => this.list());
    followOtherTabs();
  }

  /** The week that the address names, else the newest. */
  async load() {
    const [calls, { unitMargin = 0, currency = "CLP" }] = await Promise.all([
      everyCall(), settings()]);
    const told = money(currency);
    worklist.worth = unitMargin > 0 ? (units) => told(units * unitMargin) : null;
    this.week = here().params.week ?? "";
    void this.loadWeeks();
    return calls;
  }

  /** Which weeks there are may stay unknown, and the list does not wait for it. */
  async loadWeeks() {
    const weeks = await api("/weeks").catch(() => null);
    this.weeks = weeks?.items ?? [];
    this.list();
  }

  /** @param {Calls} calls */
  draw(calls) {
    worklist.calls = calls;
    if (!calls.items.length) return notice(t("calls_none_title"), t("calls_none_text"));
    const { q = "", type = "", place = "", status = "" } = here().params;
    const types = [...new Set(calls.items.map((call) => call.customer_type))].sort();
    const places = [...new Set(calls.items.flatMap((call) => call.place ?? []))].sort((a, b) => a - b);
    return html`<h2 class="sr">${t("calls_title")}</h2>
      <form class="filters" role="search"><input type="search" name="q" data-input="filter"
        aria-label="${t("calls_search")}" placeholder="${t("calls_search")}" value="${q}"
        autocomplete="off">
        ${choice("type", type, [["", t("calls_all_types")], ...types.map((name) => [name, tidy(name)])])}
        ${choice("place", place, [["", t("calls_all_places")], ...places.map((id) =>
          [String(id), `${t("shop_sector_name")} ${id}`])])}
        ${choice("status", status, [["", t("calls_all_status")], ["pending", t("calls_pending")],
          ["called", t("calls_called")], ...OUTCOMES.map((name) => [name, t(`call_${name}`)])])}</form>
      <p class="summary" role="status"></p>
      <div class="called"></div><div class="rows" data-keydown="move"></div>`;
  }

  drawn() {
    this.querySelector("form")?.addEventListener("submit", (event) => event.preventDefault());
    this.list();
  }

  refilter() {
    const form = /** @type {HTMLFormElement} */ (this.querySelector("form"));
    const wanted = Object.fromEntries([...new FormData(form)].map(([k, v]) => [k, String(v)]));
    const { page, id, params } = here();
    go({ page, id, params: { ...params, ...wanted } }, { replace: true });
    this.list();
  }

  /** @param {string} week */
  chooseWeek(week) {
    const { page, id, params } = here();
    go({ page, id, params: { ...params, week } });
  }

  clear() {
    this.querySelector("form")?.reset();
    for (const field of this.querySelectorAll("form :is(input, select)"))
      /** @type {HTMLInputElement} */ (field).value = "";
    this.refilter();
    /** @type {HTMLElement | null} */ (this.querySelector("input"))?.focus();
  }

  list() {
    const box = this.querySelector(".rows");
    if (!box || !worklist.calls) return;
    const { items, week, total } = worklist.calls;
    const { params } = here();
    const notes = notesOf(week);
    worklist.found = sift(items, params);
    worklist.shown = inStatus(worklist.found, notes, params.status);
    const most = Math.max(...items.map((call) => call.expected_units), 1);
    const focused = box.contains(document.activeElement)
      && document.activeElement?.getAttribute("data-id");
    box.innerHTML = String(worklist.shown.length
      ? html`<ol aria-label="${t("calls_title")}">${worklist.shown.map((call) =>
        this.row(call, most, params, notes.get(String(call.customer_id))))}</ol>`
      : notice(t("calls_nomatch_title"), t("calls_nomatch_text"), html`<button type="button"
        class="btn" data-click="clear">${t("calls_clear")}</button>`));
    const units = worklist.shown.reduce((sum, call) => sum + call.expected_units, 0);
    const of = worklist.shown.length < total
      ? html`<b>${integer(worklist.shown.length)}</b> ${t("calls_of", { n: integer(total) })}`
      : html`<b>${integer(total)}</b> ${t("calls_shops")}`;
    /** @type {Element} */ (this.querySelector(".summary")).innerHTML = String(
      html`<span>${of} · ${t("calls_units", {
        n: integer(units) })}${worklist.worth && ` · ${worklist.worth(units)}`}</span>
        ${this.weekChoice(week)}`);
    /** @type {Element} */ (this.querySelector(".called")).innerHTML = String(
      called([...notes.values()].filter((note) => note.outcome).length, total));
    this.mark();
    if (focused) /** @type {HTMLElement | null} */ (this.querySelector(`a[data-id="${focused}"]`))?.focus();
    dispatchEvent(new Event(LIST));
  }

  /** @param {string} shown */
  weekChoice(shown) {
    const weeks = this.weeks.some(({ week }) => week === shown) ? this.weeks : [];
    if (weeks.length < 2) return html`<span>${t("week_of", { d: fullDay(shown) })}</span>`;
    return html`<select class="weeks" data-change="week" aria-label="${t("calls_week")}">
      ${weeks.map(({ week, current }) => html`<option value="${current ? "" : week}"
      ${week === shown && html`selected`}>${t("week_of", { d: fullDay(week) })}</option>`)}</select>`;
  }

  /** What was noted this week, as a file. */
  export() {
    const { week, items } = /** @type {Calls} */ (worklist.calls);
    const notes = notesOf(week);
    if (!notes.size) return toast(t("calls_nothing_noted"));
    const shops = new Map(items.map((call) => [String(call.customer_id), call]));
    const rows = [...notes].map(([id, { outcome, note, at }]) => [week, id,
      shops.get(id)?.customer_type, shops.get(id)?.expected_units,
      outcome && t(`call_${outcome}`), note, at]);
    const head = ["week", "customer_id", "customer_type", "expected_units", "outcome", "note", "noted_at"];
    download(`sodai-calls-${week}.csv`, spreadsheet([head, ...rows]), "text/csv");
    toast(t("exported"));
  }

  /**
   * @param {Call} call @param {number} most @param {Record<string, string>} params
   * @param {import("./notes.js").Note | undefined} note
   */
  row(call, most, params, note) {
    const address = format({ page: "shop", id: String(call.customer_id), params });
    return html`<li><a href="${address}" data-id="${call.customer_id}" tabindex="-1">
      <span class="who"><b>${call.customer_id}</b> <small>${shopKind(call)}</small></span>
      <span class="val">${valued(call.expected_units)}</span>
      <span class="top">${productTitle(call.top_product_name)}</span>
      ${note?.outcome ? html`<span class="tag ${note.outcome}">${t(`call_${note.outcome}`)}</span>`
        : html`<span class="meter" title="${count("calls_predicted", call.predicted_products)}"><i
        style="width:${widthOf(call.expected_units / most)}%"></i></span>`}</a></li>`;
  }

  mark() {
    const { page, id } = here();
    const links = [...this.querySelectorAll("a[data-id]")];
    const open = links.find((a) => page === "shop" && a.getAttribute("data-id") === id);
    for (const link of links) {
      if (link === open) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
      link.setAttribute("tabindex", link === (open ?? links[0]) ? "0" : "-1");
    }
  }

  /** One tab stop; arrows, Home and End walk the list. @param {KeyboardEvent} event */
  move(event) {
    const links = /** @type {HTMLElement[]} */ ([...this.querySelectorAll("a[data-id]")]);
    const at = links.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    /** @type {Record<string, number>} */
    const targets = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 };
    const to = targets[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    const next = links[Math.max(0, Math.min(links.length - 1, to))];
    links[at].setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
  }
}

/** What a call is worth: in money where the margin is known, else in units. @param {number} units */
export const valued = (units) => worklist.worth
  ? html`<b>${worklist.worth(units)}</b> <small>${fixed1(units)} ${t("units")}</small>`
  : html`<b>${fixed1(units)}</b> <small>${t("units")}</small>`;

/** @param {string} name @param {string} chosen @param {string[][]} options value and text */
const choice = (name, chosen, options) => html`<select name="${name}" data-change="filter"
  aria-label="${t(`calls_${name}`)}">${options.map(([value, text]) => html`<option value="${value}"
  ${value === chosen && html`selected`}>${text}</option>`)}</select>`;

/** How far the week's calls have come. @param {number} n @param {number} total */
const called = (n, total) => html`<span><b>${integer(n)}</b> ${t("calls_called_of", {
  n: integer(total) })}</span><progress max="${total}" value="${n}" aria-label="${t("calls_called")}">
  </progress><button type="button" class="btn quiet small" data-click="export">${t("export")}</button>
  ${!isKept() && html`<p class="hint cold" role="alert">${t("calls_not_kept")}</p>`}`;

/** @param {number} share */
const widthOf = (share) => (Math.max(0, share) * 100).toFixed(1);

customElements.define("sodai-worklist", WorkList);
