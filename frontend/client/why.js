/** Why a pair is likely or not: the reasons in words, and the parts that add up to its chance. */
import { bars, table } from "./charts.js";
import { html } from "./html.js";
import { hundredths, lang, percent, signed, t } from "./i18n.js";
import { habit } from "./words.js";

/** @typedef {{label: Record<string, string>, value: number | null, contribution: number}} Part */

/** One sentence. @param {any} item @param {string | undefined} [from] first day of the forecast */
export const sentence = (item, from) => item.why?.[lang] || habit(item, from);

/** The chance to which parts in log-odds add up. @param {Part[]} parts */
export const chanceOf = (parts) =>
  1 / (1 + Math.exp(-parts.reduce((sum, part) => sum + part.contribution, 0)));

/** What raises and what lowers the chance, and their sum. @param {Part[] | null | undefined} parts */
export function weighed(parts) {
  if (!parts?.length) return null;
  const sum = parts.reduce((total, part) => total + part.contribution, 0);
  const chance = percent(chanceOf(parts));
  const rows = parts.map(({ label, value, contribution }) =>
    [label[lang], value === null ? "–" : hundredths(value), signed(contribution)]);
  rows.push([t("why_sum"), chance, signed(sum)]);
  const title = t("why_parts");
  const items = parts.map(({ label, contribution }) => ({ label: label[lang], value: contribution }));
  return html`${bars(title, items, { signs: true, long: true, show: signed,
    rows: table(title, [t("why_part"), t("why_value"), t("why_adds")], rows) })}
    <p class="hint">${t("why_adds_up", { sum: signed(sum), p: chance })}</p>`;
}
