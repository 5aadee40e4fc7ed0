/** The library that signs in: a file of its own, loaded only where the stack names a provider. */
export { UserManager, WebStorageStateStore } from "oidc-client-ts";
