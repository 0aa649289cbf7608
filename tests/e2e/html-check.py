#!/usr/bin/env python3
"""Reads an HTML report as a browser does, and says what is wrong with it: html-check.py FILE.

Elements must be closed in their order; the policy must name the hashes of the style and the script,
and let nothing be loaded; no attribute may name what is not in the file, or hold code; the data must
be JSON. Prints the text of the table that is there without a script, a row a line, cells behind tabs.
"""

import base64
import hashlib
import html.parser
import json
import re
import sys

VOID = {"meta", "link", "input", "br", "hr", "img", "wbr", "path", "rect", "circle"}


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.policy, self.ids = [], [], "", set()
        self.code = {"style": [], "script": [], "data": []}
        self.rows, self.links = [], []
        self.tags = {}

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.tags[tag] = self.tags.get(tag, 0) + 1
        if "id" in given:
            if given["id"] in self.ids:
                self.wrong.append("id %s is there twice" % given["id"])
            self.ids.add(given["id"])
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"]
        for name, value in attributes:
            if name.startswith("on") or name == "style":
                self.wrong.append("<%s %s>" % (tag, name))
            if name in ("href", "src", "action", "data", "srcset"):
                self.links.append(value)
        if tag in ("style", "script"):
            kind = "data" if given.get("type") == "application/json" else tag
            self.code[kind].append("")
            self.kind = kind
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append("</%s> in line %d closes something else" % (tag, self.getpos()[0]))

    def handle_data(self, data):
        if self.open and self.open[-1] in ("style", "script"):
            self.code[self.kind][-1] += data
        elif "noscript" in self.open and self.rows and self.rows[-1]:
            if {"td", "th"} & set(self.open):
                self.rows[-1][-1] += data.strip()


page = Page()
with open(sys.argv[1], encoding="utf-8", newline="") as file:
    text = file.read()
page.feed(text)
page.close()
wrong = page.wrong
if page.open:
    wrong.append("not closed: %s" % page.open)
policy = dict(part.strip().split(" ", 1) for part in page.policy.split(";"))
if policy.get("default-src") != "'none'" or "unsafe" in page.policy or "http" in page.policy:
    wrong.append("the policy lets something be loaded: %s" % page.policy)
for kind in ("style", "script"):
    if len(page.code[kind]) != 1:
        wrong.append("%d of <%s>" % (len(page.code[kind]), kind))
    hashed = base64.b64encode(hashlib.sha256(page.code[kind][0].encode()).digest()).decode()
    if policy.get(kind + "-src") != "'sha256-%s'" % hashed:
        wrong.append("the policy has another hash than the %s" % kind)
for link in page.links:
    if not link.startswith("#") and not link.startswith("data:image/svg+xml,"):
        wrong.append("leads out of the file: %s" % link)
    if link.startswith("#") and link[1:] not in page.ids:
        wrong.append("leads nowhere: %s" % link)
if re.search(r"url\(|@import", page.code["style"][0]):
    wrong.append("the style loads something")
if re.search(r"\b(fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|import|innerHTML|outerHTML"
             r"|insertAdjacentHTML|document\.write|eval|Function)\s*[(=.]", page.code["script"][0]):
    wrong.append("the script asks the network, or makes elements of text")
for data in page.code["data"]:
    json.loads(data)
if page.tags.get("img") or page.tags.get("script") != 4:
    wrong.append("elements that are not the page's: %s" % page.tags)
for line in wrong:
    print(line, file=sys.stderr)
for row in page.rows:
    if row:
        print("\t".join(row))
sys.exit(bool(wrong))
