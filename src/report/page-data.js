
"use strict";
/* Shows the report whose data is in the page (html-data.h says how). Text from it becomes text nodes
   only, never markup. Nothing is decided here: verdicts, evidence and notes are as they come. */
const report = JSON.parse(document.getElementById("report").textContent);
const VERDICTS = ["present", "partial", "likely", "archived", "absent", "unknown"];
const EVIDENCE = ["index", "manifest", "config", "layers", "diff_ids", "layers?", "base", "name"];
/* The shape of a platform's state is that of the verdict it would make. */
const SHAPE = { found: "present", likely: "likely", archived: "archived", missing: "absent", unknown: "unknown" };
const FIRST = 15; /* rows of the first screen, and how many more at a time */
const MORE = 20;
const MATCHES = 20; /* of a source that are shown at once */

const $ = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";

/* An element: its name with classes ("td.c-size"), attributes and listeners, and children. */
function h(name, attributes, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const key in attributes) {
    const value = attributes[key];
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}
const icons = new Map();
function icon(name, color) {
  /* A copy costs less than a <use>, which makes a tree of its own each time. */
  if (!icons.has(name)) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 16 16");
    svg.setAttribute("aria-hidden", "true");
    svg.append(...[...$("i-" + name).children].map((child) => child.cloneNode()));
    icons.set(name, svg);
  }
  const svg = icons.get(name).cloneNode(true);
  svg.setAttribute("class", color ? "icon v-" + color : "icon");
  return svg;
}
function meter(part, all, weak) {
  const svg = document.createElementNS(SVG, "svg");
  const rect = document.createElementNS(SVG, "rect");
  svg.setAttribute("viewBox", "0 0 100 1");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  rect.setAttribute("width", part ? Math.max(1, (100 * part) / all) : 0);
  rect.setAttribute("height", 1);
  svg.append(rect);
  return h(weak ? "td.meter.weak" : "td.meter", {}, svg);
}

const decimal = new Intl.NumberFormat("en");
const number = (value) => decimal.format(value);
const count = (value, one, many) => `${number(value)} ${value === 1 ? one : many || one + "s"}`;
function bytes(size) {
  if (size === null) return "–";
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return (unit && size < 9.95 ? size.toFixed(1) : Math.round(size)) + " " + units[unit];
}
const day = (time) => (time ? time.slice(0, 10) : "–");
const hostOf = (image) => (image ? image.split("/", 1)[0] : "-");
const shortPlatform = (name) => (name ? name.replace(/^linux\//, "") : "not known");
const shortDigest = (digest) => digest.replace(/^([a-z0-9]+:[0-9a-f]{12})[0-9a-f]+$/, "$1…");
const shortName = (name) => name.replace(/@(.+)$/, (_, it) => "@" + shortDigest(it));
const text = (value) => h("span.text", {}, value);
/* A registry as people call it: ECR's by account and region. */
const label = (host) =>
  host.replace(/^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|on\.aws)$/, "$1 $2");
const place = (host) => (label(host) === host ? text(host) : h("span.text.nowrap", { title: host }, label(host)));
/* The same for names: a line may end where a part of the name does. */
function named(value) {
  const span = h("span.text", {});
  for (const part of value.split(/(?<=[/)])|(?=[@(])/)) span.append(part, h("wbr", {}));
  return span;
}

/* ---- what is looked for and sorted by, once for each source */

const registries = report.inventory.registries.map((each) => each.registry);
const places = new Map(); /* name in a link → source */
const sources = JSON.parse($("data").textContent).map((cells, number) => {
  const [ref, image, origin, verdict, status, size, note, platforms, best, count, hosts] = cells;
  const source = { number, ref, image, origin, verdict, status, size, note, platforms, count, hosts };
  source.name = ref || image || "-";
  source.host = hostOf(image);
  source.best = best && { image: best[0], evidence: best[1] };
  source.found = 0;
  for (const platform of platforms) if (platform[1] === "found") source.found++;
  source.rank = VERDICTS.indexOf(verdict);
  source.key = null;
  source.rows = null;
  source.isOpen = false;
  source.link = source.name;
  for (let n = 2; places.has(source.link); n++) source.link = `${source.name} (${n})`;
  places.set(source.link, source);
  return source;
});
let details = null; /* the lines of what opens below; null until the whole page is read */

function detailsOf(source) {
  const [digest, detail, platforms, matches] = JSON.parse(details[source.number].replace(/,$/, ""));
  return {
    digest,
    detail,
    platforms: platforms.map(([manifest, config, size], i) => ({ platform: source.platforms[i][0], state: source.platforms[i][1], manifest, config, size })),
    matches: matches.map(([image, evidence, numbers, status, itsDigest, size, pushed]) => ({
      image, evidence, status, size, pushed,
      platforms: numbers.map((each) => source.platforms[each][0]),
      digest: itsDigest === 0 ? digest : itsDigest,
    })),
  };
}
/* What a source is found by: all its texts, a line each, in lower case. */
function keyOf(source) {
  if (source.key === null) {
    const { ref, image, origin, verdict, status, note, platforms } = source;
    const below = JSON.parse(details[source.number].replace(/,$/, ""));
    const all = [ref, image, origin, verdict, status, note, platforms, below].flat(4);
    source.key = all.filter((cell) => typeof cell === "string" && cell !== "ok").join("\n").toLowerCase();
  }
  return source.key;
}
/* Ahead of the first keystroke, in pieces between other work. */
function buildKeys(from) {
  const end = Math.min(from + 250, sources.length);
  for (let i = from; i < end; i++) keyOf(sources[i]);
  if (end < sources.length) setTimeout(buildKeys, 0, end);
}

function tally(list) {
  const counts = new Map();
  for (const item of list) counts.set(item, (counts.get(item) || 0) + 1);
  return counts;
}
function evidenceRank(name) {
  const rank = EVIDENCE.indexOf(name);
  return rank < 0 ? EVIDENCE.length : rank;
}
