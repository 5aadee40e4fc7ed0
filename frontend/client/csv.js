/** CSV as people have it: comma or semicolon, quotes, BOM, UTF-8 or Windows-1252. Pure. */

/** @param {ArrayBuffer | Uint8Array} bytes */
export function decode(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes); // what Excel writes in Spanish
  }
}

/**
 * Rows with the number of the line on which each begins; empty lines are left out.
 * @param {string} text @returns {{line: number, cells: string[]}[]}
 */
export function parseCsv(text) {
  const first = text.slice(0, text.search(/[\r\n]|$/));
  const separator = first.split(";").length > first.split(",").length ? ";" : ",";
  /** @type {{line: number, cells: string[]}[]} */
  const rows = [];
  /** @type {string[]} */
  let cells = [];
  let cell = "";
  let [line, begun, quoted] = [1, 1, false];
  const end = () => {
    cells.push(cell.trim());
    if (cells.some(Boolean)) rows.push({ line: begun, cells });
    [cells, cell] = [[], ""];
  };
  for (let i = 0; i < text.length; i++) {
    const sign = text[i];
    const breaks = sign === "\n" || (sign === "\r" && text[i + 1] !== "\n");
    if (breaks) line++;
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (text[i + 1] === '"') cell += text[++i];
      else quoted = false;
    } else if (sign === '"' && !cell.trim()) [cell, quoted] = ["", true];
    else if (sign === separator) [cells, cell] = [[...cells, cell.trim()], ""];
    else if (breaks) {
      end();
      begun = line;
    } else if (sign !== "\r") cell += sign;
  }
  end();
  return rows;
}

/** A cell that a spreadsheet would run as a formula gets an apostrophe. @param {any[][]} rows */
export const formatCsv = (rows) => rows.map((row) => `${row.map(cellOf).join(",")}\r\n`).join("");

/** @param {any} value */
function cellOf(value) {
  const text = typeof value === "string" && /^\s*[=+\-@]|^[\t\r]/.test(value) ? `'${value}` : String(value ?? "");
  return /[",;\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** For spreadsheets, which take a CSV without a mark for Windows-1252. @param {any[][]} rows */
export const spreadsheet = (rows) => `\ufeff${formatCsv(rows)}`;

/**
 * One line of a file of pairs: what it says, what is wrong with it, its score.
 * @typedef {{line: number, customer: string, product: string, error: string, message: string,
 *   score: number | null, level: string}} Line
 */

/** The names that the API takes for the two columns. */
const CUSTOMER = ["customer_id", "customer", "cliente", "cliente_id", "id_cliente"];
const PRODUCT = ["product_id", "product", "producto", "producto_id", "id_producto"];
const ID = /^-?\d{1,15}$/; // every such number is exact in JavaScript

/** @param {{line: number, cells: string[]}[]} rows @returns {Line[]} */
export function readPairs(rows) {
  const isHead = rows.length > 0 && !rows[0].cells.some((cell) => /\d/.test(cell));
  const names = isHead ? rows[0].cells.map((name) => name.toLowerCase().replace(/ /g, "_")) : [];
  const [customerAt, productAt] = [CUSTOMER, PRODUCT].map((known) =>
    names.findIndex((name) => known.includes(name)));
  const known = customerAt >= 0 && productAt >= 0;
  return rows.slice(isHead ? 1 : 0).map(({ line, cells }) => {
    const customer = cells[known ? customerAt : 0] ?? "";
    const product = cells[known ? productAt : 1] ?? "";
    const error = cells.length < 2 ? "columns" : !ID.test(customer) ? "customer"
      : !ID.test(product) ? "product" : "";
    return { line, customer, product, error, message: "", score: null, level: "" };
  });
}
