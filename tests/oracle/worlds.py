"""Random worlds for the join: what a registry holds and what was asked for, as rows.

Most images of the inventory are those of the sources after some edit that tools make, so that
every evidence is met often. A world is (ask, sources, inventory), as oracle.answer() takes it.
"""

import hashlib

import oracle

PLATFORMS = ["linux/amd64", "linux/arm64", "linux/arm/v7", "linux/s390x", "linux/386"]
WINDOWS = ["windows(10.0.17763.1)/amd64", "windows(10.0.17763.2)/amd64", "windows(10.0.20348.1)/amd64",
           "windows/amd64"]
FAILURES = [*oracle.FAILURES, "from_the_future"]
EMPTY = "empty"
COLUMNS = ["image", "digest", "platform", "manifest_digest", "config_digest", "status", "size", "pushed", "created",
           "media_type", "platforms", "origin", "ref", "settings", "layers", "diff_ids", "layer_sizes", "detail"]
DIGESTS = ("digest", "manifest_digest", "config_digest", "settings", "layers", "diff_ids")


class Digests:
    """Short names for contents: the same content, the same name."""

    def __init__(self, random):
        self.known = {}
        self.form = random.choice(["short", "sha256", "near", "far"])

    def of(self, kind, *content):
        """The digest of CONTENT."""
        return self.known.setdefault((kind, content), "%s%d" % (kind, len(self.known)))

    def written(self, digest):
        """As it stands in a row: also such that only the first or the last bits differ."""
        if digest.startswith("sha256:") or self.form == "short":
            return digest
        if self.form == "sha256":
            return "sha256:" + hashlib.sha256(digest.encode()).hexdigest()
        bits = "%08x" % (ord(digest[0]) << 24 | int(digest[1:]))
        return "sha256:" + (bits.rjust(64, "a") if self.form == "near" else bits.ljust(64, "a"))


class Image:
    """What a manifest of one platform says. LAYERS: (content, compression) each."""

    def __init__(self, platform, layers, settings, config="", media="", status="ok"):
        self.platform, self.layers, self.settings = platform, tuple(layers), settings
        self.config, self.media, self.status = config, media, status

    def edited(self, **changes):
        """A copy that differs so."""
        return Image(**{**self.__dict__, **changes})

    def cells(self, digests, read):
        """READ: whether the config was read."""
        diffs = [oracle.EMPTY_DIFF_ID if diff == EMPTY else digests.of("d", diff) for diff, _ in self.layers]
        layers = []
        for (diff, how), plain in zip(self.layers, diffs):
            empty = (oracle.EMPTY_GZIP, oracle.EMPTY_BUILDKIT)
            layers.append(plain if how == 2 else empty[how] if diff == EMPTY else digests.of("l", diff, how))
        named = self.config not in ("{}", "no layers")
        config = digests.of("c", named and tuple(diffs), self.settings, self.platform, self.config)
        if self.config == "{}":
            config = oracle.EMPTY_CONFIG
        cells = {
            "manifest_digest": digests.of("m", config, tuple(layers), self.media),
            "config_digest": config, "status": self.status, "platform": self.platform,
            "layers": ",".join(layers),
        }  # fmt: skip
        if read:
            cells["settings"] = digests.of("s", self.settings, self.platform)
            cells["diff_ids"] = ",".join(diffs) if named else ""
        return {column: cell for column, cell in cells.items() if cell}


class Maker:
    """Makes one world."""

    def __init__(self, random, large=False):
        self.random, self.large = random, large
        self.digests = Digests(random)
        self.contents = range(12 if large else random.choice([3, 6, 12]))
        self.ask = []

    def chance(self, percent):
        """True so often."""
        return self.random.random() * 100 < percent

    def layer(self):
        """Content, and how it is compressed."""
        content = EMPTY if self.chance(12) else self.random.choice(self.contents)
        return content, self.random.choice([0, 0, 0, 1, 2])

    def image(self, platform):
        """A new one."""
        layers = [self.layer() for _ in range(self.random.choice([0, 1, 1, 2, 2, 3, 4]))]
        config = self.random.choice([""] * 16 + ["{}", "no layers", "other"])
        status = "artifact" if self.chance(5) else "ok"
        return Image(platform, layers, self.random.choice("abc"), config, status=status)

    def platforms(self):
        """Of an index."""
        some = self.random.sample(PLATFORMS, self.random.choice([1, 1, 2, 2, 3, 4]))
        if self.chance(8):
            some += self.random.sample(WINDOWS, self.random.choice([1, 2, 3]))
        if self.chance(3):
            some += [some[0]]
        return some

    def edit(self, image):
        """What a tool makes of it."""
        layers = list(image.layers)
        what = self.random.choice(["copy", "copy", "copy", "media", "recompress", "config", "both", "settings",
                                   "platform", "append", "strip", "swap", "artifact", "empty config", "no layers"])
        if what == "media":
            return image.edited(media=self.random.choice("xy"))
        if what in ("recompress", "both"):
            image = image.edited(layers=[(diff, self.random.randrange(3)) for diff, _ in layers])
        if what in ("config", "both"):
            return image.edited(config="rewritten" + self.random.choice("12"))
        if what == "settings":
            return image.edited(settings=self.random.choice("abcd"))
        if what == "platform":
            return image.edited(platform=self.random.choice(PLATFORMS + WINDOWS))
        if what == "append":
            more = [self.layer() for _ in range(self.random.choice([1, 1, 2]))]
            return image.edited(layers=layers + more, settings=self.random.choice([image.settings, "d"]))
        if what == "strip":
            return image.edited(layers=layers[:-1])
        if what == "swap":
            return image.edited(layers=layers[::-1])
        if what == "artifact":
            return image.edited(status="artifact")
        if what in ("empty config", "no layers"):
            return image.edited(config="{}" if what == "empty config" else what)
        return image

    def rows(self, name, images, how="read", index=None):
        """Of what NAME names: an index of IMAGES, or the only one of them. HOW it was read: read, no config, no
        manifest, archived, legacy."""
        children = [image.cells(self.digests, how == "read" or (how == "archived" and self.chance(50))) for image in images]
        whole = len(images) != 1 or index or self.chance(10)
        if whole:
            digest = self.digests.of("i", index, *(child["manifest_digest"] for child in children))
        else:
            digest = children[0]["manifest_digest"]
        if how in ("no manifest", "legacy") or (how == "archived" and self.chance(60)):
            status = {"no manifest": "ok"}.get(how, how)
            return [{"image": name, "digest": digest, "status": status}]
        if not children:
            return [{"image": name, "digest": digest, "status": "artifact", "platforms": "0"}]
        rows = []
        for child in children:
            row = {"image": name, "digest": digest, "platforms": str(len(children)), **child}
            if how == "archived":
                row["status"] = how
            elif self.chance(3):
                row = self.broken(row)
            if self.chance(4):
                row.pop("platform", None)
            rows.append(row)
        return rows

    def broken(self, row):
        """A child that could not be read."""
        kept = ("image", "digest", "platform", "platforms", "manifest_digest")
        return {**{column: row[column] for column in kept if column in row},
                "status": self.random.choice(FAILURES), "detail": "why"}  # fmt: skip

    def name(self, side):
        """A reference."""
        host = self.random.choice(["%s.example" % side, "%s.example:5000" % side])
        path = self.random.choice(["app", "app", "lib/app", "web", "x/y/web", "a.b/ap-p"])
        tag = self.random.choice([":1", ":1", ":2", ":11", "@" + self.digests.written(self.digests.of("i", "name"))])
        return "%s/%s%s" % (host, path, tag)

    def sources(self):
        """Lists of images, and their rows."""
        asked, rows = [], []
        for line in range(self.random.choice([40, 80]) if self.large else self.random.choice([1, 1, 2, 3, 4])):
            images = self.random.choice(asked)[1] if asked and self.chance(20) else None
            if images and self.chance(50):
                images = [self.edit(image) for image in images]
            images = images or [self.image(platform) for platform in self.platforms()]
            if self.chance(2):
                images = []
            name = self.name("s")
            how = self.random.choice(["read"] * 10 + ["no config"] * 2 + ["no manifest", "archived", "legacy"])
            new = self.rows(name, images, how)
            if self.chance(5):
                new = [{"status": self.random.choice(FAILURES)}]
                if self.chance(70):
                    new[0]["image"] = name
            for row in new:
                row.update(origin="f:%d" % (line + 1), ref="r%d" % line)
            if self.chance(5):
                new.append(dict(self.random.choice(new)))
            asked.append((name, images))
            rows += new
        return asked, rows

    def held(self, asked):
        """Rows of one or two inventory images."""
        source, images = self.random.choice(asked)
        name = source if self.chance(6) else self.name("e")
        how = self.random.choice(["read"] * 8 + ["no config"] * 3 + ["no manifest", "archived", "archived", "legacy"])
        what = self.random.choice(["same", "same", "edited", "edited", "edited", "each", "one", "drop", "split", "mix", "new"])
        if what == "new" or not images:
            return self.rows(name, [self.image(platform) for platform in self.platforms()], how)
        images = list(images)
        if what == "same":
            return self.rows(name, images, how)
        if what == "edited":
            return self.rows(name, [self.edit(image) for image in images], how)
        if what == "each":
            changed = self.random.randrange(len(images))
            return self.rows(name, [self.edit(one) if i == changed else one for i, one in enumerate(images)], how)
        if what == "one":
            return self.rows(name, [self.random.choice(images)], how)
        if what == "drop":
            images.pop(self.random.randrange(len(images)))
            return self.rows(name, images, how, "dropped")
        if what == "mix":
            return self.rows(name, images + self.random.choice(asked)[1], how, "mixed")
        cut = self.random.randrange(len(images) + 1)
        return self.rows(name, images[:cut], how, "first") + self.rows(self.name("e"), images[cut:], how, "second")

    def failure(self):
        """A row of the inventory that failed."""
        row = {"status": self.random.choice(FAILURES + ["not_found"] * 6)}
        image = self.random.choice([None, "e.example", "e.example:5000", "e.example/app", "e.example:5000/app",
                                    self.name("e"), self.name("e")])
        if image:
            row["image"] = image
        if self.chance(50):
            row["detail"] = self.random.choice(["why", "wherefore"])
        return row

    def spoil(self, rows):
        """Cells that do not go together: a row may come from anybody."""
        row = self.random.choice(rows)
        column = self.random.choice(COLUMNS[1:5] + ["platforms", "settings", "layers", "diff_ids"])
        other = self.random.choice(rows).get(column)
        if other is None or self.chance(50):
            row.pop(column, None)
        else:
            row[column] = other

    def question(self):
        """Options of match-report."""
        ask = [word for word, percent in (("base", 35), ("names", 35)) if self.chance(percent)]
        if self.chance(20):
            some = self.random.sample(PLATFORMS + WINDOWS + ["windows(10.0.17763)/amd64"], self.random.choice([1, 2, 3]))
            ask += ["platform=" + platform for platform in some]
        return ask

    def world(self):
        """(ask, sources, inventory)."""
        asked, sources = self.sources()
        inventory = []
        for _ in range(self.random.choice([100, 200]) if self.large else self.random.choice([0, 1, 2, 3, 4, 6, 8])):
            inventory += self.held(asked)
        if self.chance(30):
            inventory += [self.failure() for _ in range(self.random.choice([1, 1, 2]))]
        if inventory and self.chance(20):
            for _ in range(self.random.choice([1, 2, 4])):
                self.spoil(self.random.choice([sources, inventory]))
        for row in sources + inventory:
            for column in DIGESTS:
                if column in row:
                    row[column] = ",".join(map(self.digests.written, row[column].split(",")))
            if self.chance(20) and not oracle.failed(row):
                row["pushed"] = "2024-0%d-01T00:00:00Z" % self.random.randrange(1, 9)
                row["size"] = str(self.random.randrange(1000))
        self.random.shuffle(inventory)
        return self.question(), sources, inventory


def world(random):
    """One of many; a few are large."""
    return Maker(random, large=random.random() < 0.001).world()
