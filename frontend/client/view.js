/** Base of the living views: skeleton, then data, empty or error; comes back by itself. */
import { connection } from "./api.js";
import { html } from "./html.js";
import { t } from "./i18n.js";
import { ROUTE, here, tabOf } from "./router.js";

const SKELETON = html`<div class="skeleton" aria-hidden="true">
  ${[92, 70, 84, 60, 76, 66].map((width) => html`<i style="width:${width}%"></i>`)}</div>`;

/** @param {string} title @param {any} text @param {any} [action] */
export const notice = (title, text, action) =>
  html`<div class="notice"><strong>${title}</strong><p>${text}</p>${action}</div>`;

/**
 * What a person reads when an answer did not come.
 * @param {Error & {kind?: string, correlation?: string}} error @param {any} [action]
 */
export function trouble(error, action) {
  if (error.kind === "unpublished")
    return html`<div role="status">${notice(t("unpublished_title"), html`${error.message}<br>
      ${t("unpublished_next")}`, html`<a class="btn" href="/runs">${t("see_runs")}</a>`)}</div>`;
  const trace = error.correlation && html` <small>(${error.correlation})</small>`;
  return html`<div role="alert">${notice(t("error_title"), html`${error.message}${trace}`, action)}</div>`;
}

/** @typedef {(target: HTMLElement, event: Event) => void} Action */

export class View extends HTMLElement {
  /** Called by the name in `data-click`, `data-input`, `data-change`, `data-keydown`.
   * @type {Record<string, Action>} */
  actions = {};
  /** The tab it waits for before it asks anything; none: it asks at once. */
  page = "";
  turn = 0;
  tries = 0;
  failed = false;
  wired = false;

  /** @returns {Promise<any>} */
  async load() {
    return null;
  }

  /** @param {any} _data @returns {any} */
  draw(_data) {
    return "";
  }

  drawn() {}

  /** @param {any} content */
  write(content) {
    this.innerHTML = String(content);
    this.drawn();
  }

  connectedCallback() {
    if (!this.wired) this.wire();
    connection.addEventListener("recovered", this.again);
    connection.addEventListener("published", this.renew);
    if (this.page) addEventListener(ROUTE, this.visited);
    this.renew();
  }

  disconnectedCallback() {
    connection.removeEventListener("recovered", this.again);
    connection.removeEventListener("published", this.renew);
    removeEventListener(ROUTE, this.visited);
  }

  wire() {
    this.wired = true;
    this.actions.retry = () => void this.show();
    for (const type of ["click", "input", "change", "keydown"])
      this.addEventListener(type, (event) => {
        const target = /** @type {Element} */ (event.target).closest?.(`[data-${type}]`);
        const action = this.actions[target?.getAttribute(`data-${type}`) ?? ""];
        action?.(/** @type {HTMLElement} */ (target), event);
      });
  }

  again = () => {
    if (this.failed) this.show();
  };

  renew = () => {
    if (!this.page || tabOf(here()) === this.page) this.show();
  };

  /** Opening the tab shows the present state, not that of the last visit. */
  visited = () => this.renew();

  async show() {
    const turn = ++this.turn;
    const slow = setTimeout(() => {
      if (turn === this.turn && !this.failed) this.innerHTML = String(SKELETON);
    }, 120);
    try {
      const data = await this.load();
      if (turn !== this.turn) return;
      this.failed = false;
      this.tries = 0;
      this.write(this.draw(data));
    } catch (error) {
      if (turn === this.turn) this.fail(/** @type {any} */ (error));
    } finally {
      clearTimeout(slow);
    }
  }

  /**
   * Tries again by its own clock: waiting only for "recovered" would lose a race.
   * @param {Error & {status?: number}} error
   */
  fail(error) {
    this.failed = true;
    const { status = 0 } = error;
    if (!status || status >= 500) {
      const turn = this.turn;
      const wait = Math.min(30000, 1000 * 2 ** ++this.tries);
      setTimeout(() => turn === this.turn && this.isConnected && void this.show(), wait);
    }
    const retry = html`<button type="button" class="btn" data-click="retry">${t("retry")}</button>`;
    this.write(trouble(error, retry));
  }
}
