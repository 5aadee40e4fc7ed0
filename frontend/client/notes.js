/**
 * What callers note about their calls, kept in this browser by week and shop. Each note has a key
 * of its own, so that two tabs never overwrite each other's. Where the browser refuses to keep
 * them they last as long as the page.
 */

/** Without an outcome it is a remark on a shop still to call.
 * @typedef {{outcome: string, note: string, at: string}} Note */

export const OUTCOMES = ["ordered", "later", "no_answer", "declined"];
export const NOTED = "sodai:noted";
const PREFIX = "sodai.call.";

/** @type {Map<string, string>} by key; what could not be stored */
const unstored = new Map();

/** @param {string} week @param {string | number} shop */
const keyOf = (week, shop) => `${PREFIX}${week}.${shop}`;

/** Whether every note would outlast the page. */
export const isKept = () => unstored.size === 0;

/** @param {string | null | undefined} text @returns {Note | null} */
function read(text) {
  try {
    const { outcome, note, at } = JSON.parse(text ?? "null") ?? {};
    const known = OUTCOMES.includes(outcome) ? outcome : "";
    return known || note ? { outcome: known, note: String(note ?? ""), at: String(at ?? "") } : null;
  } catch {
    return null; // not written by us
  }
}

/** @param {string} key */
function stored(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function storedKeys() {
  try {
    return Object.keys(localStorage);
  } catch {
    return [];
  }
}

/** @param {string} week @param {string | number} shop @returns {Note | null} */
export function noteOf(week, shop) {
  const key = keyOf(week, shop);
  return read(unstored.get(key) ?? stored(key));
}

/** Every note of a week, by shop. @param {string} week @returns {Map<string, Note>} */
export function notesOf(week) {
  const prefix = keyOf(week, "");
  const keys = new Set([...storedKeys(), ...unstored.keys()].filter((key) => key.startsWith(prefix)));
  const notes = new Map();
  for (const key of keys) {
    const shop = key.slice(prefix.length);
    const note = noteOf(week, shop);
    if (note) notes.set(shop, note);
  }
  return notes;
}

/** @param {string} week @param {string | number} shop @param {Note | null} note null: none */
export function setNote(week, shop, note) {
  const key = keyOf(week, shop);
  const text = note && (note.outcome || note.note) ? JSON.stringify(note) : null;
  unstored.delete(key);
  try {
    if (text) localStorage.setItem(key, text);
    else localStorage.removeItem(key);
  } catch {
    if (text) unstored.set(key, text);
  }
  dispatchEvent(new Event(NOTED));
}

/** Tells of what another tab noted. */
export function followOtherTabs() {
  addEventListener("storage", (event) => {
    if (event.key === null || event.key.startsWith(PREFIX)) dispatchEvent(new Event(NOTED));
  });
}
