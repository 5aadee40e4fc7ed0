/** The shop that is open: what to offer, how sure, and why. */
import { api } from "./api.js";
import { bars, chip, columns, figure, table } from "./charts.js";
import { spreadsheet } from "./csv.js";
import { download, html, toast } from "./html.js";
import { count, day, decimal, fixed1, fullDay, integer, percent, t } from "./i18n.js";
import { NOTED, OUTCOMES, noteOf, notesOf, setNote } from "./notes.js";
import { ROUTE, format, go, here } from "./router.js";
import { View, notice, trouble } from "./view.js";
import { sentence, weighed } from "./why.js";
import { product, productKind, productName, productTitle, shopKind, size, tidy, weeksBefore } from "./words.js";
import { LIST, nextCall, valued, worklist } from "./worklist.js";

const FIRST = 10;
const MORE = 40;

class Shop extends View {
  actions = {
    back: () => go({ page: "calls", params: here().params }),
    copy: () => void this.copy(),
    more: () => this.more(),
    outcome: (/** @type {HTMLElement} */ button) => this.note(button.dataset.outcome ?? ""),
    remark: () => this.remark(),
    save: () => this.save(),
    past: () => void this.showPast(),
  };

  shop = "";
  week = here().params.week ?? "";
  top = FIRST;
  /** The week that was last asked for. @type {string | undefined} */ asked;
  /** @type {string | undefined} */ from;
  /** @type {any} */ data = null;

  connectedCallback() {
    this.shop = this.opened();
    super.connectedCallback();
    addEventListener(ROUTE, () => this.route());
    addEventListener(LIST, () => this.listed());
    addEventListener(NOTED, () => this.drawNote());
    this.closest(".calls")?.classList.toggle("open", Boolean(this.shop));
  }

  opened() {
    const { page, id } = here();
    return page === "shop" && id ? id : "";
  }

  /** Follows the address; an opened shop takes the focus, a closed one gives it back. */
  async route() {
    const open = this.opened();
    this.closest(".calls")?.classList.toggle("open", Boolean(open));
    const { week = "" } = here().params;
    if (open === this.shop && week === this.week) return;
    const left = this.shop;
    Object.assign(this, { shop: open, week });
    this.top = FIRST;
    await this.show();
    const target = open ? this.querySelector("h2") : document.querySelector(`a[data-id="${left}"]`);
    /** @type {HTMLElement | null} */ (target)?.focus({ preventScroll: Boolean(open) });
    if (open) scrollTo(0, 0);
  }

  /** The week of the address, else the list's: one forecast for the list and for the shop. */
  wanted() {
    return this.week || worklist.calls?.week;
  }

  /** The list came or changed: the first day of the week may be known now, and the neighbours. */
  listed() {
    if (!this.shop || (this.asked && this.asked !== this.wanted())) void this.show();
    else if (this.data?.offer && this.from !== worklist.calls?.from) this.redraw();
    else this.drawNeighbours();
  }

  redraw() {
    const focused = this.querySelector("h2") === document.activeElement;
    this.innerHTML = String(this.draw(this.data));
    this.drawn();
    if (focused) this.querySelector("h2")?.focus({ preventScroll: true });
  }

  async load() {
    if (!this.shop) return null;
    const id = Number(this.shop);
    if (!Number.isSafeInteger(id)) return { unknown: true };
    const week = this.asked = this.wanted();
    const [info, offer] = await Promise.all([
      api(`/customers/${id}/info${week ? `?week=${encodeURIComponent(week)}` : ""}`),
      api("/recommendations", { body: { customer_id: id, top_k: this.top, week } }),
    ]);
    return { info, offer };
  }

  /** @param {any} data */
  draw(data) {
    this.data = data;
    if (!data) return this.invitation();
    if (data.unknown) return notice(t("error_title"), t("shop_unknown", { id: this.shop }), this.back());
    const { info, offer } = data;
    this.from = worklist.calls?.from;
    const items = offer.recommendations;
    return html`${this.back()}<header class="shop-head"><h2 tabindex="-1">${info.customer_id}</h2>
      <p>${shopKind(info)} · ${count("shop_deliveries", info.deliveries_per_week ?? 0)}</p>
      <nav aria-label="${t("shop_neighbours")}"></nav></header>${facts(info, offer)}
      ${outcomes()}
      ${offer.cold_start && html`<p class="hint cold">${t("shop_cold")}</p>`}
      <div class="section-head"><h3>${t("shop_offer")}</h3><span><button type="button"
        class="btn quiet" data-click="copy">${t("copy")}</button><button type="button"
        class="btn quiet" data-click="save">CSV</button></span></div>
      ${offers(items)}
      ${items.length >= this.top && this.top < MORE && html`<button type="button" class="btn more"
        data-click="more">${t("shop_more")}</button>`}${chart(items)}
      <section class="past"><button type="button" class="btn" data-click="past">${t("shop_past")}
      </button></section>`;
  }

  drawn() {
    this.drawNeighbours();
    this.drawNote();
    const shown = this.data?.offer?.week;
    if (shown && !this.asked && shown !== (this.wanted() ?? shown)) void this.show();
  }

  back() {
    return html`<button type="button" class="btn quiet back" data-click="back">← ${t("back")}</button>`;
  }

  invitation() {
    const { shown } = worklist;
    if (!shown.length) return "";
    const units = integer(shown.reduce((sum, call) => sum + call.expected_units, 0));
    const first = format({ page: "shop", id: String(shown[0].customer_id), params: here().params });
    return notice(t("shop_pick_title"), html`${count("shop_pick_text", shown.length)}
      ${t("shop_pick_units", { n: units })}`,
      html`<a class="btn primary" href="${first}">${t("shop_start")} →</a>`);
  }

  /** The previous shop of the list as it is filtered, and the next one that was not called yet. */
  drawNeighbours() {
    const box = this.querySelector(".shop-head nav");
    if (!box) return;
    const { calls, found } = worklist;
    const at = found.findIndex((call) => String(call.customer_id) === this.shop);
    const next = calls && at >= 0 ? nextCall(found, notesOf(calls.week), this.shop) : undefined;
    const address = (/** @type {any} */ call) =>
      format({ page: "shop", id: String(call.customer_id), params: here().params });
    box.innerHTML = String(html`${at > 0 && html`<a class="btn" href="${address(found[at - 1])}"
      title="${t("shop_previous")}"><span aria-hidden="true">←</span><span class="sr">
      ${t("shop_previous")}</span></a>`}${next && html`<a class="btn primary" href="${address(next)}"
      title="${t("shop_next_tip")}">${t("shop_next")} <span aria-hidden="true">→</span></a>`}`);
  }

  /** Shows what is noted of this shop; a remark that is being written stays. */
  drawNote() {
    const box = this.querySelector(".outcome");
    if (!box) return;
    const noted = noteOf(this.data.offer.week, this.shop);
    for (const button of box.querySelectorAll("[data-outcome]"))
      button.setAttribute("aria-pressed", String(button.getAttribute("data-outcome") === noted?.outcome));
    const field = /** @type {HTMLInputElement} */ (box.querySelector("input"));
    if (field !== document.activeElement && noted) field.value = noted.note;
  }

  written() {
    return /** @type {HTMLInputElement} */ (this.querySelector(".outcome input")).value.trim();
  }

  /** Notes an outcome; the one that is noted already is taken back. @param {string} outcome */
  note(outcome) {
    const { shop } = this;
    const { week } = this.data.offer;
    const before = noteOf(week, shop);
    const undo = { name: t("undo"), act: () => setNote(week, shop, before) };
    const now = before?.outcome === outcome ? "" : outcome;
    setNote(week, shop, { outcome: now, note: this.written(), at: new Date().toISOString() });
    toast(now ? t("noted", { shop, outcome: t(`call_${now}`) }) : t("noted_back", { shop }), undo);
  }

  remark() {
    const { week } = this.data.offer;
    const outcome = noteOf(week, this.shop)?.outcome ?? "";
    setNote(week, this.shop, { outcome, note: this.written(), at: new Date().toISOString() });
    toast(t("noted_remark"));
  }

  /** What the shop ordered before: asked for only when somebody wants to see it. */
  async showPast() {
    const { shop } = this;
    const box = /** @type {HTMLElement} */ (this.querySelector(".past"));
    try {
      const told = await api(`/customers/${shop}/history?week=${this.data.offer.week}`);
      if (shop === this.shop) box.innerHTML = String(past(told));
    } catch (error) {
      const again = html`<button type="button" class="btn" data-click="past">${t("retry")}</button>`;
      if (shop === this.shop) box.innerHTML = String(trouble(/** @type {Error} */ (error), again));
    }
  }

  save() {
    const { week, recommendations } = this.data.offer;
    const head = ["week", "customer_id", "product_id", "product", "probability", "expected_items", "why"];
    const rows = recommendations.map((/** @type {any} */ item) => [week, this.shop, item.product_id,
      productName(item), item.prediction_score, item.expected_items, sentence(item, this.from)]);
    download(`sodai-${this.shop}-${week}.csv`, spreadsheet([head, ...rows]), "text/csv");
    toast(t("exported"));
  }

  more() {
    this.top = MORE;
    void this.show();
  }

  async copy() {
    const lines = this.data.offer.recommendations.map((/** @type {any} */ item) =>
      `${item.product_id}\t${productName(item)}\t${percent(item.prediction_score)}`);
    const text = [`${t("shop_one")} ${this.shop}`, ...lines].join("\n");
    await navigator.clipboard.writeText(text).then(
      () => toast(t("copied")), () => toast(t("copy_refused")));
  }
}

/** @param {any} info @param {any} offer */
function facts(info, offer) {
  const weeks = weeksBefore(info.history, offer.week);
  const ordered = weeks.filter((week) => week.items > 0).length;
  const tips = weeks.map((week) => `${day(week.monday)}: ${decimal(week.items)} ${t("units")}`);
  const label = t("shop_history_label", { n: ordered, of: weeks.length });
  return html`<div class="facts"><div><small>${t("shop_expected")}</small>
    ${info.expected_units == null ? html`<b>–</b>` : valued(info.expected_units)}</div>
    <div><small>${t("shop_ordered")}</small><b>${ordered}</b> ${t("of_n", { n: weeks.length })}</div>
    <div class="grow"><small>${t("shop_history", { n: weeks.length })}</small>
    ${columns(weeks.map((week) => week.items), label, tips)}</div></div>`;
}

/** How the call ended, in the caller's hands. */
const outcomes = () => html`<section class="outcome" aria-label="${t("call_title")}">
  <div role="group" aria-label="${t("call_title")}">${OUTCOMES.map((name) => html`<button
  type="button" class="btn" data-click="outcome" data-outcome="${name}" aria-pressed="false">
  ${t(`call_${name}`)}</button>`)}</div><input data-change="remark" maxlength="200"
  aria-label="${t("call_note")}" placeholder="${t("call_note")}" autocomplete="off"></section>`;

/** The predicted order first, then what else may be offered. @param {any[]} items */
function offers(items) {
  const expected = items.filter((item) => item.selected);
  const rest = items.filter((item) => !item.selected);
  const list = (/** @type {any[]} */ some, /** @type {string} */ name, before = 0) =>
    some.length > 0 && html`<h4>${name}</h4><ol class="offer" start="${before + 1}"
      style="counter-reset:rank ${before}">${some.map(offered)}</ol>`;
  return html`${list(expected, t("shop_selected"))}
    ${list(rest, t(expected.length ? "shop_rest" : "shop_none_selected"), expected.length)}`;
}

/** One product to offer, and why. @param {any} item */
export function offered(item) {
  const units = item.expected_items > 0 && html`<small class="units">${t("shop_about", {
    n: fixed1(item.expected_items) })}</small>`;
  return html`<li><div><b>${productName(item)}</b> <small>${item.product_id} · ${productKind(item)}
    </small></div>${chip(item.prediction_score, item.recommendation_confidence)}
    <p>${sentence(item, worklist.calls?.from)}</p>${units}
    ${item.contributions && html`<details class="weighed"><summary>${t("why_show")}</summary>
    ${weighed(item.contributions)}</details>`}</li>`;
}

/** @param {any[]} items */
function chart(items) {
  const title = t("shop_chart");
  const head = ["shop_product", "shop_probability", "shop_expected_items", "shop_category",
    "shop_segment", "shop_package", "shop_size"].map((key) => t(key));
  const rows = items.map((item) => {
    const { category, segment, package: box, size: litres } = product(item);
    return [`${item.product_id} ${productName(item)}`, percent(item.prediction_score),
      item.expected_items == null ? "–" : decimal(item.expected_items), tidy(category),
      tidy(segment), tidy(box), size(litres)];
  });
  const marks = items.map((item) => ({
    label: productName(item),
    value: item.prediction_score,
    level: item.recommendation_confidence,
  }));
  return bars(title, marks, { max: 1, show: percent, rows: table(title, head, rows) });
}

/** @param {any} told */
function past({ weeks, products }) {
  const title = t("shop_past_weeks");
  const label = (/** @type {any} */ one) =>
    `${day(one.week)}: ${decimal(one.items)} ${t("units")}, ${count("shop_products", one.products)}`;
  const rows = weeks.map((/** @type {any} */ one) =>
    [fullDay(one.week), decimal(one.items), integer(one.products)]).reverse();
  const head = ["week", "shop_expected_items", "shop_past_products"].map((key) => t(key));
  const bought = products.map((/** @type {any} */ one) => [`${one.product_id} ${productTitle(one.product_name)}`,
    integer(one.weeks_bought), decimal(one.items), fullDay(one.last_week)]);
  const names = ["shop_product", "shop_past_bought", "shop_expected_items", "shop_past_last"];
  return html`${figure(title, columns(weeks.map((/** @type {any} */ one) => one.items), title,
    weeks.map(label)), table(title, head, rows))}
    ${bought.length > 0 && html`<h3>${t("shop_past_most")}</h3>${table(t("shop_past_most"),
      names.map((key) => t(key)), bought)}`}`;
}

customElements.define("sodai-shop", Shop);
