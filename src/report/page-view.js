
/* Goes on where page-data.js ends, and page.js where this ends: the three are one script. */

/* ---- what is to be seen: filters, order, and which are open */

const COLUMNS = [
  { id: "name", title: "Source", compare: (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0) },
  { id: "verdict", title: "Verdict", compare: (a, b) => a.rank - b.rank },
  { id: "platforms", title: "Platforms", compare: (a, b) => ratio(a) - ratio(b) },
  { id: "match", title: "Best match", compare: (a, b) => strength(a) - strength(b) },
  { id: "size", title: "Size", compare: (a, b) => (a.size ?? -1) - (b.size ?? -1) },
];
const ratio = (source) => (source.platforms.length ? source.found / source.platforms.length : -1);
const strength = (source) => (source.best ? evidenceRank(source.best.evidence) : EVIDENCE.length + 1);

const view = { q: "", verdicts: new Set(), from: "", in: "", evidence: "", sort: "", down: false };
const open = new Set(); /* numbers of sources */

/* ---- the search: a slice at a time, so that what is found first is drawn, and the next key
   answered, before all was looked at */

const SLICE = 2000; /* sources */
let order = sources;
let ordered = ""; /* what by; "": as they are listed */
let pool = order; /* where is looked, */
let looked = pool.length; /* how far, */
let result = order; /* and what was found there */
let asked = { terms: [], filters: "", meets: null };

const column = (id) => COLUMNS.find((each) => each.id === id);
function sort() {
  const by = column(view.sort) ? (view.down ? "-" : "") + view.sort : "";
  if (by === ordered) return;
  const sign = view.down ? -1 : 1, compare = by && column(view.sort).compare;
  order = by ? [...sources].sort((a, b) => sign * compare(a, b) || a.number - b.number) : sources;
  ordered = by;
}
function ask() {
  if (!details) return; /* nothing can be asked for yet */
  sort();
  const terms = view.q.toLowerCase().split(/\s+/).filter(Boolean);
  const filters = JSON.stringify([[...view.verdicts], view.from, view.in, view.evidence, ordered]);
  const there = registries.indexOf(view.in);
  const meets = (source) =>
    (!view.verdicts.size || view.verdicts.has(source.verdict)) &&
    (!view.from || source.host === view.from) &&
    (!view.in || source.hosts.includes(there)) &&
    (!view.evidence || (source.best ? source.best.evidence : "-") === view.evidence) &&
    terms.every((term) => keyOf(source).includes(term));
  /* Who goes on typing gets less of the same. */
  const less = searched() && asked.filters === filters && asked.terms.every((old) => terms.some((term) => term.includes(old)));
  pool = less ? result : order;
  looked = 0;
  result = [];
  asked = { terms, filters, meets };
}
const searched = () => looked === pool.length;
function look() {
  const end = Math.min(looked + SLICE, pool.length);
  for (; looked < end; looked++) if (asked.meets(pool[looked])) result.push(pool[looked]);
}
const filtered = () => view.q || view.verdicts.size || view.from || view.in || view.evidence;

/* ---- the address says it all, so that it can be sent to someone */

function address() {
  const parts = [];
  const put = (name, value) => {
    if (value) parts.push(name + "=" + encodeURIComponent(value).replace(/%(2F|3A|40|2C)/g, decodeURIComponent));
  };
  put("q", view.q.trim());
  put("verdict", VERDICTS.filter((verdict) => view.verdicts.has(verdict)).join(","));
  put("from", view.from);
  put("in", view.in);
  put("evidence", view.evidence);
  put("sort", view.sort && (view.down ? "-" : "") + view.sort);
  for (const i of [...open].slice(-20)) put("open", sources[i].link);
  return "#" + parts.join("&");
}
let later = 0;
function keepAddress() {
  clearTimeout(later);
  later = setTimeout(() => {
    const now = address();
    if (now === (location.hash || "#")) return;
    try {
      history.replaceState(null, "", now === "#" ? location.pathname + location.search : now);
    } catch {
      /* A viewer that puts pages into a box of its own may forbid it. */
    }
  }, 150);
}
function takeAddress() {
  Object.assign(view, { q: "", from: "", in: "", evidence: "", sort: "", down: false });
  view.verdicts.clear();
  open.clear();
  let target = null;
  for (const part of location.hash.slice(1).split("&")) {
    const at = part.indexOf("=");
    let value;
    try {
      value = decodeURIComponent(part.slice(at + 1));
    } catch {
      continue;
    }
    switch (part.slice(0, Math.max(at, 0))) {
      case "q":
      case "from":
      case "in":
      case "evidence":
        view[part.slice(0, at)] = value;
        break;
      case "verdict":
        value.split(",").forEach((verdict) => VERDICTS.includes(verdict) && view.verdicts.add(verdict));
        break;
      case "sort":
        view.down = value.startsWith("-");
        view.sort = value.replace(/^-/, "");
        break;
      case "open":
        if (places.has(value)) {
          target ??= places.get(value);
          open.add(places.get(value).number);
        }
    }
  }
  $("q").value = view.q;
  showFilters();
  refresh();
  finish();
  const at = result.indexOf(target);
  if (at < 0 || !target) return;
  showUntil(at + FIRST);
  target.rows[0].scrollIntoView({ block: "start" });
}
