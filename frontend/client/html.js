/** Markup that cannot be injected: interpolated values are escaped, nested html`` is not. */

class Safe {
  /** @param {string} markup */
  constructor(markup) {
    this.markup = markup;
  }

  toString() {
    return this.markup;
  }
}

/** @typedef {Safe} Markup */

/** @type {Record<string, string>} */
const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** @param {any} value @returns {string} */
function piece(value) {
  if (value == null || value === false) return "";
  if (Array.isArray(value)) return value.map(piece).join("");
  if (value instanceof Safe) return value.markup;
  return String(value).replace(/[&<>"']/g, (sign) => ENTITIES[sign]);
}

/** @param {TemplateStringsArray} strings @param {...any} values @returns {Markup} */
export const html = (strings, ...values) =>
  new Safe(strings.reduce((out, text, i) => out + piece(values[i - 1]) + text));

/** Offers a text as a file, without a server. @param {string} name @param {string} text */
export function download(name, text, type = "application/json") {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/**
 * Shows a message that leaves by itself; what it tells of may be undone.
 * @param {string} text @param {{name: string, act: () => void}} [undo]
 */
export function toast(text, undo) {
  let box = document.getElementById("toasts");
  if (!box) {
    box = Object.assign(document.createElement("div"), { id: "toasts", role: "status" });
    document.body.append(box);
  }
  const item = Object.assign(document.createElement("div"), { className: "toast" });
  item.append(Object.assign(document.createElement("span"), { textContent: text }));
  if (undo) {
    const button = Object.assign(document.createElement("button"), {
      type: "button", textContent: undo.name });
    button.addEventListener("click", () => {
      item.remove();
      undo.act();
    });
    item.append(button);
  }
  box.replaceChildren(item);
  setTimeout(() => item.remove(), undo ? 10000 : 5000);
}
