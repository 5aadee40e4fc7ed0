/**
 * What Gradio's own events call: arguments in, one value per output, in the wire format of the
 * component. None throws: Gradio would show "Error" and stop.
 */
import { api } from "./api.js";
import { chip, gauge } from "./charts.js";
import { html } from "./html.js";
import { count, fullDay, knows, t } from "./i18n.js";
import { format, go, here, tabOf } from "./router.js";
import { notice, trouble } from "./view.js";
import { sentence, weighed } from "./why.js";
import { productKind, productName, productTitle, shopKind, size, tidy } from "./words.js";

const ALL = 5000; // the most that the API lists

/** @param {Record<string, any>} props */
const update = (props) => ({ __type__: "update", ...props });

const ready = () => update({ interactive: true, value: t("predict_button") });

let followed = false;
let listed = false;

/** The pair that the address names: [customer, product], each nothing where it names none. */
function chosen() {
  const { page, params } = here();
  return [params.customer, params.product].map((id) =>
    (page === "predict" && id ? { value: Number(id) } : undefined));
}

export const handlers = {
  /** -> [customer, product] */
  async choices() {
    try {
      const [customers, products] = await Promise.all(
        [api(`/customers?q=&limit=${ALL}`), api(`/products?q=&limit=${ALL}`)]);
      listed = true;
      const [customer, product] = chosen();
      return [
        update({ choices: customers.items.map(customerChoice), ...customer }),
        update({ choices: products.items.map(productChoice), ...product }),
      ];
    } catch {
      return [undefined, undefined];
    }
  },

  /** -> [tabs, customer, product] */
  route() {
    const [customer, product] = listed ? chosen() : [];
    return [update({ selected: tabOf(here()) }), customer && update(customer),
      product && update(product)];
  },

  /**
   * Gradio selects its first tab while it starts: only after the address was followed once is a
   * selection the user's.
   * @param {string} tab
   */
  tab(tab) {
    if (tabOf(here()) === tab) followed = true;
    else if (followed) go({ page: tab });
    return [];
  },

  /** -> [button] */
  busy: () => [update({ interactive: false, value: t("predict_working") })],

  /** -> [answer, button] @param {number | null} customer @param {number | null} product */
  async predict(customer, product) {
    if (customer == null || product == null) {
      const words = notice(t("predict_missing_title"), t("predict_missing"));
      return [String(html`<div role="alert">${words}</div>`), ready()];
    }
    const params = { customer: String(customer), product: String(product) };
    go({ page: "predict", params }, { replace: true });
    try {
      return [String(await prediction(customer, product)), ready()];
    } catch (error) {
      return [String(trouble(/** @type {Error} */ (error))), ready()];
    }
  },
};

/** @param {any} item @returns {[string, number]} */
const customerChoice = (item) => [`${item.customer_id} · ${shopKind(item)}`, item.customer_id];

/** @param {any} item @returns {[string, number]} */
const productChoice = (item) =>
  [`${item.product_id} · ${item.brand ? productName(item) : productTitle(item.name)}`, item.product_id];

/** @param {number} customer @param {number} product */
async function prediction(customer, product) {
  const [answer, shop, item] = await Promise.all([
    api("/predict", { body: { customer_id: customer, product_id: product } }),
    api(`/customers/${customer}/info`),
    api(`/products/${product}/info`),
  ]);
  const { prediction_score: p, recommendation_confidence: level, week, reason, contributions } = answer;
  const says = t(`predict_says_${level}`, {
    shop: customer, product: productName(item), d: fullDay(week) });
  return html`<div class="card answer" role="status"><div class="answer-head">
    <strong class="figure">${chip(p, level)}</strong><p>${says}</p></div>${gauge(p)}
    ${answer.why && !reason && html`<p class="because">${sentence(answer)}</p>`}${reason && html`<p class="hint">${knows(`because_${reason}`) ? t(`because_${reason}`) : reason}</p>`}</div>
    ${answer.why && html`<section class="card parts">${weighed(contributions)
      ?? html`<p class="hint">${t("why_none")}</p>`}</section>`}
    <div class="pair">${shopCard(shop)}${productCard(item)}</div>`;
}

/** @param {any} shop */
function shopCard(shop) {
  const address = format({ page: "shop", id: String(shop.customer_id) });
  return card(t("shop_one"), shop.customer_id, [
    [t("shop_type"), tidy(shop.customer_type)],
    [t("shop_region"), shop.region_id],
    [t("shop_zone_name"), shop.zone_id],
    [t("shop_sector_name"), shop.place],
    [t("shop_deliveries_name"), shop.deliveries_per_week == null ? null
      : count("shop_deliveries", shop.deliveries_per_week)],
    [t("shop_place"), place(shop)],
  ], html`<a href="${address}">${t("predict_open_shop")} →</a>`);
}

/** @param {any} item */
const productCard = (item) => card(t("shop_product"), item.product_id, [
  [t("product_name"), productName(item)],
  [t("shop_category"), tidy(item.category)],
  [t("product_kind"), productKind(item)],
  [t("shop_package"), tidy(item.package)],
  [t("shop_size"), size(item.size)],
]);

/** @param {any} shop */
const place = ({ location_x: x, location_y: y }) =>
  x == null || y == null ? null : `${Number(x).toFixed(4)}, ${Number(y).toFixed(4)}`;

/** @param {string} title @param {any} name @param {[string, any][]} facts @param {any} [link] */
const card = (title, name, facts, link) => html`<section class="card"><h2><small>${title}</small>
  ${name}</h2><dl>${facts.map(([term, value]) => html`<div><dt>${term}</dt>
  <dd>${value ?? t("unknown")}</dd></div>`)}</dl>${link}</section>`;
