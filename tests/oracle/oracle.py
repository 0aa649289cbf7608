"""The join once more, written from ocidup(7), match-report(1) and ocidup-tsv(5) and not from the
programs: every source row is held against every inventory row. Slow, and short enough to be read.

A row is a dict from column to value; what is absent is not in it. An answer is a list of lines:

    source VERDICT spread|- STATE...        of each source, a state for each of its platforms
    match IMAGE STATE EVIDENCE PAIR...      of each of its matches, best first
    inventory IMAGES WITHOUT-CONFIG FAILED HIDING EVIDENCE...

A PAIR is PLATFORM=EVIDENCE/STATE: the number of the source's platform, and what holds for it. In the
join's own answer, the status and both digests of the row that was taken follow.
"""

import re

READ = ("ok", "artifact", "archived", "legacy")
FAILURES = ("invalid_reference", "not_found", "unauthorized", "denied", "rate_limited", "timeout", "network", "tls",
            "bad_manifest", "digest_mismatch", "unsupported", "too_large", "server_error")
EMPTY_CONFIG = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
EMPTY_GZIP = "sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4"
EMPTY_BUILDKIT = "sha256:4f4fb700ef54461cfa02571ae0db9a0dc1e0cdb5577484a6d75e68dc38e8acc1"
EMPTY_DIFF_ID = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
EMPTY_LAYERS = {EMPTY_GZIP, EMPTY_BUILDKIT, EMPTY_DIFF_ID}
SAME = ("index", "manifest", "config", "layers", "diff_ids", "layers?")
EVIDENCE = SAME + ("base", "name", "self")
STATES = ("found", "likely", "archived", "missing", "unknown")


def failed(row):
    """What is not known must not pass for success."""
    return row.get("status") not in READ


def status(row):
    """As it is told: what a reader does not know is the server's error."""
    return row["status"] if row["status"] in READ + FAILURES else "server_error"


def artifact(row):
    """A chart, a signature, or the like."""
    return row["status"] == "artifact"


def is_index(row):
    """Whether `digest` is known to name an index."""
    return row.get("platforms", "1") != "1" or row.get("manifest_digest", row.get("digest")) != row.get("digest")


def manifest(row):
    """A row with its digest only is about what that names."""
    return row.get("manifest_digest", row.get("digest"))


def items(row, column):
    """The layers of a row; nothing when they say nothing."""
    found = row[column].split(",") if column in row else []
    return found if set(found) - EMPTY_LAYERS else []


def config(row):
    """The digest of the config, if it stands for the image: one that is known to name none of its layers does not."""
    digest = row.get("config_digest")
    if digest == EMPTY_CONFIG or ("settings" in row and "layers" in row and "diff_ids" not in row):
        return None
    return digest


def platform(row):
    """Without the version of Windows."""
    return re.sub(r"\(.*\)", "", row["platform"]) if "platform" in row else None


def same_platform(a, b):
    """As far as it is known."""
    return platform(a) is None or platform(b) is None or platform(a) == platform(b)


def sameness(a, b):
    """The strongest evidence that both rows are the same image, or None."""
    known = "manifest_digest" in a and "manifest_digest" in b
    if "digest" in a and a["digest"] == b.get("digest") and (is_index(a) or is_index(b)):
        if not known or a["manifest_digest"] == b["manifest_digest"]:
            return "index"
    if manifest(a) and manifest(a) == manifest(b):
        return "manifest"
    if artifact(a) or artifact(b):
        return None
    if config(a) and config(a) == config(b):
        return "config"
    settings = "settings" in a and "settings" in b
    for column in ("layers", "diff_ids"):
        if settings and a["settings"] == b["settings"] and items(a, column) and items(a, column) == items(b, column):
            return column
    if not settings and items(a, "layers") and items(a, "layers") == items(b, "layers") and same_exactly(a, b):
        return "layers?"
    return None


def same_exactly(a, b):
    """The platform is part of the settings, and it may be all that is known of them."""
    return "platform" not in a or "platform" not in b or a["platform"] == b["platform"]


def is_base(source, row):
    """Whether the image of ROW is built from that of SOURCE."""
    if artifact(source) or artifact(row) or not same_platform(source, row):
        return False
    other = "settings" in source and "settings" in row and source["settings"] != row["settings"]
    for column in ("layers", "diff_ids"):
        base, whole = items(source, column), items(row, column)
        if base and whole[: len(base)] == base and (len(whole) > len(base) or other):
            return True
    return False


def name(image):
    """Last component and tag of a reference, or None."""
    found = re.search(r"/([^/:@]+:[^/:@]+)(@.*)?$", image or "")
    return found and found.group(1)


def hides(row):
    """Whether something may be behind a row that failed: not when it is an image that is gone."""
    image = row.get("image", "")
    return row["status"] != "not_found" or not re.search(r"/[^/]*[:@][^/]*$", image)


def said(row):
    """What a row says that counts: with the same, two rows are one."""
    told = [status(row), *(row.get(cell) for cell in ("size", "platform", "manifest_digest", "config_digest", "detail"))]
    if not failed(row):
        told += [row.get("digest"), is_index(row)]
    if not failed(row) and not artifact(row):
        told += [row.get("settings"), items(row, "layers"), items(row, "diff_ids")]
    return told


def groups(ask, sources):
    """The rows of each source that the question is about."""
    platforms = [word.split("=")[1] for word in ask if word.startswith("platform=")]
    found = {}
    for row in sources:
        rows = found.setdefault(tuple(row.get(cell) for cell in ("image", "origin", "ref")), [])
        if wanted(row, platforms) and said(row) not in map(said, rows):
            rows.append(row)
    return list(found.values())


def wanted(row, platforms):
    """Whether the question is about the platform of ROW."""
    if not platforms or "platform" not in row:
        return True
    for want in platforms:
        version = re.match(r"windows\((.*)\)", want)
        if want == row["platform"] or (want.startswith("windows") and platform({"platform": want}) == platform(row) and (
            not version or re.match(r"windows\(%s\." % re.escape(version[1]), row["platform"])
        )):
            return True
    return False


def same_name(source, row):
    """Whether the image of ROW is called as the source is, elsewhere."""
    if source.get("image") == row["image"] or not same_platform(source, row):
        return False
    return name(source.get("image")) is not None and name(source.get("image")) == name(row["image"])


def pair(source, row, ask):
    """State and evidence of one source row by one inventory row, but for names; or None."""
    evidence = sameness(source, row)
    if evidence and source.get("image") == row["image"]:
        return "missing", "self"
    if evidence == "layers?":
        return "likely", evidence
    if evidence:
        return ("archived" if row["status"] == "archived" else "found"), evidence
    if "base" in ask and source.get("image") != row["image"] and is_base(source, row):
        return "missing", "base"
    return None


def rank(found):
    """Of a state and evidence."""
    return STATES.index(found[0]), EVIDENCE.index(found[1])


def pairs_of(rows, image, ask):
    """Of the platforms of a source, those of which the rows of one inventory image have something."""
    read = [(number, source) for number, source in enumerate(rows) if not failed(source)]
    found = {}
    for row in image:
        here = {number: pair(source, row, ask) for number, source in read}
        # A copy, even of another platform, is no outdated one.
        if "names" in ask and not any(here.values()):
            here = {number: ("missing", "name") for number, source in read if same_name(source, row)}
        for number, new in here.items():
            if new:
                found[number] = min(new, found.get(number, new), key=rank)
    return found


def kind(state, evidence):
    """The order of matches: what is found, likely, archived, asked for, and itself."""
    return STATES.index(state) + (evidence == "self")


def judge(rows, images, ask, hiding):
    """Lines about one source."""
    matches = []
    for image, inventory in images.items():
        pairs = pairs_of(rows, inventory, ask)
        if pairs:
            state = min((one for one, _ in pairs.values()), key=STATES.index)
            evidence = max((two for one, two in pairs.values() if one == state), key=EVIDENCE.index)
            matches.append((image, state, evidence, pairs))

    states = []
    for number, row in enumerate(rows):
        here = [pairs[number][0] for _, _, _, pairs in matches if number in pairs]
        state = min(here, key=STATES.index, default="missing")
        states.append("unknown" if failed(row) or (state == "missing" and hiding) else state)

    spread = "-"
    if all(failed(row) for row in rows):
        verdict = "unknown"
    elif any(sum(1 for one, _ in pairs.values() if one == "found") == len(rows) for _, _, _, pairs in matches):
        verdict = "present"
    elif "found" in states:
        verdict = "partial"
        spread = "spread" if set(states) == {"found"} else "-"
    else:
        verdict = next((one for one in ("likely", "archived", "unknown") if one in states), "absent")

    def order(match):
        image, state, evidence, pairs = match
        count = sum(1 for one, _ in pairs.values() if one == state)
        return kind(state, evidence), -count, EVIDENCE.index(evidence), image

    yield " ".join(["source", verdict, spread, *states])
    for image, state, evidence, pairs in sorted(matches, key=order):
        told = ("%d=%s/%s" % (number, two, one) for number, (one, two) in sorted(pairs.items()))
        yield " ".join(["match", image, state, evidence, *told])


def compared(sources, inventory, ask):
    """The evidence that both sides have data for."""
    both = [[row for row in rows if not failed(row)] for rows in (sources, inventory)]

    def have(test):
        return all(any(test(row) for row in rows) for rows in both)

    def content(column, settings):
        return lambda row: not artifact(row) and items(row, column) and (not settings or "settings" in row)

    found = ["index"] if have(lambda row: "digest" in row) else []
    if have(manifest):
        found.append("manifest")
    if have(lambda row: config(row) and not artifact(row)):
        found.append("config")
    found += [column for column in ("layers", "diff_ids") if have(content(column, True))]
    bare = any(content("layers", False)(row) and "settings" not in row for rows in both for row in rows)
    if have(content("layers", False)) and bare:
        found.append("layers?")
    if "base" in ask and any(have(content(column, False)) for column in ("layers", "diff_ids")):
        found.append("base")
    if "names" in ask and have(lambda row: name(row.get("image"))):
        found.append("name")
    return found


def answer(ask, sources, inventory):
    """The lines of the answer. ASK is words: base, names, platform=P."""
    platforms = [word.split("=")[1] for word in ask if word.startswith("platform=")]
    images = {}
    for row in inventory:
        if not failed(row):
            images.setdefault(row["image"], []).append(row)
    failures = {(status(row), *(row.get(cell) for cell in ("image", "origin", "detail"))): row
                for row in inventory if failed(row)}
    hiding = sum(hides(row) for row in failures.values())

    lines = []
    for rows in groups(ask, sources):
        lines += judge(rows, images, ask, hiding)
    without = sum(
        any(row["status"] == "ok" and "settings" not in row for row in rows) for rows in images.values()
    )
    told = compared([row for row in sources if wanted(row, platforms)], inventory, ask)
    lines.append(" ".join(["inventory", *map(str, (len(images), without, len(failures), hiding)), *told]))
    return lines
