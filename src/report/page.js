
/* Goes on where page-view.js ends. */

/* ---- copying */

let said = 0;
function say(words) {
  $("said").textContent = words;
  clearTimeout(said);
  said = setTimeout(() => ($("said").textContent = ""), 4000);
}
function copyByHand(value) {
  const field = h("textarea.unseen", { readonly: true });
  field.value = value;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}
async function copy(button, value) {
  let done = false;
  try {
    await navigator.clipboard.writeText(value);
    done = true;
  } catch {
    done = copyByHand(value);
    button.focus();
  }
  say(done ? `Copied ${value}` : "The browser does not allow copying");
  if (!done) return;
  button.replaceChildren(icon("copied", "present"));
  setTimeout(() => button.replaceChildren(icon("copy")), 1500);
}
function copyButton(what, value) {
  return h(
    "button.copy",
    { type: "button", title: `Copy ${what}`, "aria-label": `Copy ${what} ${value.slice(0, 200)}`, onclick: (event) => copy(event.currentTarget, value) },
    icon("copy")
  );
}
function digest(value) {
  if (!value) return "–";
  return h("span.digest", {}, h("span", { title: value }, shortDigest(value)), " ", copyButton("digest", value));
}
function uri(value) {
  return h("span.match", {}, named(value), copyButton("URI", value));
}

/* ---- a source: its row, and what opens below it. The roles are said because narrow screens lay
   a table out as blocks, which makes browsers forget them. */

const cell = (name, ...children) => h("td." + name, { role: "cell" }, ...children);
const state = (name, label) => h("span.verdict", {}, icon(SHAPE[name] || name, SHAPE[name] || name), label);

function platformChips(source) {
  const list = h("ul.chips", {});
  const all = source.platforms.filter((platform) => platform[0]);
  const chip = (state, label, title) => list.append(h("li", { title }, icon(SHAPE[state], SHAPE[state]), named(label)));
  const each = (platforms) => {
    for (const [name, state] of platforms) chip(state, state === "found" ? shortPlatform(name) : `${shortPlatform(name)} ${state}`, name);
  };
  if (!all.length) return h("span.quiet.none", {}, "–");
  if (all.length <= 3) {
    each(all);
    return list;
  }
  for (const [state, n] of tally(all.map((platform) => platform[1]))) {
    const those = all.filter((platform) => platform[1] === state);
    if (n === all.length) chip(state, `all ${n} ${state}`);
    else if (n > 3 || state === "found") chip(state, `${n} of ${all.length} ${state}`, those.map((platform) => platform[0]).join(", "));
    else each(those);
  }
  return list;
}
function bestMatch(source) {
  const parts = [];
  if (source.best) {
    const more = source.count - 1;
    const image = source.best.image, host = hostOf(image);
    parts.push(
      h("span.match", {}, named(shortName(image.slice(host.length + 1) || image)), copyButton("URI", image)),
      h("div.under", {}, h("span.tag", {}, source.best.evidence), " ", place(host), more ? h("span.nowrap", {}, ` + ${number(more)} more`) : null)
    );
  }
  if (source.note && (!source.best || source.verdict !== "partial")) parts.push(h("div.under.clamp", {}, text(source.note)));
  return parts;
}
function rowOf(source) {
  const button = h(
    "button.toggle",
    { type: "button", "aria-expanded": "false", onclick: () => toggle(source) },
    icon("open"),
    named(shortName(source.name))
  );
  const sub = [source.image !== source.name ? source.image : null, source.origin].filter(Boolean).join(" · ");
  return h(
    "tr.source",
    { role: "row" },
    h("th.c-name", { role: "rowheader", scope: "row" }, button, h("span.sub.text", {}, sub)),
    cell("c-verdict", state(source.verdict, source.verdict)),
    cell("c-platforms", platformChips(source)),
    cell("c-match", ...bestMatch(source)),
    cell(source.size === null ? "c-size.none" : "c-size", bytes(source.size))
  );
}
/* Narrow screens put the head of a column before each cell. */
function labelled(heads, rows) {
  for (const each of rows) [...each.cells].forEach((its, i) => its.setAttribute("data-label", heads[i]));
  return rows;
}
function table(heads, rows) {
  return h(
    "table.inner",
    { role: "table" },
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ...heads.map((head) => h(head === "Size" ? "th.num" : "th", { role: "columnheader", scope: "col" }, head)))),
    h("tbody", { role: "rowgroup" }, ...labelled(heads, rows))
  );
}
const row = (...cells) => h("tr", { role: "row" }, ...cells);
function platformRows(platforms) {
  return platforms.map((platform) =>
    row(
      cell("fixed", text(platform.platform || "not known")),
      cell("fixed", state(platform.state, platform.state)),
      cell("fixed", digest(platform.manifest)),
      cell("fixed", digest(platform.config)),
      cell("num", bytes(platform.size))
    )
  );
}
function matchRow(match) {
  return row(
    cell("wide", uri(match.image)),
    cell("fixed", h("span.tag", {}, match.evidence), match.status === "ok" ? null : ` ${match.status}`),
    cell("wide", match.platforms.map((platform) => platform || "not known").join(", ") || "–"),
    cell("fixed", match.digest === null ? "–" : digest(match.digest)),
    h("td.fixed", { role: "cell", title: match.pushed }, day(match.pushed)),
    cell("num", bytes(match.size))
  );
}
function matchTable(matches) {
  const heads = ["Image", "Evidence", "Platforms", "Digest", "Pushed", "Size"];
  const made = table(heads, matches.slice(0, MATCHES).map(matchRow));
  const rest = matches.length - MATCHES;
  if (rest <= 0) return [made];
  const showAll = () => {
    made.tBodies[0].append(...labelled(heads, matches.slice(MATCHES).map(matchRow)));
    made.tBodies[0].rows[MATCHES].querySelector("button").focus();
    button.remove();
  };
  const button = h("button", { type: "button", onclick: showAll }, `Show ${number(rest)} more`);
  return [made, button];
}
function detailOf(source) {
  const { digest: its, detail, platforms, matches } = detailsOf(source);
  const facts = h("dl", {});
  const fact = (name, ...value) => facts.append(h("dt", {}, name), h("dd", {}, ...value));
  if (source.image) fact("Image", uri(source.image));
  if (its) fact("Digest", digest(its));
  if (source.origin) fact("Listed in", text(source.origin));
  if (source.status !== "ok") fact("Status", source.status);
  if (detail && !(source.note || "").includes(detail)) fact("Detail", text(detail));
  fact("Link", h("a", { href: "#open=" + encodeURIComponent(source.link) }, "to this source"));
  const parts = [];
  if (source.note) {
    const long = source.note.length > 800; /* a box that scrolls, by the keyboard too */
    parts.push(h("p.full", long && { tabindex: 0, role: "group", "aria-label": "Note" }, text(source.note)));
  }
  parts.push(facts);
  if (platforms.length)
    parts.push(h("h3", {}, "Platforms"), table(["Platform", "State", "Manifest", "Config", "Size"], platformRows(platforms)));
  if (matches.length) parts.push(h("h3", {}, count(matches.length, "match", "matches")), ...matchTable(matches));
  return h("tr.detail", { role: "row", id: "detail-" + source.number }, h("td", { role: "cell", colspan: COLUMNS.length }, ...parts));
}
function rowsOf(source) {
  if (!source.rows) source.rows = [rowOf(source)];
  const isOpen = open.has(source.number);
  if (isOpen && !source.rows[1]) source.rows[1] = detailOf(source);
  if (isOpen !== source.isOpen) {
    const button = source.rows[0].querySelector(".toggle");
    source.isOpen = isOpen;
    source.rows[0].classList.toggle("isopen", isOpen);
    button.setAttribute("aria-expanded", isOpen);
    if (isOpen) button.setAttribute("aria-controls", "detail-" + source.number);
    else button.removeAttribute("aria-controls");
  }
  return isOpen ? source.rows : source.rows.slice(0, 1);
}
function toggle(source) {
  if (!details) return;
  if (!open.delete(source.number)) open.add(source.number);
  const rows = rowsOf(source);
  if (rows[1]) rows[0].after(rows[1]);
  else if (source.rows[1]) source.rows[1].remove();
  keepAddress();
}

/* ---- the list: a first piece at once, more when its end comes near */

let shown = 0; /* of what was found */
let drawn = true; /* or what is there is still of the search before */
let going = 0;
const nearEnd = new IntersectionObserver(
  (entries) => {
    if (entries[0].isIntersecting && drawn && shown < result.length) showUntil(shown + MORE);
  },
  { rootMargin: "600px" }
);
/* ROWS are there then, and nothing else; what stays is not touched. */
function arrange(rows) {
  const stay = new Set(rows);
  for (const row of [...$("rows").children]) if (!stay.has(row)) row.remove();
  let at = $("rows").firstChild;
  for (const row of rows)
    if (row === at) at = at.nextSibling;
    else $("rows").insertBefore(row, at);
}
function tellRest() {
  const rest = result.length - shown;
  $("more").hidden = !rest;
  $("more").textContent = `Show more (${number(rest)} left)`;
  /* Anew, so that it tells again when the end is still near. */
  nearEnd.disconnect();
  nearEnd.observe($("more").parentElement);
}
function showUntil(end) {
  end = Math.min(end, result.length);
  const piece = document.createDocumentFragment();
  for (; shown < end; shown++) piece.append(...rowsOf(result[shown]));
  $("rows").append(piece);
  tellRest();
}

/* The first screen as soon as it is full; how many there are when all was looked at. */
function proceed() {
  look();
  if (!drawn && (searched() || result.length >= FIRST)) {
    drawn = true;
    shown = Math.min(FIRST, result.length);
    arrange(result.slice(0, shown).flatMap(rowsOf));
  }
  if (drawn) tellRest();
  $("sources").setAttribute("aria-busy", !searched());
  if (!searched()) going = setTimeout(proceed);
  else
    $("count").textContent =
      result.length === sources.length ? count(sources.length, "source") : `${number(result.length)} of ${count(sources.length, "source")}`;
}
function refresh() {
  clearTimeout(going);
  ask();
  drawn = false;
  $("clear").disabled = !filtered();
  proceed();
}
/* For who cannot wait. */
function finish() {
  clearTimeout(going);
  while (!searched()) proceed();
  clearTimeout(going);
}
function showFilters() {
  for (const button of $("verdicts").querySelectorAll("button")) button.setAttribute("aria-pressed", view.verdicts.has(button.dataset.verdict));
  for (const id of ["from", "in", "evidence"]) {
    $(id).value = view[id];
    if ($(id).selectedIndex < 0) $(id).append(new Option(view[id], view[id], false, true));
  }
  $("sort").value = view.sort ? (view.down ? "-" : "") + view.sort : "";
  for (const head of $("heads").children)
    head.setAttribute("aria-sort", head.dataset.column !== view.sort ? "none" : view.down ? "descending" : "ascending");
}
function change(values) {
  Object.assign(view, values);
  showFilters();
  refresh();
  keepAddress();
}

/* ---- the top */

function factTable(rows) {
  return h("table", {}, h("tbody", {}, ...rows));
}
/* Folded on narrow screens, where the list would be far down. */
const wide = matchMedia("(min-width: 52rem)").matches;
function fact(title, ...children) {
  return h("details.fact", { open: wide }, h("summary", {}, h("h2", {}, title)), ...children);
}
function folded(all, most, make, what) {
  if (all.length <= most + 1) return [make(all)];
  return [make(all.slice(0, most)), h("details", {}, h("summary", {}, `${number(all.length - most)} more ${what}`), h("div.scroll", { tabindex: 0, role: "group", "aria-label": `more ${what}` }, make(all.slice(most))))];
}
function evidenceFact() {
  const counts = tally(sources.filter((source) => source.best).map((source) => source.best.evidence));
  const most = Math.max(1, ...counts.values());
  const names = [...new Set([...EVIDENCE.slice(0, 6), ...counts.keys()])].sort((a, b) => evidenceRank(a) - evidenceRank(b));
  return fact(
    "Evidence of the best match",
    factTable(
      names.map((name) => {
        const n = counts.get(name) || 0;
        const possible = n || report.compared.includes(name);
        return h(possible ? "tr" : "tr.quiet", {}, h("th", { scope: "row" }, name), meter(n, most, name === "layers?"), h("td", {}, possible ? number(n) : "not compared"));
      })
    )
  );
}
function platformFact() {
  const all = new Map();
  for (const source of sources)
    for (const [name, state] of source.platforms) {
      if (!name) continue;
      const entry = all.get(name) || { name, found: 0, all: 0 };
      entry.all++;
      if (state === "found") entry.found++;
      all.set(name, entry);
    }
  const list = [...all.values()].sort((a, b) => b.all - a.all || (a.name < b.name ? -1 : 1));
  const make = (entries) =>
    factTable(entries.map((entry) => h("tr", {}, h("th", { scope: "row" }, named(entry.name)), meter(entry.found, entry.all), h("td", {}, `${number(entry.found)} of ${number(entry.all)}`))));
  return fact("Platforms found", ...(list.length ? folded(list, 6, make, "platforms") : [h("p.quiet", {}, "None is known")]));
}
function inventoryFact() {
  const { images, without_config, registries: all } = report.inventory;
  const make = (list) =>
    factTable(
      list.map((each) => {
        const when = each.pushed ? `newest push ${day(each.pushed)}` : each.created ? `newest created ${day(each.created)}` : null;
        return h("tr", {}, h("th", { scope: "row" }, place(each.registry), when ? h("div.quiet", { title: each.pushed || each.created }, when) : null), h("td", {}, number(each.images)));
      })
    );
  return fact(
    `Inventory: ${count(images, "image")}`,
    ...folded(all, 4, make, "registries"),
    without_config ? h("p.quiet", {}, `${number(without_config)} without a config read`) : null
  );
}
function failureFact() {
  const failed = report.inventory.failed;
  const read = ["ok", "artifact", "archived", "legacy"];
  const unread = [...tally(sources.map((source) => source.status))].filter(([status]) => !read.includes(status));
  const line = (failure) =>
    h("li", {}, icon("unknown", "unknown"), " ", text(failure.image || failure.origin || "-"), h("span.quiet", {}, `: ${failure.status}`, failure.detail ? `, ${failure.detail.length > 300 ? failure.detail.slice(0, 300) + "…" : failure.detail}` : ""));
  const make = (list) => h("ul", {}, ...list.map(line));
  const parts = unread.map(([status, n]) => h("p", {}, icon("unknown", "unknown"), ` ${count(n, "source")}: ${status}`));
  if (failed.length) parts.push(h("p", {}, `${count(failed.length, "row")} of the inventory:`), ...folded(failed, 3, make, "failures"));
  if (!parts.length) return fact("What failed: nothing", h("p.quiet", {}, "Sources and inventory were all read."));
  const made = fact("What failed", ...parts);
  made.open = true;
  return made;
}
function makeVerdicts() {
  for (const item of $("verdicts").children) {
    const verdict = item.dataset.verdict;
    const flip = () => {
      if (!view.verdicts.delete(verdict)) view.verdicts.add(verdict);
      change({});
    };
    const button = h("button", { type: "button", "aria-pressed": "false", "data-verdict": verdict, onclick: flip });
    button.classList.toggle("none", !report.summary[verdict]);
    button.append(icon(verdict, verdict), verdict, h("b", {}, number(report.summary[verdict])));
    item.replaceChildren(button);
  }
}
function fillChoice(id, all, values) {
  $(id).append(new Option(all, ""), ...values.map(([value, label]) => new Option(label, value)));
  $(id).addEventListener("change", () => change({ [id]: $(id).value }));
}
function makeFilters() {
  const byName = (counts) => [...counts].sort((a, b) => (a[0] < b[0] ? -1 : 1)).map(([name, n]) => [name, `${label(name)} (${number(n)})`]);
  fillChoice("from", "any registry", byName(tally(sources.map((source) => source.host))));
  fillChoice("in", "any registry", byName(tally(sources.flatMap((source) => source.hosts.map((host) => registries[host])))));
  const evidence = tally(sources.map((source) => (source.best ? source.best.evidence : "-")));
  const names = [...evidence].sort((a, b) => evidenceRank(a[0]) - evidenceRank(b[0]));
  fillChoice("evidence", "any", names.map(([name, n]) => [name, `${name === "-" ? "none" : name} (${number(n)})`]));
  $("sort").append(new Option("as listed", ""));
  for (const column of COLUMNS) {
    $("sort").append(new Option(column.title, column.id), new Option(`${column.title}, reversed`, "-" + column.id));
    const turn = () => {
      if (view.sort !== column.id) change({ sort: column.id, down: false });
      else if (!view.down) change({ down: true });
      else change({ sort: "", down: false });
    };
    $("heads").append(h("th.h-" + column.id, { role: "columnheader", scope: "col", "data-column": column.id }, h("button", { type: "button", onclick: turn }, column.title)));
  }
  $("sort").addEventListener("change", () => change({ sort: $("sort").value.replace("-", ""), down: $("sort").value.startsWith("-") }));
  $("q").addEventListener("input", () => {
    view.q = $("q").value;
    refresh();
    keepAddress();
  });
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("clear").addEventListener("click", () => {
    $("q").value = "";
    view.verdicts.clear();
    change({ q: "", from: "", in: "", evidence: "" });
    $("q").focus();
  });
  $("more").addEventListener("click", () => drawn && showUntil(shown + 3 * MORE));
}
function makeTheme() {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const tell = () => ($("theme").textContent = dark() ? "Light" : "Dark");
  $("theme").hidden = false;
  $("theme").addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    tell();
  });
  system.addEventListener("change", tell);
  tell();
}

makeTheme();
makeVerdicts();
makeFilters();
$("facts").append(evidenceFact(), platformFact(), inventoryFact(), failureFact());
for (const [id, role] of [["sources", "table"], ["heads", "row"], ["rows", "rowgroup"]]) $(id).setAttribute("role", role);
$("sources").tHead.setAttribute("role", "rowgroup");
$("list").hidden = false;
/* The first screen at once; the rest of the page, which an address may need, is still to come. */
showFilters();
refresh();
document.addEventListener("DOMContentLoaded", () => {
  details = $("details").textContent.split("\n").slice(1, -2);
  if (location.hash) takeAddress();
  else if (filtered() || view.sort) refresh(); /* who was quicker than the page */
  addEventListener("hashchange", takeAddress);
  setTimeout(buildKeys, 50, 0);
});
addEventListener("beforeprint", () => {
  finish();
  showUntil(result.length);
});
addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.target.closest("input, select, textarea") && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    $("q").focus();
  }
});
