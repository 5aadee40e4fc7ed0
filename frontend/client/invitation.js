/** What stands beside the form of a prediction before the first answer: what to do, and examples. */
import { html } from "./html.js";
import { t } from "./i18n.js";
import { format } from "./router.js";
import { notice } from "./view.js";
import { spread, worklist, LIST } from "./worklist.js";

const EXAMPLES = 3;

class Invitation extends HTMLElement {
  connectedCallback() {
    addEventListener(LIST, this.draw);
    this.draw();
  }

  disconnectedCallback() {
    removeEventListener(LIST, this.draw);
  }

  draw = () => {
    const calls = spread(worklist.calls?.items ?? [], EXAMPLES);
    const links = calls.map((call) => html`<a class="btn" href="${format({ page: "predict", params: {
      customer: String(call.customer_id), product: String(call.top_product_id) } })}">
      ${call.customer_id} × ${call.top_product_id}</a>`);
    this.innerHTML = String(notice(t("predict_invite_title"), t("predict_invite_text"),
      links.length > 0 && html`<p class="examples">${t("predict_examples")} ${links}</p>`));
  };
}

customElements.define("sodai-invitation", Invitation);
