/** Today's calls: the shops to ring up, those with the largest expected order first. */
import { api } from "./api.js";
import { html } from "./html.js";
import { count, fixed1, fullDay, integer, t } from "./i18n.js";
import { ROUTE, format, go, here } from "./router.js";
import { View, notice } from "./view.js";
import { productTitle, shopKind, tidy } from "./words.js";

/**
 * @typedef {{customer_id: number, customer_type: string, zone_id: number, expected_units: number,
 *   predicted_products: number, top_product_id: number, top_product_name: string,
 *   top_probability: number}} Call
 * @typedef {{week: string, from: string, to: string, items: Call[], total: number}} Calls
 */

/** Without accents and capitals. @param {unknown} text */
const plain = (text) => String(text).normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** Every word sought must be found somewhere. @param {Call[]} calls @param {Record<string, string>} wanted */
export function sift(calls, { q = "", type = "" }) {
  const sought = plain(q).split(/\s+/).filter(Boolean);
  return calls.filter((call) => {
    if (type && call.customer_type !== type) return false;
    const text = plain(`${call.customer_id} ${call.customer_type} ${call.zone_id} ` +
      `${call.top_product_id} ${call.top_product_name}`);
    return sought.every((word) => text.includes(word));
  });
}

/** Some of a list, evenly from first to last. @template T @param {T[]} items @returns {T[]} */
export function spread(items, n = 4) {
  if (items.length <= n) return items;
  return Array.from({ length: n }, (_, i) => items[Math.round((i * (items.length - 1)) / (n - 1))]);
}

/** What the shop view needs of the list: what is shown, in its order, and the week. */
export const worklist = {
  /** @type {Calls | null} */ calls: null,
  /** @type {Call[]} */ shown: [],
};
export const LIST = "sodai:list";

class WorkList extends View {
  actions = {
    filter: () => this.refilter(),
    clear: () => this.clear(),
    move: (/** @type {HTMLElement} */ _, /** @type {any} */ event) => this.move(event),
  };

  connectedCallback() {
    super.connectedCallback();
    addEventListener(ROUTE, () => this.mark());
  }

  load() {
    return api("/calls");
  }

  /** @param {Calls} calls */
  draw(calls) {
    worklist.calls = calls;
    if (!calls.items.length) return notice(t("calls_none_title"), t("calls_none_text"));
    const { q = "", type = "" } = here().params;
    const types = [...new Set(calls.items.map((call) => call.customer_type))].sort();
    return html`<h2 class="sr">${t("calls_title")}</h2>
      <form class="filters" role="search"><input type="search" name="q" data-input="filter"
        aria-label="${t("calls_search")}" placeholder="${t("calls_search")}" value="${q}"
        autocomplete="off"><select name="type" data-change="filter" aria-label="${t("calls_type")}">
        <option value="">${t("calls_all_types")}</option>${types.map((name) => html`<option
          value="${name}" ${name === type && html`selected`}>${tidy(name)}</option>`)}</select></form>
      <p class="summary" role="status"></p><div class="rows" data-keydown="move"></div>`;
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

  clear() {
    this.querySelector("form")?.reset();
    for (const field of this.querySelectorAll("input, select"))
      /** @type {HTMLInputElement} */ (field).value = "";
    this.refilter();
    /** @type {HTMLElement | null} */ (this.querySelector("input"))?.focus();
  }

  list() {
    const box = this.querySelector(".rows");
    if (!box || !worklist.calls) return;
    const { items, week, total } = worklist.calls;
    const { params } = here();
    worklist.shown = sift(items, params);
    const most = Math.max(...items.map((call) => call.expected_units), 1);
    box.innerHTML = String(worklist.shown.length
      ? html`<ol aria-label="${t("calls_title")}">${worklist.shown.map((call) =>
        this.row(call, most, params))}</ol>`
      : notice(t("calls_nomatch_title"), t("calls_nomatch_text"), html`<button type="button"
        class="btn" data-click="clear">${t("calls_clear")}</button>`));
    const units = worklist.shown.reduce((sum, call) => sum + call.expected_units, 0);
    const of = worklist.shown.length < total
      ? html`<b>${integer(worklist.shown.length)}</b> ${t("calls_of", { n: integer(total) })}`
      : html`<b>${integer(total)}</b> ${t("calls_shops")}`;
    /** @type {Element} */ (this.querySelector(".summary")).innerHTML = String(
      html`<span>${of} · ${t("calls_units", { n: integer(units) })}</span>
        <span>${t("week_of", { d: fullDay(week) })}</span>`);
    this.mark();
    dispatchEvent(new Event(LIST));
  }

  /** @param {Call} call @param {number} most @param {Record<string, string>} params */
  row(call, most, params) {
    const address = format({ page: "shop", id: String(call.customer_id), params });
    return html`<li><a href="${address}" data-id="${call.customer_id}" tabindex="-1">
      <span class="who"><b>${call.customer_id}</b> <small>${shopKind(call)}</small></span>
      <span class="val"><b>${fixed1(call.expected_units)}</b> <small>${t("units")}</small></span>
      <span class="top">${productTitle(call.top_product_name)}</span>
      <span class="meter" title="${count("calls_predicted", call.predicted_products)}"><i
        style="width:${widthOf(call.expected_units / most)}%"></i></span></a></li>`;
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

/** @param {number} share */
const widthOf = (share) => (Math.max(0, share) * 100).toFixed(1);

customElements.define("sodai-worklist", WorkList);
