/** Addresses: #/page/id?key=value on the site, #/run on the console. Pure, but for `go`. */

export const PAGES = ["calls", "shop", "predict", "batch", "monitoring", "ask", "help"];

/** @typedef {{page: string, id: string | null, params: Record<string, string>}} Route */

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @param {string} hash @returns {Route} */
export function parse(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [page, id] = path.split("/");
  return {
    page: PAGES.includes(page) ? page : "calls",
    id: id ? decoded(id) : null,
    params: Object.fromEntries(new URLSearchParams(query)),
  };
}

/** @param {Partial<Route>} route */
export function format({ page = "calls", id = null, params = {} }) {
  const kept = Object.entries(params).filter(([, value]) => value);
  const query = new URLSearchParams(kept).toString();
  return `#/${page}${id ? `/${encodeURIComponent(id)}` : ""}${query ? `?${query}` : ""}`;
}

/** A shop is shown inside the tab of calls. @param {Route} route */
export const tabOf = (route) => (route.page === "shop" ? "calls" : route.page);

/** @param {string} hash @returns {string | null} */
export const parseRun = (hash) => decoded(hash.replace(/^#\/?/, "").split(/[?/]/)[0]) || null;

/** @param {string} run */
export const formatRun = (run) => `#/${encodeURIComponent(run)}`;

export const here = () => parse(location.hash);

/** Filters replace the address, moves add to the history. */
export const ROUTE = "sodai:route";

/** @param {Partial<Route>} route @param {{replace?: boolean}} [how] */
export function go(route, { replace = false } = {}) {
  const hash = format(route);
  if (hash === location.hash) return;
  history[replace ? "replaceState" : "pushState"](null, "", hash);
  if (!replace) dispatchEvent(new Event(ROUTE));
}

/** Links of ours move without a hash jump, so that one event tells of every change. */
export function followAddress() {
  for (const type of ["popstate", "hashchange"])
    addEventListener(type, () => dispatchEvent(new Event(ROUTE)));
  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest?.('a[href^="#/"]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.pushState(null, "", link.getAttribute("href"));
    dispatchEvent(new Event(ROUTE));
  });
}
