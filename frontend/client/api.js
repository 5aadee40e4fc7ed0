/** Every network call. Errors carry words for a person; the connection's state is observable. */
import { t } from "./i18n.js";
import { expire, token } from "./session.js";

export class ApiError extends Error {
  /**
   * @param {string} message what a person reads
   * @param {number} status 0 when there was no answer
   * @param {string} kind "offline", "down", "slow", "unpublished" or the kind of refusal
   * @param {string} [correlation] what finds the request in the logs
   */
  constructor(message, status, kind, correlation = "") {
    super(message);
    this.status = status;
    this.kind = kind;
    this.correlation = correlation;
  }
}

/**
 * Events: `change` (state or health), `recovered` (answers again), `published` (a new forecast).
 * @typedef {{state: "busy" | "up" | "down" | "offline" | "signedout",
 *   health: Record<string, any> | null}} State
 */
export const connection = Object.assign(
  new EventTarget(), /** @type {State} */ ({ state: "busy", health: null }));

const WELL = 60000;
const UNPUBLISHED = 5000;
let delay = 0;
let timer = 0;

/** All modules lie one folder below the site's root, whatever page loaded them. */
const root = () => new URL("../", import.meta.url);

/** @typedef {{apiBaseUrl: string, unitMargin?: number, currency?: string,
 *   signIn?: import("./session.js").SignIn}} Config */
/** @type {Promise<Config> | undefined} */
let config;

/** What the stack tells its site. */
export async function settings() {
  config ??= fetch(new URL("config.json", root()), { cache: "no-cache" }).then((r) => r.json());
  try {
    return await config;
  } catch (error) {
    config = undefined;
    throw error;
  }
}

const baseUrl = async () => new URL((await settings()).apiBaseUrl, root()).href.replace(/\/$/, "");

/** @param {State["state"]} state */
function report(state) {
  if (connection.state === state) return;
  const before = connection.state;
  connection.state = state;
  connection.dispatchEvent(new Event("change"));
  if (state === "up") {
    if (before !== "busy") connection.dispatchEvent(new Event("recovered"));
  } else if (state !== "signedout") {
    delay = 0;
    clearTimeout(timer);
    timer = setTimeout(watch, 2000);
  }
}

/**
 * @param {string} path
 * @param {{body?: any, timeoutMs?: number, signal?: AbortSignal, as?: "json" | "text"}} [options] with
 *   a body it is a POST
 * @returns {Promise<any>}
 */
export async function api(path, { body, timeoutMs = 15000, signal, as = "json" } = {}) {
  const limit = AbortSignal.timeout(timeoutMs);
  /** @type {Record<string, string>} */
  const headers = body ? { "content-type": "application/json" } : {};
  const request = { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) };
  let signIn;
  let response;
  let answer;
  try {
    ({ signIn } = await settings());
    if (signIn) {
      const held = await token(signIn);
      if (!held) throw signedOut();
      headers.authorization = `Bearer ${held}`;
    }
    const url = (await baseUrl()) + path;
    response = await fetch(url, { ...request, signal: signal ? AbortSignal.any([signal, limit]) : limit });
    answer = response.ok && as === "text" ? await response.text()
      : await response.json().catch(() => null);
  } catch (error) {
    if (signal?.aborted || error instanceof ApiError) throw error;
    throw unreachable(/** @type {Error} */ (error));
  }
  if (signIn && response.status === 401) {
    await expire();
    throw signedOut();
  }
  const broken = response.status >= 500 || (response.ok && answer === null);
  // One failing answer is its view's trouble, not the service's.
  report(broken && path === "/health" ? "down" : "up");
  if (response.ok && answer !== null) return answer;
  throw await refused(path, response.ok ? 502 : response.status, answer ?? {});
}

function signedOut() {
  report("signedout");
  return new ApiError(t("error_signin"), 401, "signin");
}

/** @param {Error} error */
function unreachable(error) {
  const kind = !navigator.onLine ? "offline" : error.name === "TimeoutError" ? "slow" : "down";
  report(kind === "offline" ? "offline" : "down");
  return new ApiError(t(`error_${kind}`), 0, kind);
}

/** @type {Record<number, string>} */
const KINDS = { 401: "signin", 403: "signin", 404: "missing", 422: "invalid", 429: "busy" };

/** @param {string} path @param {number} status @param {any} problem */
async function refused(path, status, problem) {
  if (status === 503 && path !== "/health" && (await unpublished()))
    return new ApiError(t("unpublished_text"), status, "unpublished");
  const kind = KINDS[status] ?? (status >= 500 ? "server" : "refused");
  const detail = status < 500 && typeof problem.detail === "string" ? problem.detail : "";
  const words = [t(`error_${kind}`), detail].filter(Boolean).join(" ");
  return new ApiError(words, status, kind, String(problem.correlation_id ?? ""));
}

/** Whether no forecast was ever published. */
async function unpublished() {
  if (!connection.health) await askHealth().catch(() => null);
  return connection.health?.status === "waiting";
}

async function askHealth() {
  const before = connection.health;
  connection.health = await api("/health", { timeoutMs: 5000 });
  connection.dispatchEvent(new Event("change"));
  if (before && before.published_at !== connection.health?.published_at)
    connection.dispatchEvent(new Event("published"));
}

/** Asks for health now and again: seldom when well, after 2, 4, ... 30 s when not. */
export async function watch() {
  clearTimeout(timer);
  try {
    await askHealth();
    delay = connection.health?.status === "ok" ? WELL : UNPUBLISHED;
  } catch {
    delay = delay === 0 || delay >= WELL ? 2000 : Math.min(delay * 2, 30000);
  }
  clearTimeout(timer);
  timer = setTimeout(watch, delay);
}
