/** The site. Loaded before Gradio: language and theme first, then the elements, then the address. */
import "./topbar.js";
import { connection, watch } from "./api.js";
import { handlers } from "./handlers.js";
import { forgetGradioTheme, tellGradioTheme } from "./i18n.js";
import { ROUTE, followAddress } from "./router.js";
import "./worklist.js";
import "./shop.js";
import "./invitation.js";
import "./newcomer.js";
import "./batch.js";
import "./monitoring.js";
import "./ask.js";
import "./help.js";

tellGradioTheme();

/** @type {{link: ((event: string) => void) | null} & typeof handlers} */
const sodai = { ...handlers, link: null };
Object.assign(window, { sodai });

addEventListener(ROUTE, () => sodai.link?.("submit"));
for (const news of ["recovered", "published"])
  connection.addEventListener(news, () => sodai.link?.("input"));
for (const type of ["online", "offline"]) addEventListener(type, () => void watch());
customElements.whenDefined("sodai-topbar").then(() => setTimeout(forgetGradioTheme, 5000));
followAddress();
void watch();
