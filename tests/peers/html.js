/* The HTML report in a browser: html.js FOLDER, which has small.html and big.html, within.html (the
   duplicates), and small.json and within.json, the same as JSON. Says "ok", "not ok" and "#" lines; what is thrown ends it. */
"use strict";
const fs = require("fs");
const path = require("path");
const modules = process.env.NODE_MODULES;
const { chromium } = require(path.join(modules, "playwright-core"));
const axe = fs.readFileSync(path.join(modules, "axe-core", "axe.min.js"), "utf8");

const folder = process.argv[2];
const url = (name) => "file://" + path.join(folder, name);
const report = JSON.parse(fs.readFileSync(path.join(folder, "small.json"), "utf8"));
const names = (sources) => sources.map((source) => source.ref || source.image);
const best = (source) => source.matches.find((match) => match.evidence !== "self");
const sizeOf = (source) =>
  source.platforms.length && source.platforms.every((platform) => platform.size !== null)
    ? source.platforms.reduce((sum, platform) => sum + platform.size, 0)
    : -1;

const wrong = []; /* what no page may do: errors, requests, dialogs */

function is(got, want, name) {
  const same = JSON.stringify(got) === JSON.stringify(want);
  console.log((same ? "ok " : "not ok ") + name);
  if (!same) console.log(`# got:  ${JSON.stringify(got)}\n# want: ${JSON.stringify(want)}`.slice(0, 2000));
}

async function opened(browser, name, options = {}, before = null) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.on("console", (message) => wrong.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`error: ${error}`));
  page.on("dialog", (dialog) => { wrong.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => {
    if (!request.url().startsWith(url("")) && !request.url().startsWith("data:")) wrong.push(`request: ${request.url()}`);
  });
  if (before) await page.addInitScript(before);
  await page.goto(url(name));
  return page;
}
const listed = (page) => page.locator("#rows .source .toggle").allInnerTexts();
/* To the end: more is drawn where one scrolls to, too, so that a mouse would miss the button. */
const all = async (page) => {
  await page.evaluate(() => {
    const more = document.getElementById("more");
    while (!more.hidden) more.click();
  });
  return listed(page);
};
const hash = async (page) => {
  await page.waitForTimeout(250); /* the address follows when typing stops */
  return decodeURIComponent(new URL(page.url()).hash);
};

async function search(page) {
  is(await all(page), names(report.sources), "every source is listed");
  await page.keyboard.press("/");
  await page.keyboard.type("REDIS quay.io");
  const want = report.sources.filter((source) => /redis/.test(source.image) && /quay\.io/.test(source.image));
  is(await all(page), names(want), "the search finds all words, in any case, from the keyboard");
  is(await page.locator("#count").innerText(), `${want.length} of ${report.sources.length} sources`, "says how many");
  is(await hash(page), "#q=REDIS quay.io", "and the address says so");
  const found = report.sources.find((source) => source.verdict === "present" && source.matches.length === 5);
  await page.fill("#q", found.matches[4].digest);
  is(await all(page), names([found]), "a digest of a match is found");
  await page.fill("#q", "<script>alert(1)");
  is(await all(page), ["<script>alert(1)</script>"], "a tag that is markup is found, and is text");
  await page.fill("#q", "rtl:");
  is(await all(page), ["rtl:\ufffdgnp.1\ufffd"], "a text cannot run from right to left");
  for (const text of ['","', "null", "[["]) {
    await page.fill("#q", text);
    is(await all(page), [], `what the data is written in is nothing to find: ${text}`);
  }
  await page.fill("#q", "no such thing");
  is(await page.locator("#count").innerText(), `0 of ${report.sources.length} sources`, "nothing is found, and that is said");
  await page.click("#clear");
  is(await page.locator("#q").inputValue(), "", "the filters are cleared");
}

async function filters(page) {
  const absent = page.locator("#verdicts button", { hasText: "absent" });
  await absent.click();
  is(await absent.getAttribute("aria-pressed"), "true", "a verdict is chosen");
  is(await all(page), names(report.sources.filter((source) => source.verdict === "absent")), "and only that is listed");
  await page.locator("#verdicts button", { hasText: "likely" }).press("Enter");
  is(await all(page), names(report.sources.filter((source) => ["absent", "likely"].includes(source.verdict))), "two verdicts");
  await page.click("#clear");
  await page.selectOption("#evidence", "config");
  is(await all(page), names(report.sources.filter((source) => best(source) && best(source).evidence === "config")), "by evidence");
  await page.selectOption("#from", "ghcr.io");
  is(await all(page), names(report.sources.filter((source) => best(source) && best(source).evidence === "config" && source.image.startsWith("ghcr.io/"))), "by registry, too");
  await page.click("#clear");
  const there = "210987654321.dkr.ecr.us-east-1.amazonaws.com";
  await page.selectOption("#in", there);
  is(await all(page), names(report.sources.filter((source) => source.matches.some((match) => match.image.startsWith(there + "/")))), "by the registry it is found in");
  await page.click("#clear");
}

async function sorting(page) {
  const head = page.locator("th", { hasText: "Size" }).first();
  await head.locator("button").click();
  await head.locator("button").click();
  is(await head.getAttribute("aria-sort"), "descending", "a column is sorted");
  const want = [...report.sources].map((source, i) => ({ source, i })).sort((a, b) => sizeOf(b.source) - sizeOf(a.source) || a.i - b.i);
  is(await all(page), names(want.map(({ source }) => source)), "and so are the sources");
  is(await hash(page), "#sort=-size", "and the address says so");
  await head.locator("button").click();
  is(await all(page), names(report.sources), "and back");
}

async function details(page) {
  const source = report.sources.find((each) => each.verdict === "partial");
  await page.fill("#q", source.ref);
  const button = page.locator("#rows .toggle").first();
  await button.focus();
  await page.keyboard.press("Enter");
  is(await button.getAttribute("aria-expanded"), "true", "a source is opened by the keyboard");
  is(await page.locator("tr.detail table").nth(1).locator("tbody tr").count(), source.matches.length, "with its matches");
  is(await page.locator("tr.detail table").nth(0).locator("tbody tr td:nth-child(2)").allInnerTexts(), source.platforms.map((platform) => platform.state), "and the state of its platforms");
  is(await hash(page), `#q=${source.ref}&open=${source.ref}`, "and the address says so");
  await button.click();
  is(await page.locator("tr.detail").count(), 0, "and closed");
  await page.click("#clear");
}

async function links(browser) {
  const want = report.sources.filter((source) => source.verdict === "partial").sort((a, b) => sizeOf(b) - sizeOf(a));
  const target = want[want.length - 1];
  const page = await opened(browser, "small.html#verdict=partial&sort=-size&open=" + encodeURIComponent(target.ref));
  is(await all(page), names(want), "a link restores filters and order");
  is(await page.locator("tr.isopen .toggle").allInnerTexts(), [target.ref], "and what was open");
  is(await page.evaluate(() => document.querySelector("tr.isopen").getBoundingClientRect().top < innerHeight), true, "which is in sight");
  await page.evaluate(() => (location.hash = "#q=long:1&verdict=bogus&evidence=bogus&open=bogus&%E0"));
  await page.waitForFunction(() => document.getElementById("q").value === "long:1");
  is(await listed(page), [], "a link may hold anything");
  await page.context().close();
}

async function copying(browser) {
  const image = best(report.sources[3]).image;
  const page = await opened(browser, "small.html", { permissions: ["clipboard-read", "clipboard-write"] });
  await page.locator("#rows tr.source").nth(3).locator(".copy").click();
  is(await page.evaluate(() => navigator.clipboard.readText()), image, "a URI is copied");
  is(await page.locator("#said").innerText(), `Copied ${image}`, "and that is said");
  await page.locator("#rows .toggle").nth(3).click();
  await page.locator("tr.detail .digest .copy").first().click();
  is(await page.evaluate(() => navigator.clipboard.readText()), report.sources[3].digest, "a digest is copied whole");
  const old = await opened(browser, "small.html", {}, () => Object.defineProperty(navigator, "clipboard", { value: undefined }));
  await old.evaluate(() => addEventListener("copy", (event) => (window.copied = event.target.value)));
  await old.locator("#rows tr.source").nth(3).locator(".copy").click();
  is(await old.evaluate(() => window.copied), image, "also where there is no clipboard API");
  await page.context().close();
  await old.context().close();
}

async function themes(browser) {
  const page = await opened(browser, "small.html", { colorScheme: "dark" });
  const light = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).slice(0, 3).every((part) => part > 200));
  is(await light(), false, "a dark system has a dark page");
  await page.click("#theme");
  is(await light(), true, "the button makes it light");
  await page.click("#theme");
  is(await light(), false, "and dark again");
  await page.emulateMedia({ media: "print" });
  is(await light(), true, "paper is light");
  await page.pdf({ path: path.join(folder, "small.pdf") });
  is(await page.locator("#rows .source").count(), report.sources.length, "and has every source");
  await page.context().close();
}

async function accessible(browser) {
  for (const [width, height, size] of [[1280, 900, "a desktop"], [390, 844, "a phone"]])
    for (const colorScheme of ["light", "dark"]) {
      const link = "small.html#open=long%3A1&open=" + encodeURIComponent(report.sources[4].ref);
      const page = await opened(browser, link, { viewport: { width, height }, colorScheme });
      for (const summary of await page.locator("summary").all()) if (!(await summary.evaluate((it) => it.parentElement.open))) await summary.click();
      const result = await page.evaluate(axe + "; axe.run()");
      is(result.violations.map((each) => [each.id, each.nodes[0].html]), [], `axe finds nothing on ${size}, ${colorScheme}`);
      is(await page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), true, "and nothing is wider than it");
      is(await page.evaluate(() => document.querySelector("tr.detail .full").textContent.length > 5000), true, "and a long detail is there whole");
      await page.screenshot({ path: path.join(folder, `${width}-${colorScheme}.png`) });
      await page.context().close();
    }
}

/* The page of --within has no script; axe needs one, so the policy is passed over. */
async function duplicates(browser) {
  const { groups } = JSON.parse(fs.readFileSync(path.join(folder, "within.json"), "utf8")).summary;
  for (const [width, colorScheme, size] of [[1280, "light", "a desktop"], [390, "dark", "a phone"]]) {
    const page = await opened(browser, "within.html", { viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
    const result = await page.evaluate(axe + "; axe.run()");
    is(result.violations.map((each) => [each.id, each.nodes[0].html]), [], `duplicates: axe finds nothing on ${size}, ${colorScheme}`);
    is(await page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), true, "and nothing is wider than it");
    is(await page.locator("tbody").count(), groups, "and every group is there");
    await page.screenshot({ path: path.join(folder, `within-${width}-${colorScheme}.png`) });
    await page.context().close();
  }
}

async function withoutScript(browser) {
  const page = await opened(browser, "small.html", { javaScriptEnabled: false });
  const rows = await page.locator("noscript table tbody tr").all();
  is(rows.length, report.sources.length, "without a script every source is there");
  is(await page.locator("noscript table tbody th").allInnerTexts(), names(report.sources).map((name) => name.replace(/[\u202e\u2066]/g, "\ufffd")), "by name");
  is((await page.locator("noscript table tbody td:nth-child(2)").allInnerTexts()).map((cell) => cell.trim()), report.sources.map((source) => source.verdict), "with its verdict");
  is(await page.locator("#list").isVisible(), false, "and nothing that would not work");
  await page.context().close();
}

const settled = (page) => page.waitForSelector("#sources[aria-busy=false]");
/* Types what makes VALUE of the search: { time, until all was looked at and drawn; how many sources
   were looked at before the browser could draw (first) and at all (looked); rows that came and went }. */
const keystroke = (page, value) =>
  page.evaluate((value) => new Promise((resolve) => {
    const { keyOf } = window, field = document.getElementById("q"), rows = document.getElementById("rows");
    const looked = new Set();
    window.keyOf = (source) => (looked.add(source), keyOf(source));
    const watch = new MutationObserver(() => {});
    watch.observe(rows, { childList: true, subtree: true, attributes: true });
    const start = performance.now();
    field.value = value;
    field.dispatchEvent(new Event("input"));
    const first = looked.size;
    const end = () => {
      if (document.getElementById("sources").getAttribute("aria-busy") === "true") return void setTimeout(end);
      requestAnimationFrame(() => setTimeout(() => {
        const time = performance.now() - start, records = watch.takeRecords();
        window.keyOf = keyOf;
        watch.disconnect();
        resolve({ time, first, looked: looked.size, touched: records.reduce((sum, each) => sum + (each.addedNodes.length + each.removedNodes.length || 1), 0) });
      }));
    };
    end();
  }), value);
/* What a keystroke may cost, in numbers that do not depend on the machine. */
async function cheap(page) {
  await keystroke(page, "");
  const found = async () => Number((await page.locator("#count").innerText()).split(" ")[0].replace(",", ""));
  const n = await keystroke(page, "n");
  is(n.first <= 2000 && n.looked >= 10000, true, "no more than a slice of the sources is looked at before the page is drawn");
  is(n.touched <= 2 * 40, true, "and no more than two screens of rows are touched");
  const ngin = [await keystroke(page, "ng"), await found(), await keystroke(page, "ngi"), await keystroke(page, "ngin")];
  is(ngin[2].looked, ngin[1], "who goes on typing has only what was found searched");
  is(ngin[3].touched, 0, "and rows that stay are not touched");
  const none = await keystroke(page, "no such thing at all");
  is([none.first, none.looked >= 10000, await found()], [2000, true, 0], "what is nowhere is looked for everywhere, in slices");
  await page.fill("#q", "nginx");
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  is(await page.locator("#rows .source").count(), await found(), "paper waits for all that is found");
  const head = page.locator("#heads button").first();
  await head.click();
  await head.click();
  await settled(page);
  const sorted = await keystroke(page, "nginx 1");
  const names = await listed(page);
  is([sorted.looked < 10000, names], [true, [...names].sort().reverse()], "what was found stays in its order");
  await head.click();
  await page.click("#clear");
}

async function large(browser) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  page.on("pageerror", (error) => wrong.push(`error: ${error}`));
  await page.addInitScript(() => {
    /* When the first rows are drawn: behind the frame that has them. */
    const look = () =>
      document.querySelector("#rows tr") ? requestAnimationFrame(() => setTimeout(() => (window.first = performance.now()))) : requestAnimationFrame(look);
    look();
  });
  const session = await context.newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const work = async () => (await session.send("Performance.getMetrics")).metrics.find((metric) => metric.name === "TaskDuration").value * 1000;
  await page.goto(url("big.html"));
  await page.waitForFunction(() => window.first);
  console.log(`# 10,000 sources, 50,000 matches: ${(fs.statSync(path.join(folder, "big.html")).size / 1e6).toFixed(1)} MB`);
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime);
  console.log(`# the first screen, counts and list, is there after ${(await page.evaluate(() => window.first)).toFixed(0)} ms (headline and bar after ${paint.toFixed(0)} ms; ${(await work()).toFixed(0)} ms of the processor)`);
  await page.waitForTimeout(1000);
  const times = [], costs = [];
  for (const words of ["nginx", "9.4 quay.io", "sha256:abc", "no such"])
    for (let length = 1; length <= words.length; length++) {
      const before = await work();
      times.push((await keystroke(page, words.slice(0, length))).time);
      costs.push((await work()) - before);
    }
  const told = (list) => { list.sort((a, b) => a - b); return `${list[list.length >> 1].toFixed(0)} ms, at most ${list[list.length - 1].toFixed(0)} ms`; };
  console.log(`# a keystroke is answered after ${told(times)} (${told(costs)} of the processor)`);
  await cheap(page);
  await page.fill("#q", "ghcr.io/org/tools/redis:3.");
  await settled(page);
  is((await listed(page)).every((name) => name.startsWith("ghcr.io/org/tools/redis:3.")), true, "among 10,000 sources one is found");
  await page.click("#clear");
  is((await page.locator("#rows tr").count()) < 500, true, "and only what is near is drawn");
  const before = await page.locator("#rows tr").count();
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await page.waitForFunction((before) => document.querySelectorAll("#rows tr").length > before, before);
  is((await page.locator("#rows tr").count()) < 1000, true, "more when one scrolls there");
  await context.close();
}

(async () => {
  const [executablePath] = ["chromium-headless-shell", "chromium", "chromium-browser"]
    .flatMap((name) => process.env.PATH.split(":").map((place) => path.join(place, name)))
    .filter((file) => fs.existsSync(file));
  const browser = await chromium.launch({ executablePath, args: process.getuid() === 0 ? ["--no-sandbox"] : [] });
  console.log(`# Chromium ${browser.version()}`);
  const page = await opened(browser, "small.html");
  for (const test of [search, filters, sorting, details]) await test(page);
  for (const test of [links, copying, themes, accessible, duplicates, withoutScript, large]) await test(browser);
  is(wrong, [], "no error, no message, no dialog, no request");
  await browser.close();
})().catch((error) => {
  console.log(`not ok the browser\n# ${String(error.stack).replace(/\n/g, "\n# ")}`);
  process.exit(1);
});
