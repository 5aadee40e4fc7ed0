/** What the tables call a thing, as a person would write it. Pure. */
import { day, decimal, hundredths, integer, t } from "./i18n.js";

const DAY_MS = 86400000;

/** "CANAL FRIO" -> "Canal frio"; words in mixed case stay. @param {unknown} text */
export function tidy(text) {
  const words = String(text ?? "").trim();
  const quiet = words.replace(/\p{Lu}{2,}/gu, (word) => word.toLowerCase());
  return quiet.charAt(0).toUpperCase() + quiet.slice(1);
}

/** Litres as on a label. @param {number | null | undefined} litres */
export function size(litres) {
  if (litres == null || !(litres > 0)) return "";
  return litres < 1 ? `${integer(litres * 1000)} ml` : `${hundredths(litres)} L`;
}

/** Field names of a recommendation and of a product card differ by a prefix. @param {any} item */
export function product(item) {
  const of = (/** @type {string} */ name) => item[`product_${name}`] ?? item[name];
  return {
    id: String(item.product_id),
    brand: of("brand"),
    category: of("category"),
    subCategory: item.sub_category,
    segment: of("segment"),
    package: of("package"),
    size: of("size"),
  };
}

/** @param {any} item */
export function productName(item) {
  const { brand, package: box, size: litres } = product(item);
  const container = tidy(box).toLowerCase();
  return [tidy(brand), container, size(litres)].filter(Boolean).join(" ");
}

/** @param {any} item */
export function productKind(item) {
  const { category, subCategory, segment } = product(item);
  return [tidy(subCategory ?? category), tidy(segment)].filter(Boolean).join(" · ");
}

/** @param {unknown} text sent by the API as one name, with its size in litres */
export const productTitle = (text) =>
  tidy(text).replace(/(\d+(?:\.\d+)?) L$/i, (_, litres) => size(Number(litres)));

/** @param {any} shop */
export const shopKind = (shop) =>
  [tidy(shop.customer_type), shop.place == null ? `${t("shop_zone")} ${shop.zone_id}`
    : `${t("shop_sector")} ${shop.place}`].join(" · ");

/**
 * How often and when last, in words.
 * @param {{weeks_bought_of_8?: number | null, days_since_last?: number | null}} item
 * @param {string | undefined} from first day of the forecast
 */
export function habit(item, from) {
  const { weeks_bought_of_8: weeks, days_since_last: days } = item;
  if (weeks == null) return "";
  if (days == null && !weeks) return t("habit_never");
  const often = weeks >= 8 ? t("habit_always") : weeks === 1 ? t("habit_one")
    : weeks ? t("habit_some", { n: weeks }) : t("habit_not_lately");
  if (days == null || !from) return `${often}.`;
  const last = day(new Date(from).getTime() - days * DAY_MS);
  return `${often}; ${t("habit_last", { d: last })}.`;
}

/**
 * One value for each of the weeks before `week`, oldest first; a week without orders is 0.
 * @param {[string, number, number][] | undefined} history [monday, items, products]
 * @param {string} week
 */
export function weeksBefore(history, week, weeks = 26) {
  const items = new Map((history ?? []).map(([monday, n]) => [monday, n]));
  const target = new Date(week).getTime();
  return Array.from({ length: weeks }, (_, i) => {
    const monday = new Date(target - (weeks - i) * 7 * DAY_MS).toISOString().slice(0, 10);
    return { monday, items: Math.max(0, items.get(monday) ?? 0) };
  });
}
