// The page of Daybook: signs in, asks the API, and writes what it answers as text.
//
// Two rules: data enters the document through textContent only, and the token is neither in the
// address nor sent anywhere but to this page's own API.

import { histogram, parametersOf, saved } from "./insight.js";

const TOKEN_KEY = "daybook.token";
/** How often somebody has signed out in this tab. */
const SIGN_OUTS_KEY = "daybook.sign-outs";
const PAGE_SIZE = 50;
const TYPING_PAUSE_MS = 350;
const REQUEST_TIMEOUT_MS = 35_000;
const PAGE_TOO_LARGE = "urn:daybook:problem:page-too-large";
const FILTERS = ["q", "service", "actor", "action", "outcome", "range", "from", "to"];
const HIDDEN_FILTERS = ["entity_type", "entity_id"];
const TIMES = ["from", "to"];
const RANGE_HOURS = { "1h": 1, "24h": 24, "7d": 7 * 24, "30d": 30 * 24 };
/** What is chosen where the API answers no longer range of time, and how much of a thing's history. */
const SHORTER_RANGE = { "": "30d", "30d": "7d", "7d": "24h", "24h": "1h" };
const HISTORY_DAYS = [90, 30, 7, 1];
const ACTIONS = ["create", "read", "update", "delete", "execute"];
const NAME_PARTS = ["actor", "entity", "parent", "value", "request"];
const PARTS = ["verb", "complement", "entity_type", "count", "parent_type"];
const OUTCOMES = ["success", "denied", "failure", "unknown"];
/** What an event's id looks like; whatever else stands in the address is no event. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Where something of the tenant stands. */
const OF_THE_TENANT = [
  "services", "actors", "q-fault", "summary", "chips", "export-note", "bars", "bars-caption", "activity", "end",
  "empty-title", "empty-detail", "problem-title", "problem-detail", "problem-id",
  "detail-badges", "detail-title", "detail-when", "detail-body",
];
const EXTENSIONS = { csv: "csv", ndjson: "ndjson", ocsf: "ocsf.ndjson" };

const byId = (id) => document.getElementById(id);
const form = byId("filters");

const timeFormat = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const dayFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });
const exactFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const relativeFormat = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });
const dayNameFormat = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const timeZone = timeFormat.resolvedOptions().timeZone;
const numberFormat = new Intl.NumberFormat();

/** How much of a suggestion stands on its button. */
const LABEL_CHARS_MAX = 60;
/** What is on the page: how many events of how many, where to go on, how many come at once, which requests
 *  are the last, and whose all of it is; nobody's where nobody has signed in. */
const state = {
  shown: 0, total: null, cursor: null, pages: null, request: null, counting: null, search: null, filters: null, whose: "",
};
/** Ends when nobody is signed in any more, and whatever was asked for with it. */
let session = new AbortController();

// ---------------------------------------------------------------- the token

function takeTokenFromAddress() {
  const address = new URL(location.href);
  const token = address.searchParams.get("token");
  if (token === null) return;
  if (token) sessionStorage.setItem(TOKEN_KEY, token.trim());
  address.searchParams.delete("token");
  history.replaceState(null, "", address);
}

/** What the token says of itself: for display only, the API verifies it. */
function claims() {
  try {
    const payload = sessionStorage.getItem(TOKEN_KEY).split(".")[1];
    const binary = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return {};
  }
}

/** The tenant, or, where its claim has another name, the person; nothing for a token that says neither. */
function whoseToken() {
  const { org_id, sub } = claims();
  return text(org_id) || text(sub);
}

function text(value) {
  return typeof value === "string" ? value : "";
}

function showSignIn(reason) {
  sessionStorage.removeItem(TOKEN_KEY);
  session.abort();
  clearTimeout(typing);
  if (byId("detail").open) byId("detail").close();
  // Nothing of the tenant stays in a page that nobody is signed in to, but for filters that go on if the same
  // tenant does.
  for (const id of OF_THE_TENANT) byId(id).replaceChildren();
  byId("book").hidden = true;
  byId("sign-out").hidden = true;
  byId("tenant").textContent = "";
  byId("who").textContent = "";
  byId("sign-in").hidden = false;
  byId("sign-in-reason").hidden = !reason;
  byId("sign-in-reason").textContent = reason ?? "";
  byId("token").value = "";
  byId("token").focus();
}

/** What was looked for says something of its tenant, and stands in the log of whoever looks for it. */
function forgetFilters() {
  history.replaceState(null, "", location.pathname);
  form.reset();
  readAddress();
}

function signOuts() {
  return sessionStorage.getItem(SIGN_OUTS_KEY) ?? 0;
}

/** An entry of the tab's history says whose filters it holds. Until somebody signs in, anybody's may be needed but those that
 *  were signed out of. */
function isOfAnother(entry) {
  if (entry === null) return false;
  return state.whose ? entry.whose !== state.whose : !entry.whose.endsWith(` ${signOuts()}`);
}

function keepAddress(address, isNew) {
  const entry = { whose: state.whose };
  if (isNew) history.pushState(entry, "", address);
  else if (address.href !== location.href || history.state === null) history.replaceState(entry, "", address);
}

function showBook() {
  const { org_id, email, sub, permissions, scope } = claims();
  session = new AbortController();
  // Who signs out takes along what was looked for, from the same tenant as well.
  state.whose = `${whoseToken()} ${signOuts()}`;
  if (isOfAnother(history.state)) forgetFilters();
  // The API decides; this only spares a button that would be refused. Where the token names no permission
  // of the log, it may name them in a claim that the page does not know, or say nothing to be read.
  const named = JSON.stringify([permissions, scope]);
  byId("export").hidden = named.includes("audit_log:") && !named.includes("audit_log:export");
  byId("sign-in").hidden = true;
  byId("book").hidden = false;
  byId("sign-out").hidden = false;
  byId("tenant").textContent = text(org_id);
  byId("who").textContent = text(email) || text(sub);
  readAddress();
  search();
  openFromAddress();
}

// ---------------------------------------------------------------- the API

class Problem extends Error {
  constructor(status, document) {
    super(text(document?.detail) || "The answer could not be understood.");
    this.status = status;
    this.kind = text(document?.type);
    this.title = text(document?.title) || "Something went wrong";
    this.requestId = text(document?.request_id);
    this.faults = Array.isArray(document?.errors) ? document.errors : [];
  }
}

async function ask(path, body, signal) {
  const ends = AbortSignal.any([session.signal, ...(signal ? [signal] : [])]);
  const response = await send(path, body, ends, [AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
  const answer = await response.json().catch(() => null);
  if (ends.aborted) throw new DOMException("", "AbortError");
  if (!response.ok || !answer) throw new Problem(response.status, answer);
  return answer;
}

/** A page of events; half of it, and half of that, where they are too long for one answer. */
async function askPage(pages, askFor) {
  pages.limit = Math.min(pages.limit * 2, PAGE_SIZE);
  for (;;) {
    try {
      return await askFor(pages.limit);
    } catch (error) {
      if (error.kind !== PAGE_TOO_LARGE || pages.limit === 1) throw error;
      pages.limit = Math.floor(pages.limit / 2);
    }
  }
}

async function send(path, body, ends, bounds) {
  try {
    return await fetch(new URL(path, document.baseURI), {
      method: body ? "POST" : "GET",
      headers: {
        Authorization: `Bearer ${sessionStorage.getItem(TOKEN_KEY)}`,
        ...(body ? { "Content-Type": "application/json" } : {}),
      },
      body: body ? JSON.stringify(body) : undefined,
      signal: AbortSignal.any([ends, ...bounds]),
      cache: "no-store",
      credentials: "same-origin",
    });
  } catch (error) {
    if (ends.aborted) throw error;
    throw new Problem(0, {
      title: "No answer",
      detail: "The audit log did not answer. Check the connection and try again.",
    });
  }
}

/** Whether the API answers no range of time as long as the one that was asked for. */
function isRangeTooLong({ status, faults }) {
  return status === 400 && Boolean(faults?.some((fault) => fault.pointer === "/timestamp"));
}

/** Whether nothing is to be said of it: it was given up, or the token is the problem, and nobody is signed in
 *  any more. */
function isOver(error) {
  if (error.name === "AbortError") return true;
  if (error.status !== 401) return false;
  showSignIn("Your token is not valid, or no longer. Please sign in again.");
  return true;
}

// ---------------------------------------------------------------- the filters

function currentFilters() {
  const address = new URLSearchParams(location.search);
  const filters = Object.fromEntries(FILTERS.map((name) => [name, form.elements[name].value.trim()]));
  for (const name of TIMES) filters[name] = momentOf(form.elements[name]);
  for (const name of HIDDEN_FILTERS) filters[name] = address.get(name) ?? "";
  if (filters.range !== "custom") filters.from = filters.to = "";
  return filters;
}

/** The moment that a control says, in UTC. By this browser's clock some hours come twice: which one was meant,
 *  only the address says, as long as the control shows what it was given. */
function momentOf({ value, dataset }) {
  if (value === dataset.shown) return dataset.moment;
  const time = new Date(value);
  return Number.isNaN(time.getTime()) ? "" : time.toISOString();
}

function showMoment(control, moment) {
  const time = new Date(moment);
  const isOne = !Number.isNaN(time.getTime());
  control.value = isOne ? localTime(time) : "";
  control.dataset.shown = control.value;
  control.dataset.moment = isOne ? time.toISOString() : "";
}

function readAddress() {
  const address = new URLSearchParams(location.search);
  for (const name of FILTERS) {
    const control = form.elements[name];
    control.value = address.get(name) ?? "";
    // A select refuses a value that it does not have.
    if (control.tagName === "SELECT" && control.selectedIndex < 0) control.value = "";
  }
  for (const name of TIMES) showMoment(form.elements[name], address.get(name) ?? "");
  byId("times").hidden = form.elements.range.value !== "custom";
}

function writeAddress(filters) {
  const address = new URL(location.href);
  address.search = "";
  for (const [name, value] of Object.entries(filters)) {
    if (value) address.searchParams.set(name, value);
  }
  keepAddress(address, false);
}

function setFilters(changes) {
  const filters = { ...currentFilters(), ...changes };
  writeAddress(filters);
  readAddress();
  search();
}

/** The body of the search that the filters stand for. */
function searchBody(filters) {
  const body = {};
  if (filters.q) body.q = filters.q;
  if (filters.service) body.service_name = filters.service;
  if (filters.actor) body.actor = filters.actor;
  if (filters.action) body.action = filters.action;
  if (filters.outcome) body.outcome = filters.outcome;
  if (filters.entity_type || filters.entity_id) {
    body.entity = { include_children: true };
    if (filters.entity_type) body.entity.type = filters.entity_type;
    if (filters.entity_id) body.entity.id = filters.entity_id;
  }
  const hours = RANGE_HOURS[filters.range];
  if (hours) body.timestamp = { from: new Date(Date.now() - hours * 3_600_000).toISOString() };
  if (filters.range === "custom") {
    body.timestamp = {};
    for (const end of TIMES.filter((end) => filters[end])) body.timestamp[end] = filters[end];
  }
  return body;
}

// ---------------------------------------------------------------- the list

async function search() {
  const filters = currentFilters();
  writeAddress({ ...filters, event: new URLSearchParams(location.search).get("event") ?? "" });
  const hasFilters = Object.values(filters).some(Boolean);
  byId("clear").hidden = !hasFilters;
  showChips(filters);

  state.filters = JSON.stringify(filters);
  state.search = searchBody(filters);
  state.shown = 0;
  state.total = null;
  state.cursor = null;
  state.pages = { limit: PAGE_SIZE };
  byId("activity").replaceChildren();
  for (const id of ["problem", "empty", "older", "q-fault", "export-note"]) byId(id).hidden = true;
  byId("end").textContent = "";
  byId("summary").textContent = "Loading…";
  byId("skeleton").hidden = false;
  const list = load(hasFilters);
  showOverTime(state.search);
  await list;
}

async function load(hasFilters) {
  state.request?.abort();
  const request = new AbortController();
  state.request = request;
  const isFirst = state.cursor === null;
  const body = isFirst ? state.search : { ...state.search, cursor: state.cursor, total: "none" };
  byId("older").disabled = true;
  byId("activity").setAttribute("aria-busy", "true");
  try {
    const page = await askPage(state.pages, (limit) => ask("v1/logs", { ...body, limit }, request.signal));
    if (isFirst) state.total = page.total;
    state.cursor = page.next_cursor;
    byId("problem").hidden = true;
    showEvents(page.logs);
    showSummary();
    if (isFirst && page.logs.length === 0) showEmpty(hasFilters);
  } catch (error) {
    if (isOver(error)) return;
    const range = SHORTER_RANGE[currentFilters().range];
    if (isFirst && range && isRangeTooLong(error)) {
      setFilters({ range, event: new URLSearchParams(location.search).get("event") ?? "" });
    } else showProblem(error, isFirst);
  } finally {
    if (state.request === request) {
      byId("skeleton").hidden = true;
      byId("older").disabled = false;
      byId("activity").removeAttribute("aria-busy");
    }
  }
}

function showSummary() {
  const shown = numberFormat.format(state.shown);
  const total = state.total === null ? "" : numberFormat.format(state.total);
  const noun = state.total === 1 ? "event" : "events";
  byId("summary").textContent =
    state.shown === 0 ? "No events" : state.cursor ? `${shown} of ${total} ${noun}` : `${total || shown} ${noun}`;
  byId("older").hidden = !state.cursor;
  const end = state.cursor ? "" : "That is all there is. ";
  byId("end").textContent = state.shown > 0 ? `${end}Times are in ${timeZone}.` : "";
}

function showEmpty(hasFilters) {
  byId("empty").hidden = false;
  byId("empty-title").textContent = hasFilters ? "Nothing matches" : "Nothing has happened yet";
  byId("empty-detail").textContent = hasFilters
    ? "No event matches these filters. Try fewer words, another spelling or a longer time."
    : "As soon as somebody changes something through one of your services, it stands here.";
}

/** The number of events over time, under the same filters; nothing where that cannot be had. */
async function showOverTime(asked) {
  state.counting?.abort();
  const counting = new AbortController();
  state.counting = counting;
  // Bars of other filters say nothing of these.
  byId("over-time").hidden = true;
  const parameters = parametersOf(asked);
  parameters.append("by", "outcome");
  parameters.append("time_zone", timeZone);
  try {
    const counted = await ask(`v1/logs/histogram?${parameters}`, null, counting.signal);
    // One bar says something only beside the rest of a range.
    const isTelling = counted.bars.length > (asked.timestamp ? 0 : 1);
    if (!isTelling) return;
    const { from, to } = asked.timestamp ?? {};
    const { picture, caption } = histogram(counted, numberFormat, (start, end) => {
      // The first bar may begin before the range, and the last one end after it: what they count does not.
      const [begins, ends] = [start, end].map((time) => time.toISOString());
      setFilters({ range: "custom", from: from > begins ? from : begins, to: to < ends ? to : ends });
    });
    byId("bars").replaceChildren(picture);
    byId("bars-caption").textContent = caption;
    byId("over-time").hidden = false;
  } catch {
    // The list says what is wrong.
  }
}

/** As a control for a date and a time of day writes it. */
function localTime(when) {
  const shifted = new Date(when.getTime() - when.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, -1).replace(/(:00)?\.000$/, "");
}

/** What is wrong with the search bar, under it, with what was meant. */
function showQueryFault({ detail, position, length, suggestion }) {
  const note = byId("q-fault");
  const hasSuggestion = typeof suggestion === "string";
  // What was meant stands on the button.
  note.replaceChildren(hasSuggestion ? text(detail).replace(/; did you mean [^]*$/, "") : text(detail));
  if (hasSuggestion) {
    const meant = [...suggestion];
    const label = meant.length > LABEL_CHARS_MAX ? `${meant.slice(0, LABEL_CHARS_MAX).join("")}…` : suggestion;
    const button = element("button", `Use ${label}`, "quiet");
    button.type = "button";
    button.addEventListener("click", () => {
      // Of the query that was asked; what was typed since has other places.
      const characters = [...(state.search.q ?? "")];
      characters.splice(position - 1, length, suggestion);
      setFilters({ q: characters.join("") });
    });
    note.append(" ", button);
  }
  note.hidden = false;
}

async function exportAs(format) {
  const note = byId("export-note");
  note.hidden = false;
  note.textContent = "The export is on its way…";
  try {
    const response = await send("v1/logs/export", { ...state.search, format }, session.signal, []);
    if (!response.ok) throw new Problem(response.status, await response.json().catch(() => null));
    const name = `daybook-${new Date().toISOString().slice(0, 10)}.${EXTENSIONS[format]}`;
    const cutOff = await saved(response, name);
    note.textContent = cutOff ? `The export is not whole. ${cutOff}` : "";
    note.hidden = !cutOff;
  } catch (error) {
    if (!isOver(error)) note.textContent = error.message;
  }
}

function showProblem(error, isFirst) {
  const ofQuery = error.faults?.find((fault) => fault.pointer === "/q");
  if (ofQuery) {
    showQueryFault(ofQuery);
    byId("summary").textContent = "";
    return;
  }
  const titles = { 400: "This cannot be searched for", 403: "You may not see this", 503: "The audit log is not available", 504: "That took too long" };
  byId("problem").hidden = false;
  byId("problem-title").textContent = titles[error.status] ?? error.title ?? "Something went wrong";
  byId("problem-detail").textContent = error.message;
  byId("problem-id").textContent = error.requestId ? `Request ${error.requestId}` : "";
  if (isFirst) byId("summary").textContent = "";
}

function showChips(filters) {
  const chips = [];
  if (filters.entity_type || filters.entity_id) {
    const names = [filters.entity_type, filters.entity_id].filter(Boolean);
    const label = names.join(" ");
    const chip = element("button");
    chip.append("Only ", ...isolated(names), " ✕");
    chip.type = "button";
    chip.setAttribute("aria-label", `Remove the filter ${label}`);
    chip.addEventListener("click", () => setFilters({ entity_type: "", entity_id: "" }));
    chips.push(chip);
  }
  byId("chips").replaceChildren(...chips);
}

function showEvents(events) {
  for (const event of events) {
    const when = new Date(event.timestamp);
    dayList(when).append(entry(event, when));
  }
  state.shown += events.length;
}

/** The list of a day, with its heading; made where it is not there yet. */
function dayList(when) {
  const key = `${when.getFullYear()}-${when.getMonth() + 1}-${when.getDate()}`;
  const last = byId("activity").lastElementChild;
  if (last?.dataset.day === key) return last.querySelector("ol");
  const section = element("section", "", "day");
  section.dataset.day = key;
  const heading = element("h2", dayName(when));
  heading.append(element("span", dayFormat.format(when)));
  const list = element("ol");
  section.append(heading, list);
  byId("activity").append(section);
  return list;
}

function dayName(when) {
  const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());
  const days = Math.round((midnight(when) - midnight(new Date())) / 86_400_000);
  const name = days > -7 && days < 1 ? dayNameFormat.format(days, "day") : "";
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function entry(event, when) {
  const address = new URL(location.href);
  address.searchParams.set("event", event.id);
  const link = element("a", "", `entry is-${known(OUTCOMES, event.outcome)}`);
  link.href = address;
  link.dataset.event = event.id;

  const time = element("time");
  time.dateTime = event.timestamp;
  time.title = `${exactFormat.format(when)}\n${event.timestamp}`;
  time.append(element("b", timeFormat.format(when)), element("span", relative(when), "relative"));

  const sentence = element("span", "", "sentence");
  sentence.append(...sentenceNodes(event));
  const meta = element("span", "", "meta");
  for (const part of [event.service_name, event.event_name || `${event.http.method} ${event.http.path}`, callerKind(event)]) {
    if (part) meta.append(element("span", part));
  }
  const body = element("span", "", "text");
  body.append(sentence, meta);

  const badges = element("span", "", "badges");
  badges.append(...badgesOf(event));
  link.append(time, body, badges);
  const item = element("li");
  item.append(link);
  return item;
}

function badgesOf(event) {
  const badges = [];
  if (!event.described) {
    const badge = element("span", "not described", "badge badge-undescribed");
    badge.title = "No OpenAPI operation explains this call: the request is all that is known.";
    badges.push(badge);
  }
  const action = known(ACTIONS, event.action);
  badges.push(element("span", action, `badge badge-${action}`));
  const outcome = known(OUTCOMES, event.outcome);
  const status = event.status_code && outcome !== "success" ? ` ${event.status_code}` : "";
  badges.push(element("span", `${outcome}${status}`, `badge badge-${outcome}`));
  return badges;
}

function sentenceOf(event) {
  return event.activity || `${actorOf(event) || "Somebody"} called ${event.http.method} ${event.http.path}`;
}

function actorOf(event) {
  const { user_email, name, user_id, token_id } = event.caller;
  return user_email || name || user_id || token_id;
}

function callerKind(event) {
  return { api: "with an API key", automation: "by an automation", service: "by the platform" }[event.caller.type] ?? "";
}

/** The sentence, part by part; an event that was stored without parts has its names looked for. */
function sentenceNodes(event) {
  const parts = event.activity_parts ?? [];
  const isWhole = parts.map((part) => part.text).join("") === event.activity;
  if (!event.activity || !isWhole) return emphasised(sentenceOf(event), [actorOf(event), event.entity.name]);
  return parts.map(({ kind, text }) => {
    // Names have a direction of writing of their own, which must not turn the words around them.
    if (NAME_PARTS.includes(kind)) return element("bdi", text, `part part-${kind}`);
    return PARTS.includes(kind) ? element("span", text, `part part-${kind}`) : text;
  });
}

/** The sentence with the first occurrence of each name in bold. */
function emphasised(sentence, names) {
  const spans = [];
  for (const name of names) {
    const start = name ? sentence.indexOf(name) : -1;
    const end = start + (name?.length ?? 0);
    if (start >= 0 && spans.every((span) => end <= span.start || start >= span.end)) spans.push({ start, end });
  }
  spans.sort((one, other) => one.start - other.start);
  const nodes = [];
  let position = 0;
  for (const { start, end } of spans) {
    nodes.push(sentence.slice(position, start), element("bdi", sentence.slice(start, end)));
    position = end;
  }
  nodes.push(sentence.slice(position));
  return nodes;
}

/** Names beside each other, each with its own direction of writing. */
function isolated(names) {
  return names.filter(Boolean).flatMap((name, place) => [place ? " " : "", element("bdi", name)]);
}

/** Fills a list with the values that fields have under the other filters, the most frequent first. */
async function suggest(listId, fields, others) {
  const parameters = parametersOf(searchBody({ ...currentFilters(), ...others }));
  for (const field of fields) parameters.append("field", field);
  parameters.set("limit", "50");
  const { facets } = await ask(`v1/logs/facets?${parameters}`).catch(() => ({ facets: {} }));
  const options = fields.flatMap((field) => facets[field] ?? []).map(({ value, count }) => {
    const option = element("option");
    option.value = value;
    option.label = `${value} (${numberFormat.format(count)})`;
    return option;
  });
  byId(listId).replaceChildren(...options);
}

function relative(when) {
  const seconds = (when.getTime() - Date.now()) / 1000;
  for (const [unit, size] of [["day", 86_400], ["hour", 3_600], ["minute", 60]]) {
    if (Math.abs(seconds) >= size) return relativeFormat.format(Math.trunc(seconds / size), unit);
  }
  return "just now";
}

// ---------------------------------------------------------------- one event

function openFromAddress() {
  const id = new URLSearchParams(location.search).get("event");
  if (UUID.test(id ?? "")) open(id);
  else if (byId("detail").open) byId("detail").close();
}

async function open(id) {
  const dialog = byId("detail");
  byId("detail-badges").replaceChildren();
  byId("detail-title").textContent = "Loading…";
  byId("detail-when").textContent = "";
  byId("detail-body").replaceChildren();
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  dialog.dataset.event = id;
  markOpen(id);
  try {
    const { log } = await ask(`v1/logs/${encodeURIComponent(id)}`);
    if (dialog.open && dialog.dataset.event === id) showDetail(log);
  } catch (error) {
    if (isOver(error) || dialog.dataset.event !== id) return;
    const unknown = error.status === 404 || error.status === 400;
    byId("detail-title").textContent = unknown ? "There is no such event" : error.title;
    byId("detail-when").textContent = error.message;
  }
}

function markOpen(id) {
  for (const link of document.querySelectorAll(".entry")) {
    link.classList.toggle("is-open", link.dataset.event === id);
  }
}

function showDetail(event) {
  const when = new Date(event.timestamp);
  byId("detail-badges").replaceChildren(...badgesOf(event));
  byId("detail-title").replaceChildren(...sentenceNodes(event));
  byId("detail-when").textContent = `${exactFormat.format(when)} · ${relative(when)}`;
  const { caller, entity, parent, http } = event;
  byId("detail-body").replaceChildren(
    ...[
      fields("Who", [
        ["E-mail", caller.user_email, filterButton({ actor: caller.user_email })],
        ["Name", caller.name, filterButton({ actor: caller.name })],
        ["User id", caller.user_id, filterButton({ actor: caller.user_id })],
        ["Token or client", caller.token_id, filterButton({ actor: caller.token_id })],
        ["Kind", caller.type],
        ["Address", http.ip],
        ["User agent", http.user_agent],
      ]),
      fields("What", [
        ["Service", event.service_name, filterButton({ service: event.service_name })],
        ["Operation", event.event_name],
        ["Thing", named(entity), filterButton({ entity_type: entity.type, entity_id: entity.id })],
        ["Part of", named(parent), filterButton({ entity_type: parent.type, entity_id: parent.id })],
        ["Reason", event.reason],
        ["Where to look", event.source_url],
      ]),
      changes(event.changes),
      historyOf(entity, when),
      code("Request body", event.detail),
      list("Removed before storing", event.redacted),
      code("Personal data", event.privacy),
      fields("Request", [
        ["Method", http.method],
        ["Path", http.path],
        ["Template", http.resource],
        ["Status", event.status_code ? String(event.status_code) : "no response was captured"],
        ["Host", http.domain_name],
        ["Stage", http.stage],
        ["Path parameters", pairs(http.path_params)],
        ["Query", pairs(http.query)],
        ["Headers", pairs(http.headers)],
        ["Correlation id", event.correlation_id],
      ]),
      fields("Record", [
        ["Event id", event.id],
        ["Tenant", event.org_id],
        ["Time (UTC)", event.timestamp],
        ["Stored", event.ingested_at],
        ["Kept until", event.expires_at || "for ever"],
        ["Intake", event.source],
        ["Document", event.spec_version || (event.described ? "" : "none: not described")],
        ["Schema version", String(event.schema_version)],
      ]),
      rawJson(event),
    ].filter(Boolean),
  );
}

const MONO = new Set(["User id", "Token or client", "Operation", "Path", "Template", "Event id", "Correlation id", "Document", "Time (UTC)", "Stored", "Path parameters", "Query", "Headers"]);

function fields(title, rows) {
  const given = rows.filter(([, value]) => value?.length > 0);
  if (given.length === 0) return null;
  const terms = element("dl");
  for (const [label, value, extra] of given) {
    const description = element("dd", "", MONO.has(label) ? "mono" : "");
    description.append(...[value].flat(), extra ?? "");
    terms.append(element("dt", label), description);
  }
  return titled(title, terms);
}

function changes(changed) {
  return changed.length === 0 ? null : titled("Changes", tableOf(changed));
}

function tableOf(changed) {
  const table = element("table");
  const head = element("tr");
  for (const label of ["Field", "Before", "After"]) head.append(element("th", label));
  table.append(head);
  for (const { field, before, after } of changed) {
    const row = element("tr");
    for (const value of [field, before || "–", after || "–"]) row.append(element("td", value));
    table.append(row);
  }
  return table;
}

/** The life of a thing, asked for when somebody wants to see it, and page by page; what lies around an
 *  event where the API does not tell all of it. */
function historyOf({ type, id }, when) {
  if (!type || !id) return null;
  const button = element("button", `Show what became of this ${type}`, "quiet");
  button.type = "button";
  const life = element("ol", "", "life");
  const section = titled("History", life);
  const bound = element("p", "", "hint");
  section.append(button, bound);
  const address = `v1/entities/${encodeURIComponent(type)}/${encodeURIComponent(id)}/history?limit=`;
  const pages = { limit: PAGE_SIZE };
  const shorter = [...HISTORY_DAYS];
  let range = "";
  let cursor = "";
  const page = async () => {
    try {
      return await askPage(pages, (limit) => ask(`${address}${limit}${range}${cursor}`));
    } catch (error) {
      if (cursor || shorter.length === 0 || !isRangeTooLong(error)) throw error;
      const days = shorter.shift();
      range = `&${daysAround(when, days)}`;
      bound.textContent = `Of the ${days === 1 ? "day" : `${days} days`} around this event.`;
      return page();
    }
  };
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const { history: steps, next_cursor } = await page();
      life.append(...steps.map(step));
      cursor = `&cursor=${next_cursor}`;
      button.textContent = "Show older";
      button.hidden = !next_cursor;
    } catch (error) {
      if (!isOver(error)) section.append(element("p", error.message, "hint"));
    } finally {
      button.disabled = false;
    }
  });
  return section;
}

/** A range of so many days with a moment in its middle, or near its end where that would not have been yet. */
function daysAround(when, days) {
  const length = days * 86_400_000;
  const to = Math.min(when.getTime() + length / 2, Date.now() + 300_000);
  const time = (at) => new Date(at).toISOString();
  return new URLSearchParams({ "timestamp.from": time(to - length), "timestamp.to": time(to) });
}

function step({ log, changes: changed, changes_from }) {
  const item = element("li");
  const when = element("time", exactFormat.format(new Date(log.timestamp)), "hint");
  when.dateTime = log.timestamp;
  const sentence = element("p");
  sentence.append(...sentenceNodes(log));
  item.append(sentence, when);
  if (changed.length > 0) item.append(tableOf(changed));
  if (changes_from === "bodies") item.append(element("p", "Made out from successive requests.", "hint"));
  return item;
}

function code(title, json) {
  return json ? titled(title, element("pre", pretty(json))) : null;
}

function list(title, values) {
  if (values.length === 0) return null;
  const bullets = element("ul");
  for (const value of values) {
    const bullet = element("li");
    bullet.append(element("code", value));
    bullets.append(bullet);
  }
  return titled(title, bullets);
}

function rawJson(event) {
  const details = element("details");
  details.append(element("summary", "The whole event as JSON"), element("pre", JSON.stringify(event, null, 2)));
  return titled("JSON", details);
}

function filterButton(changes) {
  if (!Object.values(changes).some(Boolean)) return null;
  const button = element("button", "show only these", "quiet");
  button.type = "button";
  button.addEventListener("click", () => {
    byId("detail").close();
    setFilters(changes);
  });
  return button;
}

function named({ type, id, name }) {
  return isolated([type, name, id && id !== name ? (name ? `(${id})` : id) : ""]);
}

function pairs(map) {
  return Object.entries(map).map(([name, value]) => `${name}: ${value}`).join(", ");
}

/** JSON text on many lines; text that is no JSON as it is. Big numbers keep their digits. */
function pretty(json) {
  try {
    const raw = (key, value, context) =>
      typeof value === "number" && context && JSON.rawJSON ? JSON.rawJSON(context.source) : value;
    return JSON.stringify(JSON.parse(json, raw), null, 2);
  } catch {
    return json;
  }
}

// ---------------------------------------------------------------- small things

function element(name, content = "", className = "") {
  const made = document.createElement(name);
  if (content) made.textContent = content;
  if (className) made.className = className;
  return made;
}

function titled(title, content) {
  const section = element("section");
  section.append(element("h3", title), content);
  return section;
}

/** A word of a closed set, so that no other can become a class name. */
function known(words, word) {
  return words.includes(word) ? word : "unknown";
}

// ---------------------------------------------------------------- what visitors do

let typing = 0;
form.addEventListener("input", (event) => {
  byId("times").hidden = form.elements.range.value !== "custom";
  clearTimeout(typing);
  typing = setTimeout(search, event.target.tagName === "SELECT" ? 0 : TYPING_PAUSE_MS);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(typing);
  search();
});
byId("clear").addEventListener("click", () => {
  setFilters(Object.fromEntries([...FILTERS, ...HIDDEN_FILTERS].map((name) => [name, ""])));
  byId("q").focus();
});
// Arrow keys and letters change a closed select at every stroke: with them, nothing begins before Enter or
// the button.
let lastKey = "";
function startExport() {
  const format = byId("export").value;
  byId("export").value = "";
  byId("export-start").hidden = true;
  if (format) exportAs(format);
}
byId("export").addEventListener("pointerdown", () => (lastKey = ""));
byId("export").addEventListener("keydown", ({ key }) => {
  lastKey = key;
  if (key === "Enter") startExport();
});
byId("export").addEventListener("change", ({ target }) => {
  if (lastKey === "" || lastKey === "Enter") startExport();
  else byId("export-start").hidden = !target.value;
});
byId("export-start").addEventListener("click", startExport);
byId("service").addEventListener("focus", () => suggest("services", ["service_name"], { service: "" }));
byId("actor").addEventListener("focus", () => suggest("actors", ["user.email", "user.user_id"], { actor: "" }));
byId("refresh").addEventListener("click", () => search());
byId("retry").addEventListener("click", () => (state.shown > 0 ? load(true) : search()));
byId("older").addEventListener("click", async () => {
  const last = byId("activity").querySelector("section:last-child li:last-child a");
  await load(true);
  // Keyboard users go on where they were.
  if (byId("older").hidden) last?.focus();
});
byId("activity").addEventListener("click", (event) => {
  const link = event.target.closest(".entry");
  if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  const address = new URL(location.href);
  address.searchParams.set("event", link.dataset.event);
  keepAddress(address, true);
  open(link.dataset.event);
});
byId("close").addEventListener("click", () => byId("detail").close());
// What begins inside, as a selection of text does, may end outside of it.
let isOutside = false;
byId("detail").addEventListener("pointerdown", ({ clientX, clientY }) => {
  const { left, right, top, bottom } = byId("detail").getBoundingClientRect();
  isOutside = clientX < left || clientX > right || clientY < top || clientY > bottom;
});
byId("detail").addEventListener("click", (event) => {
  if (isOutside && event.target === byId("detail")) byId("detail").close();
});
byId("detail").addEventListener("close", () => {
  markOpen("");
  const address = new URL(location.href);
  if (!address.searchParams.has("event")) return;
  address.searchParams.delete("event");
  keepAddress(address, true);
});
byId("sign-out").addEventListener("click", () => {
  sessionStorage.setItem(SIGN_OUTS_KEY, Number(signOuts()) + 1);
  state.whose = "";
  forgetFilters();
  showSignIn("");
});
byId("sign-in-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const token = byId("token").value.trim().replace(/^bearer\s+/i, "");
  if (!token) return;
  sessionStorage.setItem(TOKEN_KEY, token);
  if (!whoseToken()) forgetFilters();
  showBook();
});
addEventListener("popstate", ({ state: entry }) => {
  if (isOfAnother(entry)) forgetFilters();
  if (byId("book").hidden) return;
  clearTimeout(typing);
  readAddress();
  if (JSON.stringify(currentFilters()) !== state.filters) search();
  openFromAddress();
});
addEventListener("keydown", (event) => {
  const isTyping = event.target.closest?.("input, textarea, select, dialog");
  if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  byId("q").focus();
});
setInterval(() => {
  for (const time of document.querySelectorAll(".entry time")) {
    time.querySelector(".relative").textContent = relative(new Date(time.dateTime));
  }
}, 60_000);

byId("skeleton").append(...Array.from({ length: 9 }, () => element("i")));
takeTokenFromAddress();
if (sessionStorage.getItem(TOKEN_KEY)) showBook();
else showSignIn("");
