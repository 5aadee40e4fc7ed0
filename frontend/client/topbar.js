/** Header of both pages: the week, whether the service answers, language, theme, the other page. */
import { connection } from "./api.js";
import { html } from "./html.js";
import { applyChoices, chooseLanguage, chooseTheme, day, isDark, lang, t } from "./i18n.js";
import { enter, isSignedIn, leave, whySignIn } from "./session.js";
import { notice } from "./view.js";

const SUN = html`<svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="4"/>
  <path d="M12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2"/></svg>`;
const MOON = html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M20 14.5A8.5 8.5 0 0 1
  9.5 4 8.5 8.5 0 1 0 20 14.5Z"/></svg>`;
const LOGO = html`<svg viewBox="0 0 32 32" aria-hidden="true"><path class="glass" d="M7 4h18a2 2 0 0 1
  2 2.2l-2.1 20A3 3 0 0 1 21.9 29H10.1a3 3 0 0 1-3-2.8L5 6.2A2 2 0 0 1 7 4Z"/>
  <path class="foam" d="M7.5 6.5h17l-.5 5c-3 1.8-5.5 1.8-8 .4s-5.2-1.5-8-.1Z"/>
  <circle cx="12.5" cy="18" r="1.6"/><circle cx="18.5" cy="22" r="2"/>
  <circle cx="18" cy="16" r="1.1"/></svg>`;

const NAME = html`SodAI <span>Drinks</span>`;

class TopBar extends HTMLElement {
  connectedCallback() {
    connection.addEventListener("change", this.update);
    this.addEventListener("click", this.choose);
    this.draw();
  }

  disconnectedCallback() {
    connection.removeEventListener("change", this.update);
  }

  /** Only what changes: a button that holds the focus keeps it. */
  update = () => {
    const live = this.querySelector(".live");
    if (live) live.innerHTML = String(this.live());
    const banner = this.querySelector(".banner-place");
    if (banner) banner.innerHTML = String(this.banner());
    this.querySelector(".signout")?.toggleAttribute("hidden", !isSignedIn());
    document.body.classList.toggle("signed-out", connection.state === "signedout");
  };

  /** @param {Event} event */
  choose = (event) => {
    const button = /** @type {Element} */ (event.target).closest("button");
    const { lang: language, theme, session } = button?.dataset ?? {};
    if (session) void (session === "in" ? enter() : leave());
    if (language && language !== lang) chooseLanguage(language);
    if (theme) {
      chooseTheme(isDark() ? "light" : "dark");
      this.drawTheme();
    }
  };

  draw() {
    const console = document.body.classList.contains("console");
    this.innerHTML = String(html`<a class="brand" href="/" aria-label="SodAI Drinks">${LOGO}
      ${console ? html`<span class="name">${NAME}</span>` : html`<h1 class="name">${NAME}</h1>`}</a><div class="live">${this.live()}</div>
      <nav aria-label="${t("top_nav")}">${console
        ? html`<a href="/">${t("top_site")}</a>` : html`<a href="/runs">${t("top_runs")}</a>`}
      <span class="languages" role="group" aria-label="${t("top_language")}">${["es", "en"].map((l) =>
        html`<button type="button" data-lang="${l}" lang="${l}" aria-pressed="${l === lang}"
          title="${l === "es" ? "Español" : "English"}">${l.toUpperCase()}</button>`)}</span>
      <button type="button" class="theme" data-theme="switch"></button>
      <button type="button" class="signout" data-session="out" hidden>${t("signout")}</button></nav>
      <div class="banner-place"></div>`);
    this.drawTheme();
    this.update();
  }

  drawTheme() {
    const button = this.querySelector(".theme");
    if (!button) return;
    button.innerHTML = String(isDark() ? SUN : MOON);
    const words = t(isDark() ? "top_light" : "top_dark");
    button.setAttribute("aria-label", words);
    button.setAttribute("title", words);
  }

  live() {
    const { state, health } = connection;
    const week = health?.target_week;
    return html`${week && html`<span class="week">${t("week_of", { d: day(week) })}</span>`}
      <span class="api ${state}" role="status"><i></i>${t(`api_${state}`)}</span>`;
  }

  banner() {
    const { state } = connection;
    if (state === "up" || state === "busy") return "";
    if (state === "signedout") return html`<div role="alert">${notice(t("signin_title"), whySignIn(),
      html`<button type="button" class="btn primary" data-session="in">${t("signin")}</button>`)}</div>`;
    const words = t(state === "offline" ? "error_offline" : "error_down");
    return html`<p class="banner" role="alert">${words} ${t("recovers")}</p>`;
  }
}

applyChoices(); // both pages load this module before any other that draws
customElements.define("sodai-topbar", TopBar);
