// What the list of events does not show by itself: how many over time, how a thing came to be what it is,
// and the same events as a file. Data enters the document through textContent only.

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 56;
const OUTCOMES = ["success", "unknown", "denied", "failure"];
const BUCKET_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000, week: 604_800_000 };

/** A filter's body as the parameters of an address: a dot leads into an object. */
export function parametersOf(body) {
  const parameters = new URLSearchParams();
  const add = (prefix, value) => {
    if (Array.isArray(value)) value.forEach((one) => add(prefix, one));
    else if (value !== null && typeof value === "object") {
      for (const [name, inside] of Object.entries(value)) add(prefix ? `${prefix}.${name}` : name, inside);
    } else parameters.append(prefix, String(value));
  };
  const { limit, cursor, total, ...filter } = body;
  add("", filter);
  return parameters;
}

function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  return made;
}

/**
 * When a bar that began then ends: a day of 23 hours and a month are as long as the calendar says. A day may
 * begin at one, where the clocks are put forward at midnight, and the next one does not.
 */
function endOf(start, bucket) {
  const end = new Date(start);
  if (bucket === "month") end.setMonth(end.getMonth() + 1);
  else if (bucket === "week") end.setDate(end.getDate() + 7);
  else if (bucket === "day") end.setDate(end.getDate() + 1);
  else {
    end.setTime(end.getTime() + BUCKET_MS[bucket]);
    return end;
  }
  end.setHours(0, 0, 0, 0);
  return end;
}

/** Bars over time, each divided by outcome. `pick` is told the span of one that is clicked. */
export function histogram({ bars, bucket, from, to }, numbers, pick) {
  const begin = Math.min(new Date(bars[0].start).getTime(), new Date(from).getTime());
  // The last bar may end after the range.
  const last = endOf(new Date(bars.at(-1).start), bucket);
  const length = Math.max(new Date(to).getTime(), last.getTime()) - begin;
  const most = Math.max(...bars.map((bar) => bar.count), 1);
  const picture = shape("svg", { viewBox: `0 0 1000 ${HEIGHT}`, preserveAspectRatio: "none", role: "group" });
  picture.setAttribute("aria-label", `Events per ${bucket}`);
  const dates = new Intl.DateTimeFormat(undefined, {
    dateStyle: "medium",
    ...(bucket === "minute" || bucket === "hour" ? { timeStyle: "short" } : {}),
  });
  for (const bar of bars) {
    const start = new Date(bar.start);
    const end = endOf(start, bucket);
    const x = ((start.getTime() - begin) / length) * 1000;
    const width = Math.max(((end.getTime() - start.getTime()) / length) * 1000 - 1.5, 1.5);
    const label = `${dates.format(start)}: ${numbers.format(bar.count)}`;
    const group = shape("g", { tabindex: 0, role: "button", "aria-label": `${label}. Show only these.` });
    const title = shape("title", {});
    const parts = OUTCOMES.filter((outcome) => bar.by?.[outcome]);
    title.textContent = [label, ...parts.map((outcome) => `${outcome} ${numbers.format(bar.by[outcome])}`)].join("\n");
    group.append(title, shape("rect", { x, y: 0, width, height: HEIGHT, class: "bar-hit" }));
    let y = HEIGHT;
    for (const outcome of parts) {
      const height = Math.max((bar.by[outcome] / most) * (HEIGHT - 2), 1);
      y -= height;
      group.append(shape("rect", { x, y, width, height, class: `bar-${outcome}` }));
    }
    group.addEventListener("click", () => pick(start, end));
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      // Space would turn the page.
      event.preventDefault();
      pick(start, end);
    });
    picture.append(group);
  }
  const first = dates.format(new Date(begin));
  return { picture, caption: `From ${first}, by ${bucket}` };
}

/** Saves an answer as a file; says what its last line says where it is not whole. */
export async function saved(response, name) {
  const blob = await response.blob();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  const end = (await blob.slice(-8192).text()).trimEnd();
  const last = end.slice(end.lastIndexOf("\n") + 1);
  if (last.startsWith('"# This export was cut off')) return "The file ends with a line that says why.";
  try {
    return JSON.parse(last).error?.detail ?? "";
  } catch {
    return "";
  }
}
