/** A shop that is in no table yet: described by its kind and a neighbour, it gets an offer, too. */
import { api } from "./api.js";
import { html } from "./html.js";
import { t } from "./i18n.js";
import { here, tabOf } from "./router.js";
import { offered } from "./shop.js";
import { View, trouble } from "./view.js";
import { tidy } from "./words.js";
import { worklist } from "./worklist.js";

const DELIVERIES = [0, 1, 2, 3, 4, 5, 6, 7];
/** What may have been of use, as the API names it. @type {Record<string, string>} */
const PARTS = { customer_type: "new_by_type", location: "new_by_place", deliveries_per_week: "new_by_deliveries" };

class Newcomer extends View {
  page = "predict";

  /** The kinds of shops there are; a form that is being filled in stays as it is. */
  async load() {
    const calls = worklist.calls ?? await api("/calls");
    return [...new Set(calls.items.map((/** @type {any} */ call) => call.customer_type))].sort();
  }

  /** @param {string[]} types */
  draw(types) {
    return html`<details class="card newcomer"><summary>${t("new_title")}</summary>
      <p class="hint">${t("new_text")}</p><form>
      ${field("new_type", html`<select name="customer_type" required>${types.map((name) =>
        html`<option value="${name}">${tidy(name)}</option>`)}</select>`)}
      ${field("new_near", html`<input name="near" inputmode="numeric" pattern="[0-9]{1,15}"
        autocomplete="off" title="${t("new_near_code")}" placeholder="${t("new_near_code")}">`)}
      ${field("new_deliveries", html`<select name="deliveries"><option value="">
        ${t("new_unknown")}</option>${DELIVERIES.map((n) => html`<option>${n}</option>`)}</select>`)}
      <button class="btn primary">${t("new_button")}</button></form>
      <div class="offered"></div></details>`;
  }

  drawn() {
    this.querySelector("form")?.addEventListener("submit", (event) => void this.describe(event));
  }

  renew = () => {
    if (tabOf(here()) === this.page && !this.querySelector("form")) void this.show();
  };

  /** @param {Event} event */
  async describe(event) {
    event.preventDefault();
    const asked = new FormData(/** @type {HTMLFormElement} */ (this.querySelector("form")));
    const box = /** @type {Element} */ (this.querySelector(".offered"));
    const button = /** @type {HTMLButtonElement} */ (this.querySelector("form button"));
    button.disabled = true;
    try {
      box.innerHTML = String(told(await offerTo(asked)));
    } catch (error) {
      box.innerHTML = String(trouble(/** @type {Error} */ (error)));
    }
    button.disabled = false;
  }
}

/** What shops like it order. @param {FormData} asked */
async function offerTo(asked) {
  const near = asked.get("near");
  const neighbour = near ? await api(`/customers/${Number(near)}/info`) : {};
  return api("/recommendations/new", { body: {
    customer_type: asked.get("customer_type"),
    location_x: neighbour.location_x ?? null,
    location_y: neighbour.location_y ?? null,
    deliveries_per_week: asked.get("deliveries") ? Number(asked.get("deliveries")) : null,
  } });
}

/** @param {any} answer */
function told({ recommendations, used }) {
  const parts = Object.keys(PARTS).filter((part) => used[part]).map((part) => t(PARTS[part]));
  return html`<p class="hint" role="status">${parts.length ? t("new_used", { parts: parts.join(", ") })
    : t("new_used_nothing")}</p><ol class="offer">${recommendations.map(offered)}</ol>`;
}

/** @param {string} label @param {any} input */
const field = (label, input) => html`<label>${t(label)} ${input}</label>`;

customElements.define("sodai-newcomer", Newcomer);
