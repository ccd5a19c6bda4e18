// A reader in a real browser meets what is rare: long events, hours that come twice, names with signs, a sign-in
// as somebody else. Says what was seen, as JSON; Rust compares.
//
// Argument: links and tokens, as JSON.
import chromium from "@sparticuz/chromium";
import puppeteer from "puppeteer-core";

const links = JSON.parse(process.argv[2]);
const browser = await puppeteer.launch({
  args: ["--no-sandbox", "--lang=en-US"],
  executablePath: await chromium.executablePath(),
  headless: "shell",
});
const page = await browser.newPage();
await page.setViewport({ width: 1280, height: 900 });
const faults = [];
page.on("pageerror", (error) => faults.push(String(error)));

/** Histograms that are to wait, and what searches asked for. */
let held = null;
let asked = [];
await page.setRequestInterception(true);
page.on("request", (request) => {
  const url = new URL(request.url());
  if (url.pathname.endsWith("/v1/logs")) asked.push(JSON.parse(request.postData()));
  if (held && url.pathname.endsWith("/histogram")) held.push(request);
  else request.continue();
});

const text = (selector) => page.$eval(selector, (element) => element.textContent);
const settled = () => page.waitForFunction(() => !document.querySelector("#activity[aria-busy]") && document.querySelector("#summary").textContent !== "Loading…");
const summary = async () => {
  await settled();
  return text("#summary");
};
const fill = (values) => page.evaluate((values) => {
  for (const [id, value] of Object.entries(values)) document.getElementById(id).value = value;
  document.getElementById("filters").requestSubmit();
}, values);
const bars = (count) => page.waitForFunction((count) => !document.querySelector("#over-time").hidden && document.querySelectorAll("#bars g").length >= count, {}, count);
const address = (name) => new URL(page.url()).searchParams.get(name);
/** The values of all filters. */
const filters = () => page.$eval("#filters", (form) => [...form.elements].map((control) => control.value ?? "").join(""));
const isHidden = (selector) => page.$eval(selector, (element) => element.hidden);
const seen = {};

// Pages that are too long for one answer, and an event that is by itself.
await page.goto(links.long);
await page.waitForSelector(".entry");
await settled();
for (let pages = 0; pages < 20 && !(await isHidden("#older")); pages += 1) {
  await page.click("#older");
  await settled();
}
seen.long = [await text("#summary"), (await isHidden("#problem")) ? "leads on" : "ends"];

// Bars of other filters are gone while the new ones are counted, and older events do not stop that.
held = [];
asked = [];
await fill({ q: "workflow" });
await page.waitForSelector("#older:not([hidden])");
await settled();
seen.limit = asked[0].limit;
const counting = { old: (await isHidden("#over-time")) ? "hidden" : "shown" };
while (!(await isHidden("#older"))) {
  await page.click("#older");
  await settled();
}
counting.listed = (await page.$$(".entry")).length;
const waiting = held;
held = null;
for (const request of waiting) await request.continue().catch(() => {});
await bars(1);
counting.new = "shown";
seen.counting = counting;

// Where ranges are bounded, the page begins with one that may be asked for.
await page.goto(links.day);
await page.waitForFunction(() => document.querySelector("#range").value !== "");
await page.waitForSelector(".entry");
seen.day = [await page.$eval("#range", (control) => control.value), await summary()];

// A bar leads to what it counts: the clocks of Berlin show the hour from two to three twice.
const night = `${links.time}&range=custom&from=2025-10-26T00:10:00.125Z&to=2025-10-26T06:00:00Z`;
seen.hours = [];
for (const place of [0, 1]) {
  await page.goto(night);
  await bars(2);
  await settled();
  const bar = (await page.$$("#bars g"))[place];
  const count = await bar.evaluate((bar) => bar.getAttribute("aria-label").match(/: (\d+)\./)[1]);
  const before = page.url();
  await bar.evaluate((bar) => bar.focus());
  await page.keyboard.press("Enter");
  await page.waitForFunction((before) => location.href !== before, {}, before);
  seen.hours.push([count, await summary(), address("from"), address("to")]);
  if (place === 0) seen.shown = await page.$$eval("#from, #to", (inputs) => inputs.map((input) => input.value));
}
await page.goto(`${links.time}&range=custom&from=2025-10-26T01:30&to=2025-10-26T02:35`);
await page.waitForSelector(".entry");
seen.again = await summary();
await page.goto(`${links.time}&range=1h`);
await bars(2);
seen.isInside = await page.$$eval("#bars rect", (shapes) => shapes.every((shape) => Number(shape.getAttribute("x")) + Number(shape.getAttribute("width")) <= 1000));

// Actors by their names, whatever signs are in them, and nobody who is only spoken of.
await page.goto(links.actors);
await page.waitForSelector(".entry");
await settled();
seen.actors = [];
for (const actor of ["Tom", "CORP\\jane", 'Jane "JJ" Roe', "tom@example.com", "aBcD1234@clients", "Ottokar"]) {
  await fill({ actor });
  await page.waitForFunction((actor) => new URL(location.href).searchParams.get("actor") === actor, {}, actor);
  seen.actors.push(await summary());
}
await fill({ actor: "", q: "“deleted user”" });
await page.waitForSelector(".entry");
seen.quoted = await summary();
await fill({ actor: "jane@example.com", q: "" });
await page.waitForFunction(() => document.querySelectorAll(".entry").length === 1);
await settled();
seen.names = await page.$$eval(".sentence bdi", (names) => names.map((name) => name.textContent));

// A selection that ends outside leaves the event open, and so does its margin.
await page.click(".entry");
await page.waitForSelector("#detail[open] dl");
const dialogIs = () => page.$eval("#detail", (dialog) => (dialog.open ? "open" : "closed"));
const { left, top } = await page.$eval("#detail", (dialog) => dialog.getBoundingClientRect().toJSON());
await page.mouse.move(left + 200, top + 300);
await page.mouse.down();
await page.mouse.move(left - 100, top + 300, { steps: 5 });
await page.mouse.up();
seen.dialog = { selected: await dialogIs() };
await page.mouse.click(left + 5, top + 300);
seen.dialog.padding = await dialogIs();
await page.mouse.click(left - 100, top + 300);
seen.dialog.outside = await dialogIs();

// Nothing of what was looked for stays after signing out, nor comes back for somebody else.
const signIn = async (token) => {
  await page.$eval("#token", (control, token) => (control.value = token), token);
  await page.$eval("#sign-in-form", (form) => form.requestSubmit());
  await page.waitForSelector("#book:not([hidden]) .entry, #book:not([hidden]) #empty:not([hidden])");
  await settled();
};
await page.click("#sign-out");
await page.waitForSelector("#sign-in:not([hidden])");
const places = ["#summary", "#chips", "#actors", "#services", "#bars", "#bars-caption", "#activity", "#detail-badges", "#detail-body"];
seen.signedOut = {
  search: new URL(page.url()).search,
  form: await filters(),
  left: (await Promise.all(places.map(text))).join(""),
};
const [actors, time] = links.tokens;
const asksFor = () => asked.flatMap(({ limit, ...filter }) => Object.keys(filter));
asked = [];
await signIn(time);
seen.other = { asked: asksFor() };
asked = [];
const back = () => page.evaluate(() => new Promise((resolve) => {
  addEventListener("popstate", () => setTimeout(resolve), { once: true });
  history.back();
}));
// To the event, and to the list before it.
await back();
await back();
await settled();
seen.other.back = asksFor();

// Nor for somebody of the same tenant, by way of Back before signing in or after it.
const search = () => new URL(page.url()).search;
const closeOne = async () => {
  await page.goto(`${links.actors}&actor=Tom`);
  await page.waitForSelector(".entry");
  await settled();
  await page.click(".entry");
  await page.waitForSelector("#detail[open] dl");
  await page.evaluate(() => document.getElementById("detail").close());
  await page.waitForFunction(() => !new URL(location.href).searchParams.has("event"));
};
const openOne = async () => {
  await closeOne();
  await page.click("#sign-out");
  await page.waitForSelector("#sign-in:not([hidden])");
};
seen.same = { addresses: [], back: [] };
await openOne();
for (const _ of [1, 2]) {
  await back();
  seen.same.addresses.push(search());
}
asked = [];
await signIn(actors);
seen.same.asked = asksFor();
await openOne();
await signIn(actors);
asked = [];
for (const _ of [1, 2]) {
  await back();
  await settled();
  seen.same.back.push(search());
}
seen.same.askedBack = asksFor();

// Whose token has expired goes on where they were; somebody else does not.
const expire = async () => {
  await page.evaluate(() => sessionStorage.setItem("daybook.token", "no.token.any-more"));
  await page.click("#refresh");
  await page.waitForSelector("#sign-in:not([hidden])");
};
await page.goto(`${links.actors}&actor=Tom`);
await page.waitForSelector(".entry");
await settled();
await expire();
await signIn(actors);
seen.expired = { same: address("actor") };
await expire();
await signIn(time);
seen.expired.other = address("actor") ?? "";

// A reload in between changes neither, nor what was signed out of.
const backAfterReload = async () => {
  await page.reload();
  await page.waitForSelector("#sign-in:not([hidden])");
  await back();
};
await closeOne();
await expire();
await backAfterReload();
await signIn(actors);
seen.reloaded = { same: address("actor") };
await closeOne();
await expire();
await backAfterReload();
await signIn(time);
seen.reloaded.other = address("actor") ?? "";
await openOne();
await backAfterReload();
seen.reloaded.signedOut = search();

seen.faults = faults;
console.log(JSON.stringify(seen));
await browser.close();
