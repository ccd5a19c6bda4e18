// A reader in a real browser: signs in by the link, searches, looks at one day, one event and one thing,
// and takes the events along as a file. Says what was seen, as JSON; Rust compares.
//
// Arguments: the link of `daybook up`, a folder for downloads, a folder for pictures or nothing.
import { readdir, readFile } from "node:fs/promises";
import chromium from "@sparticuz/chromium";
import puppeteer from "puppeteer-core";

const [, , link, downloads, pictures] = process.argv;
const browser = await puppeteer.launch({
  args: ["--no-sandbox", "--lang=en-US"],
  executablePath: await chromium.executablePath(),
  headless: "shell",
});
const page = await browser.newPage();
await page.setViewport({ width: 1280, height: 900 });
const session = await browser.target().createCDPSession();
const download = new Promise((resolve) => session.on("Browser.downloadProgress", ({ state }) => state !== "inProgress" && resolve(state)));
await session.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: downloads, eventsEnabled: true });

const faults = [];
page.on("pageerror", (error) => faults.push(String(error)));
page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
const foreign = [];
const isOwn = (url) => url.startsWith(new URL(link).origin) || url.startsWith("data:");
page.on("request", (request) => isOwn(request.url()) || foreign.push(request.url()));

const text = (selector) => page.$eval(selector, (element) => element.textContent);
const entries = () => page.$$eval(".entry", (entries) => entries.length);
const settled = () => page.waitForFunction(() => !document.querySelector("#activity[aria-busy]") && document.querySelector("#summary").textContent !== "Loading…");
const says = (selector, part) => page.waitForFunction((selector, part) => document.querySelector(selector).textContent.includes(part), {}, selector, part);
const fill = (query) => page.$eval("#q", (input, query) => {
  input.value = query;
  input.form.requestSubmit();
}, query);
/** A query with a mistake, if not there already, and what is found when its suggestion is taken. */
async function mended(mistake, suggestion, query) {
  if (mistake) await fill(mistake);
  await page.waitForSelector(`#q-fault:not([hidden]) ::-p-text(Use ${suggestion})`);
  await picture("mistake");
  await page.click("#q-fault button");
  await page.waitForFunction((query) => document.querySelector("#q").value === query, {}, query);
  await settled();
  return text("#summary");
}
const picture = async (name) => {
  if (!pictures) return;
  await page.screenshot({ path: `${pictures}/${name}.png` });
};
/** Whether anything lies outside of what holds it, or on top of something else. */
const isCrowded = () => page.evaluate(() => {
  const box = (element) => element.getBoundingClientRect();
  const overlap = [...document.querySelectorAll(".entry")].some((entry) => {
    const [time, badges] = [".relative", ".badges"].map((name) => box(entry.querySelector(name)));
    return time.right > badges.left && time.left < badges.right && time.bottom > badges.top && time.top < badges.bottom;
  });
  const dialog = document.querySelector("#detail");
  const isCut = dialog.open && (box(dialog).left < 0 || dialog.scrollWidth > dialog.clientWidth);
  return overlap || isCut || document.documentElement.scrollWidth > innerWidth;
});

// The browser keeps the name by an empty file until it has all.
async function downloaded() {
  if ((await download) !== "completed") throw new Error("the download broke off");
  const [name] = await readdir(downloads);
  return { name, text: await readFile(`${downloads}/${name}`, "utf8") };
}

const seen = {};
await page.goto(link);
await page.waitForSelector(".entry");
await settled();
seen.address = page.url();
seen.tenant = await text("#tenant");
seen.all = await text("#summary");
await page.waitForSelector("#bars g");
await picture("all");

seen.mended = await mended("autor:jane", "actor:jane", "actor:jane");
// The second mistake shows when the first is mended.
await mended('  jane -result:"OK" action: removed', "outcome:success", "jane -outcome:success action: removed");
seen.denied = await mended(null, "delete", "jane -outcome:success action:delete");
seen.deleted = await mended("action:delte", "delete", "action:delete");
await page.focus("#service");
await page.waitForSelector("#services option");
seen.services = await page.$$eval("#services option", (options) => options.map((option) => option.label));

await page.waitForSelector("#over-time:not([hidden])");
await page.waitForFunction(() => document.querySelectorAll("#bars g").length > 1);
const bar = (await page.$$("#bars g"))[0];
seen.bar = await bar.evaluate((bar) => bar.querySelector("title").textContent);
await bar.click();
await page.waitForFunction(() => document.querySelector("#range").value === "custom");
await settled();
seen.day = await text("#summary");
seen.times = await page.$$eval("#from, #to", (inputs) => inputs.map((input) => input.value));
seen.days = (await page.$$(".day")).length;
await picture("day");

await page.select("#export", "csv");
seen.exported = await downloaded();

await page.click("#clear");
await page.waitForFunction(() => document.querySelector("#range").value === "");
await settled();
await page.waitForSelector(".entry");
await page.click(".entry");
await page.waitForSelector("#detail[open] dl");
seen.sentence = await text("#detail-title");
await picture("event");
const history = await page.waitForSelector("::-p-text(Show what became of this)");
await history.click();
await page.waitForSelector(".life li");
seen.life = await page.$$eval(".life > li > p:first-child", (steps) => steps.map((step) => step.textContent));
seen.changes = await page.$$eval(".life td", (cells) => cells.map((cell) => cell.textContent));
await page.$eval(".life", (life) => life.scrollIntoView());
await picture("history");
await page.keyboard.press("Escape");
await page.waitForFunction(() => !document.querySelector("#detail").open);

const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const light = await paper();
await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
seen.isDark = (await paper()) !== light;
await picture("dark");
seen.isCrowded = await isCrowded();
await page.setViewport({ width: 360, height: 780 });
seen.isCrowded ||= await isCrowded();
await picture("narrow");
await page.click(".entry");
await page.waitForSelector("#detail[open] dl");
seen.isCrowded ||= await isCrowded();
await picture("narrow-event");

await page.keyboard.press("Escape");
await page.click("#sign-out");
seen.left = await entries();
await picture("signed-out");
seen.faults = faults;
seen.foreign = foreign;
console.log(JSON.stringify(seen));
await browser.close();
