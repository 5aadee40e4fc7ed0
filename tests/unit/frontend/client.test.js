// The pure parts of the client, in Node: node --test tests/unit/frontend/
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const FRONTEND = new URL("../../../frontend/", import.meta.url);
const words = (language) => JSON.parse(readFileSync(new URL(`locales/${language}.json`, FRONTEND)));
Object.assign(globalThis, {
  HTMLElement: class {},
  customElements: { define() {} },
  dispatchEvent() {},
  sodaiWords: { es: words("es"), en: words("en") },
});
const load = (name) => import(new URL(`client/${name}.js`, FRONTEND));

const { format, formatRun, parse, parseRun, tabOf } = await load("router");
const { html } = await load("html");
const { ago, count, duration, levelOf, percent, t } = await load("i18n");
const { habit, productName, productTitle, size, tidy, weeksBefore } = await load("words");
const { inStatus, nextCall, sift, spread } = await load("worklist");
const { decode, formatCsv, parseCsv, readPairs } = await load("csv");
const { score } = await load("batch");
const notes = await load("notes");
const record = await load("record");
const { isAnswer, tokenFor } = await load("session");
const { bars, columns, gauge } = await load("charts");
const { sectionsOf } = await load("run-sections");
const { runRow, runTable } = await load("runs");

const EVIL = "<img src=x onerror=alert(1)>${alert(1)}{{x}}\"'";
const markup = (value) => String(html`${value}`);

test("a route survives the way to the address bar and back", () => {
  for (const route of [
    { page: "shop", id: "1042", params: { q: "té & más", type: "CANAL FRIO" } },
    { page: "predict", id: null, params: { customer: "1", product: "2" } },
    { page: "help", id: null, params: {} },
  ]) assert.deepEqual(parse(format(route)), route);
});

test("an unknown or broken address leads to the calls", () => {
  assert.equal(parse("#/nonsense").page, "calls");
  assert.equal(parse("").page, "calls");
  assert.equal(parse("#/shop/%E0%A4%A").id, "%E0%A4%A");
});

test("a shop is shown inside the tab of calls", () => {
  assert.equal(tabOf(parse("#/shop/1")), "calls");
  assert.equal(tabOf(parse("#/monitoring")), "monitoring");
});

test("empty parameters leave the address", () => {
  assert.equal(format({ page: "calls", params: { q: "", type: "A" } }), "#/calls?type=A");
});

test("the id of a run survives the address", () => {
  assert.equal(parseRun(formatRun("20250106T050001-1a2b")), "20250106T050001-1a2b");
  assert.equal(parseRun("#/"), null);
  assert.equal(parseRun(""), null);
});

test("values in markup are escaped, markup in markup is not", () => {
  const inner = [html`<i></i>`, "&"];
  assert.equal(
    String(html`<p title="${'"'}">${"<b>"}${html`<b>${1}</b>`}${inner}${null}${false}${0}</p>`),
    '<p title="&quot;">&lt;b&gt;<b>1</b><i></i>&amp;0</p>');
});

test("nothing in data becomes markup, in charts, rows or sections", () => {
  const run = { run: EVIL, status: EVIL, outcome: EVIL, week: EVIL, created_at: EVIL, decision: EVIL };
  const drawn = [
    bars(EVIL, [{ label: EVIL, value: 1 }]),
    columns([1], EVIL, [EVIL]),
    runTable([runRow(run, "#/x")]),
    ...sectionsOf({ ...run, states: { plan: { status: "failed", error: { message: EVIL, name: EVIL } } },
      artifacts: { [EVIL]: EVIL }, interpretability: { top: [{ label_es: EVIL, importance: 1 }] },
      decision: { retrain: true, reasons: [EVIL] }, evaluation: { [EVIL]: { f1: 0.5 } } },
    { step: "plan", logs: null }).map(([, section]) => section),
  ].map(markup).join("");
  assert.ok(drawn.includes("&lt;img"));
  assert.ok(!drawn.includes("<img"));
});

test("features are named in the language of the page, as far as a run tells it", () => {
  const row = { feature: "customer_type", label: "type of shop", label_es: "tipo de tienda" };
  assert.equal(record.featureLabel(row), "tipo de tienda");
  assert.equal(record.featureLabel(row, "en"), "type of shop");
  assert.equal(record.featureLabel({ feature: "x", label: "type of shop" }, "es"), "type of shop");
  assert.equal(record.featureLabel({ feature: "customer_type" }, "es"), "Tipo de tienda");
});

test("what weighs in the model is drawn with its Spanish names", () => {
  const top = [{ feature: "customer_type", label: "type of shop", label_es: "tipo de tienda", importance: 1 }];
  const drawn = sectionsOf({ interpretability: { top } }, { step: "", logs: null })
    .find(([name]) => name === "importance")[1];
  assert.ok(markup(drawn).includes("tipo de tienda"));
  assert.ok(!markup(drawn).includes("type of shop"));
});

test("probabilities keep what matters", () => {
  assert.equal(percent(0.5), "50%");
  assert.equal(percent(0), "0%");
  assert.equal(percent(0.00042), "0,042%");
  assert.equal(percent(0.994), "99,4%");
  assert.equal(percent(1), "100%");
});

test("confidence begins at 0.7 and 0.4", () => {
  assert.deepEqual([0.7, 0.699, 0.4, 0.399].map(levelOf), ["high", "medium", "medium", "low"]);
});

test("durations read like a clock", () => {
  assert.deepEqual([0.04, 4.25, 48, 89, 3725].map(duration),
    ["< 0,1 s", "4,3 s", "48 s", "1 min 29 s", "1 h 2 min"]);
});

test("moments are told from now", () => {
  const now = Date.parse("2025-01-06T12:00:00Z");
  assert.equal(ago("2025-01-06T09:00:00Z", now), "hace 3 horas");
  assert.equal(ago("no date", now), "");
});

test("one is not many", () => {
  assert.equal(count("shop_deliveries", 1), "1 entrega por semana");
  assert.equal(count("shop_deliveries", 3), "3 entregas por semana");
});

test("an unknown text shows its key and leaves no braces", () => {
  assert.equal(t("no_such_key"), "no_such_key");
  assert.equal(t("week_of", {}), "Semana del ");
});

test("tables' capitals become words", () => {
  assert.equal(tidy("CANAL FRIO"), "Canal frio");
  assert.equal(tidy("Brand 31"), "Brand 31");
  assert.equal(tidy(null), "");
  assert.equal(productTitle("Brand 3 BOTELLA 1.5 L"), "Brand 3 botella 1,5 L");
  assert.equal(productTitle("Brand 3 LATA 0.33 L"), "Brand 3 lata 330 ml");
  assert.equal(productTitle(null), "");
});

test("sizes read like a label", () => {
  assert.deepEqual([0.33, 1.5, 20, null, 0].map(size), ["330 ml", "1,5 L", "20 L", "", ""]);
});

test("recommendations and product cards name a product alike", () => {
  const card = { product_id: 1, brand: "Brand 3", package: "LATA", size: 0.35 };
  const offer = { product_id: 1, product_brand: "Brand 3", product_package: "LATA", product_size: 0.35 };
  assert.equal(productName(card), "Brand 3 lata 350 ml");
  assert.equal(productName(offer), productName(card));
});

test("habits are told in plain words, with the day of the last order", () => {
  const told = (weeks, days) => habit({ weeks_bought_of_8: weeks, days_since_last: days }, "2025-01-06");
  assert.equal(told(7, 3), "Lo pidió en 7 de las últimas 8 semanas; la última vez, el 3 ene.");
  assert.equal(told(8, 1), "Lo pidió en cada una de las últimas 8 semanas; la última vez, el 5 ene.");
  assert.equal(told(0, 80), "No lo pidió en las últimas 8 semanas; la última vez, el 18 oct.");
  assert.equal(told(0, null), "Todavía no lo ha pedido.");
  assert.equal(habit({ weeks_bought_of_8: 1, days_since_last: 2 }, undefined),
    "Lo pidió en 1 de las últimas 8 semanas.");
  assert.equal(habit({}, "2025-01-06"), "");
});

test("weeks without an order are zero, and so are returns", () => {
  const history = [["2024-12-23", 4, 2], ["2024-12-30", -2, 1]];
  assert.deepEqual(weeksBefore(history, "2025-01-06", 3), [
    { monday: "2024-12-16", items: 0 }, { monday: "2024-12-23", items: 4 },
    { monday: "2024-12-30", items: 0 }]);
  assert.equal(weeksBefore(undefined, "2025-01-06").length, 26);
});

const CALLS = [
  { customer_id: 1, customer_type: "CANAL FRIO", zone_id: 9, top_product_id: 7, top_product_name: "Té lata" },
  { customer_id: 21, customer_type: "MINIMARKET", zone_id: 9, top_product_id: 8, top_product_name: null },
];

test("a search finds every word, whatever its accents, in any field", () => {
  const found = (wanted) => sift(CALLS, wanted).map((call) => call.customer_id);
  assert.deepEqual(found({ q: "frío TE" }), [1]);
  assert.deepEqual(found({ q: "1" }), [1, 21]);
  assert.deepEqual(found({ q: "9", type: "MINIMARKET" }), [21]);
  assert.deepEqual(found({ q: "frío minimarket" }), []);
  assert.deepEqual(found({}), [1, 21]);
});

test("a place is sought as a whole", () => {
  const calls = [{ ...CALLS[0], place: 17 }, { ...CALLS[1], place: null }];
  assert.deepEqual(sift(calls, { place: "17" }).map((call) => call.customer_id), [1]);
  assert.deepEqual(sift(calls, { place: "1" }), []);
});

test("parts of a chance add up to it, in the language of the page", async () => {
  const { chanceOf, sentence, weighed } = await load("why");
  const part = (es, contribution, value = null) => ({ label: { es, en: "x" }, value, contribution });
  const parts = [part(EVIL, -2), part("cuántas veces lo pidió", 3, 0.81)];
  assert.ok(Math.abs(chanceOf(parts) - 1 / (1 + Math.exp(-1))) < 1e-12);
  const drawn = markup(weighed(parts));
  assert.ok(drawn.includes("suman +1 en log-odds: es la probabilidad de 73%"));
  assert.ok(drawn.includes("cuántas veces lo pidió") && !drawn.includes("<img"));
  assert.equal(weighed(null), null);
  assert.equal(sentence({ why: { es: "Porque sí.", en: "So." } }), "Porque sí.");
  assert.equal(sentence({ weeks_bought_of_8: 1, days_since_last: 2 }), "Lo pidió en 1 de las últimas 8 semanas.");
});

const noted = (outcomes) => new Map(Object.entries(outcomes).map(([shop, outcome]) => [shop, { outcome, note: "", at: "" }]));
const LIST = [1, 2, 3].map((customer_id) => ({ customer_id }));

test("calls are sought by how they ended; a remark alone leaves the shop to call", () => {
  const found = (status) => inStatus(LIST, noted({ 1: "ordered", 2: "" }), status).map((call) => call.customer_id);
  assert.deepEqual(found(""), [1, 2, 3]);
  assert.deepEqual(found("pending"), [2, 3]);
  assert.deepEqual(found("called"), [1]);
  assert.deepEqual(found("declined"), []);
});

test("next is the next shop that was not called, then the first one left", () => {
  const next = (outcomes, from) => nextCall(LIST, noted(outcomes), from)?.customer_id;
  assert.equal(next({}, "1"), 2);
  assert.equal(next({ 2: "later" }, "1"), 3);
  assert.equal(next({ 3: "later" }, "2"), 1);
  assert.equal(next({ 1: "later", 2: "later" }, "3"), undefined);
});

/** A storage as browsers have it, with its keys as properties. */
const storage = (refuses = false) => Object.defineProperties({}, {
  getItem: { value(key) { return this[key] ?? null; } },
  setItem: { value(key, text) { if (refuses) throw new Error("QuotaExceededError"); this[key] = text; } },
  removeItem: { value(key) { delete this[key]; } },
});

test("notes are kept by week and shop, and taken back", () => {
  globalThis.localStorage = storage();
  const call = { outcome: "ordered", note: "el lunes", at: "2025-01-06T12:00:00Z" };
  notes.setNote("2025-01-06", 1, call);
  notes.setNote("2025-01-13", 1, { outcome: "", note: "llamar", at: "" });
  assert.deepEqual(notes.noteOf("2025-01-06", 1), call);
  assert.deepEqual([...notes.notesOf("2025-01-13").keys()], ["1"]);
  notes.setNote("2025-01-06", 1, null);
  assert.equal(notes.notesOf("2025-01-06").size, 0);
  assert.ok(notes.isKept());
});

test("two tabs that note at once keep both notes", () => {
  globalThis.localStorage = storage();
  notes.setNote("w", 1, { outcome: "ordered", note: "", at: "" });
  localStorage.setItem("sodai.call.w.2", JSON.stringify({ outcome: "later", note: "", at: "" })); // the other tab
  notes.setNote("w", 3, { outcome: "declined", note: "", at: "" });
  assert.deepEqual([...notes.notesOf("w").keys()].sort(), ["1", "2", "3"]);
});

test("a browser that keeps nothing still shows what was noted, and says so", () => {
  globalThis.localStorage = storage(true);
  notes.setNote("w", 1, { outcome: "ordered", note: "", at: "" });
  assert.equal(notes.noteOf("w", 1).outcome, "ordered");
  assert.equal(notes.notesOf("w").size, 1);
  assert.ok(!notes.isKept());
  notes.setNote("w", 1, null);
  assert.ok(notes.isKept());
});

test("what others wrote into the storage is not read as a note", () => {
  globalThis.localStorage = storage();
  for (const text of ["{", "null", "7", '{"outcome":"<b>"}']) {
    localStorage.setItem("sodai.call.w.1", text);
    assert.equal(notes.noteOf("w", 1), null);
  }
});

const cells = (text) => parseCsv(text).map((row) => row.cells);

test("CSV is read with commas or semicolons, quotes, every line end, and empty lines", () => {
  assert.deepEqual(cells("a;b\r\n1;2\r\n\r\n3;4"), [["a", "b"], ["1", "2"], ["3", "4"]]);
  assert.deepEqual(cells('a,b\n"1,5","x ""y"""\r3, 4 '), [["a", "b"], ["1,5", 'x "y"'], ["3", "4"]]);
  assert.deepEqual(cells(""), []);
});

test("a line is named by its number in the file", () => {
  assert.deepEqual(parseCsv('a,b\n\n"x\ny",2\r\n3,4').map((row) => row.line), [1, 3, 5]);
});

test("bytes are read as UTF-8, with or without its mark, else as Windows-1252", () => {
  assert.equal(decode(new TextEncoder().encode("\ufeffñandú")), "ñandú");
  assert.equal(decode(Uint8Array.of(0xf1, 0x61)), "ña");
});

test("formulas in a file out are defused, numbers stay", () => {
  assert.equal(formatCsv([["=1+1", "+x", "-x", "@x", " =x", "\tx", -3, "a;b", 'say "x"', null]]),
    `'=1+1,'+x,'-x,'@x,' =x,'\tx,-3,"a;b","say ""x""",\r\n`);
});

test("pairs are found by their names or by their place, and bad lines are told", () => {
  const pairs = (text) => readPairs(parseCsv(text)).map((l) => [l.line, l.customer, l.product, l.error]);
  assert.deepEqual(pairs("1,2\n3,4"), [[1, "1", "2", ""], [2, "3", "4", ""]]);
  assert.deepEqual(pairs("product_id;note;customer_id\n2;x;1"), [[2, "1", "2", ""]]);
  assert.deepEqual(pairs("Producto;Id cliente\n2;1"), [[2, "1", "2", ""]]);
  assert.deepEqual(pairs("tienda,producto\n1\nx,2\n1,99999999999999999999\n1,2.5").map((row) => row[3]),
    ["columns", "customer", "product", "product"]);
});

const lines = (n) => Array.from({ length: n }, (_, i) => (
  { line: i + 1, customer: String(i), product: "1", error: "", message: "", score: null, level: "" }));
const scores = async (pairs) => ({ predictions: pairs.map(({ customer_id }) => (
  customer_id === 2 ? { prediction_score: null, error: "UNKNOWN_CUSTOMER" }
    : { prediction_score: 0.5, recommendation_confidence: "medium" })) });

test("a chunk that fails marks its own lines, and only they are asked again", async () => {
  const some = lines(5);
  let asked = 0;
  await score(some, async (pairs) => {
    if (++asked === 2) throw new Error("away");
    return scores(pairs);
  }, { size: 2 });
  assert.deepEqual(some.map((l) => l.error), ["", "", "failed", "failed", ""]);
  assert.equal(some[2].message, "away");
  const again = [];
  await score(some, async (pairs) => { again.push(...pairs); return scores(pairs); }, { size: 2 });
  assert.deepEqual(again.map((pair) => pair.customer_id), [2, 3]);
  assert.deepEqual(some.map((l) => l.error), ["", "", "UNKNOWN_CUSTOMER", "", ""]);
});

test("a file is answered for one week, whatever is published meanwhile", async () => {
  const asked = [];
  const send = async (pairs, week) => {
    asked.push(week);
    const { predictions } = await scores(pairs);
    return { predictions: predictions.map((one) => ({ ...one, week: week || "2025-01-06" })) };
  };
  assert.equal(await score(lines(5), send, { size: 2 }), "2025-01-06");
  assert.equal(await score(lines(1), send, { week: "2024-12-30" }), "2024-12-30");
  assert.deepEqual(asked, ["", "2025-01-06", "2025-01-06", "2024-12-30"]);
});

test("a cancelled batch keeps what it has and marks nothing", async () => {
  const some = lines(6);
  const stop = new AbortController();
  await score(some, async (pairs) => {
    if (pairs[0].customer_id >= 2) { stop.abort(); throw new Error("aborted"); }
    return scores(pairs);
  }, { size: 2, signal: stop.signal });
  assert.deepEqual(some.map((l) => l.score), [0.5, 0.5, null, null, null, null]);
  assert.ok(some.every((l) => l.error === ""));
});

test("samples are spread from first to last", () => {
  assert.deepEqual(spread([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 4), [0, 3, 6, 9]);
  assert.deepEqual(spread([1, 2], 4), [1, 2]);
});

test("a gauge says its probability to those who listen", () => {
  assert.match(String(gauge(0.82)), /aria-label="Probabilidad 82%, confianza alta"/);
});

const AT = "2025-01-06T05:00:00+00:00";
const done = (seconds, more = {}) => ({ status: "succeeded", started_at: AT, seconds, ...more });

test("states follow their order, each from where the one before ended", () => {
  const steps = record.stepsOf({ status: "running", states: {
    validate: done(3), plan: done(1), observe: done(9, { reused: true }), features: { status: "running", started_at: AT } },
  progress: { state: "features", done: 2, of: 4 } }, Date.parse(AT) + 5000);
  assert.deepEqual(steps.slice(0, 4).map(({ name, start, seconds }) => [name, start, seconds]),
    [["plan", 0, 1], ["validate", 1, 3], ["observe", 4, 9], ["features", 4, 5]]);
  assert.deepEqual(steps[3].progress, { state: "features", done: 2, of: 4 });
  assert.equal(steps[4].status, "waiting");
});

test("what did not happen is told by how the run ended", () => {
  const status = (run, name) => record.stepsOf(run).find((step) => step.name === name)?.status;
  assert.equal(status({ status: "succeeded", states: { train: done(1) } }, "load_model"), "skipped");
  assert.equal(status({ status: "failed", states: {} }, "publish"), "unreached");
  assert.equal(status({ status: "succeeded", states: {} }, "refit"), undefined);
});

test("a state unknown here is still shown", () => {
  const names = record.stepsOf({ states: { audit: done(1) } }).map((step) => step.name);
  assert.equal(names.at(-1), "audit");
});

test("a record without sections, or no record at all, reads as nothing", () => {
  for (const run of [undefined, null, {}, { states: null }, { status: "failed", states: { plan: null } }]) {
    assert.equal(record.weekOf(run), null);
    assert.equal(record.faultOf(run), undefined);
    assert.equal(record.secondsOf(run), 0);
  }
  for (const section of [null, undefined, {}, [], "x", { drift: null }]) {
    assert.deepEqual(record.methodsOf(section), []);
    assert.deepEqual(record.trialsOf(section), []);
    assert.deepEqual(record.driftOf(section).features, []);
    assert.equal(record.decisionOf(section?.decision), null);
  }
  const early = { run: "r", status: "failed", states: { plan: { status: "failed", error: null } } };
  assert.doesNotThrow(() => sectionsOf(early, { step: "plan", logs: null }).map(([, s]) => markup(s)));
});

test("every set of metrics is found once, the fullest", () => {
  const section = { detail: { challenger: { f1: 0.5 } },
    mean: { challenger: { f1: 0.5, precision: 0.6 }, logistic: { f1: 0.4, precision: null } } };
  assert.deepEqual(record.methodsOf(section).map(({ name, metrics }) => [name, metrics.precision]),
    [["challenger", 0.6], ["logistic", null]]);
});

test("decisions are read in every form", () => {
  assert.equal(record.decisionOf({ retrain: true }), "retrain");
  assert.equal(record.decisionOf(false), "keep");
  assert.equal(record.decisionOf({}), null);
});

test("reasons are the run's own sentences, else words for their codes, else the codes", () => {
  assert.deepEqual(record.reasonsOf({ sentences: { es: ["Porque sí."] }, reasons: ["DRIFT"] }), ["Porque sí."]);
  assert.deepEqual(record.reasonsOf({ reasons: ["FORCED", "NEW_CODE"] }),
    ["Se pidió volver a entrenar.", "New code"]);
});

test("failures are told in Spanish by their kind, file and reasons, with the step's own words beside", () => {
  const { sentences, told } = record.faultWords({ name: "DataContractError",
    message: "refused: ventas.parquet: {'NULL_KEY': 3}; x.csv: {'DUPLICATE': 9, 'NEW_CODE': 1}", user_message: "The file ..." });
  assert.equal(told, "The file ...");
  assert.match(sentences[0], /contrato de datos/);
  assert.match(sentences[1], /ventas\.parquet, x\.csv/);
  assert.equal(sentences.length, 4);
  assert.equal(record.faultWords({ name: "KeyError", message: "'x'" }).sentences.length, 1);
  assert.equal(record.faultWords(null).sentences.length, 1);
});

test("every kind of error and every reason of the contract has its sentence", () => {
  const source = (path) => readFileSync(new URL(`../layers/sodai/python/sodai/domain/${path}`, FRONTEND), "utf8");
  const kinds = [...source("errors.py").matchAll(/^class (\w+)\(SodaiError\)/gm)].map(([, name]) => `fault_${name}`);
  const codes = [...source("contract/limits.py").matchAll(/= "([A-Z_]+)"/g)].map(([, code]) => `reason_${code}`);
  assert.ok(kinds.length > 5 && codes.length > 8);
  assert.deepEqual([...kinds, ...codes].filter((key) => !(key in sodaiWords.es)), []);
});

test("drift is read from the report and from the run's section, largest first", () => {
  const statistics = [{ feature: "X", kind: "ks", z: 0.2, psi: null, ks_p: 0.5 }, { feature: "items", z: 4.1 },
    { feature: "size", z: null }];
  const told = record.driftOf({ drift: { max_z: 4.1, limit: 3.5, alarm: true, feature: "items" }, statistics });
  assert.deepEqual(told.features.map(({ name }) => name), ["items", "X"]);
  assert.ok(told.alarm && told.evaluated);
  assert.equal(record.driftOf({ drift: { evaluated: false, reason: "TOO_FEW_WEEKS" } }).evaluated, false);
});

test("only the provider's answer is taken for one", () => {
  for (const query of ["?code=1&state=2", "?error=access_denied&state=2"]) assert.ok(isAnswer(query));
  for (const query of ["", "?lang=en", "?code=1", "?state=2"]) assert.ok(!isAnswer(query));
});

test("the API gets the token that was made for its audience", () => {
  const user = { access_token: "access", id_token: "id" };
  assert.equal(tokenFor({ audience: "api", clientId: "site" }, user), "access");
  assert.equal(tokenFor({ audience: "site", clientId: "site" }, user), "id");
});
