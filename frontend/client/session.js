/** Who is signed in, where the stack names a provider (authorization code and PKCE). */
import { toast } from "./html.js";
import { t } from "./i18n.js";

/** @typedef {{issuer: string, audience: string, clientId: string, scope: string}} SignIn */

/** @type {Promise<import("oidc-client-ts").UserManager> | undefined} */
let manager;
let signedIn = false;
/** Why a person has to sign in. */
let reason = () => t("signin_text");

export const isSignedIn = () => signedIn;
export const whySignIn = () => reason();

/**
 * Where an API takes the client itself for its audience, the token made for that is the ID token.
 * @param {SignIn} signIn @param {{access_token: string, id_token?: string}} user
 */
export const tokenFor = ({ audience, clientId }, user) =>
  audience === clientId ? user.id_token ?? "" : user.access_token;

/** Whether an address is the provider's answer. @param {string} query */
export function isAnswer(query) {
  const given = new URLSearchParams(query);
  return given.has("state") && (given.has("code") || given.has("error"));
}

/** @param {SignIn} signIn */
async function open({ issuer, audience, clientId, scope }) {
  const { UserManager, WebStorageStateStore } = await import("./provider.js");
  const home = new URL("../", import.meta.url).href;
  const opened = new UserManager({
    authority: issuer,
    client_id: clientId,
    scope,
    redirect_uri: home,
    post_logout_redirect_uri: home,
    extraQueryParams: { audience },
    userStore: new WebStorageStateStore({ store: sessionStorage }),
    stateStore: new WebStorageStateStore({ store: sessionStorage, prefix: "oidc.state." }),
    automaticSilentRenew: false,
  });
  if (isAnswer(location.search)) await finish(opened);
  return opened;
}

/** Back to where the person was; nothing is asked from the page that is left. */
async function finish(/** @type {import("oidc-client-ts").UserManager} */ opened) {
  try {
    const { state } = await opened.signinRedirectCallback();
    location.replace(String(state));
  } catch (error) {
    history.replaceState(null, "", location.pathname + location.hash);
    reason = () => t("signin_failed", { why: /** @type {Error} */ (error).message });
    return;
  }
  await new Promise(() => {});
}

/** The token that opens the API; empty: a person has to sign in. @param {SignIn} signIn */
export async function token(signIn) {
  manager ??= open(signIn);
  try {
    const user = await (await manager).getUser();
    if (user?.expired) await expire();
    signedIn = Boolean(user && !user.expired);
    return user && signedIn ? tokenFor(signIn, user) : "";
  } catch (error) {
    manager = undefined;
    throw error;
  }
}

/** The token is no longer taken. */
export async function expire() {
  signedIn = false;
  reason = () => t("error_signin");
  await (await manager)?.removeUser();
}

export async function enter() {
  try {
    await (await manager)?.signinRedirect({ state: location.href });
  } catch {
    toast(t("signin_unreachable"));
  }
}

/** Here and, where the provider can be asked to, there. */
export async function leave() {
  try {
    await (await manager)?.signoutRedirect();
  } catch {
    location.reload();
  }
}
