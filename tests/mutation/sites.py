"""Where one token of a C file could be another, or not there: sites(text) gives (start, end, new, what)."""

import re

TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|/\*.*?\*/|^[ \t]*\#(?:\\\n|[^\n])*)
      | (?P<string>L?"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
      | (?P<number>\.?[0-9][0-9A-Za-z_.]*)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<sign><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|[-+*/%&|^<>=!]=|&&|\|\||[^\s\w])""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
OTHER = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&",
         "+": "-", "-": "+", "+=": "-=", "-=": "+=", "|=": "&=", "true": "false", "false": "true"}  # fmt: skip
# Before these, a sign is one of two operands.
OPERAND = re.compile(r"[\w\])\"']$")
NO_OPERAND = {"return", "case", "sizeof", "else", "do"}
# A statement follows; what a `)` closes must be a condition then.
BEGINS = {";", "{", "}", "else", ":"}
# What only gives memory back shows in a sanitizer build (make check-memory), and not here.
FREES = re.compile(r"(\w+_)?(free|clear|unref|cleanup|close|put|destroy)$")
KEYWORDS = {"if", "while", "for", "switch", "return", "sizeof", "do", "else", "case", "goto"}


def tokens(text):
    """(start, end, text) of what is neither white space, comment, nor of the preprocessor."""
    at, found = 0, []
    while at < len(text):
        match = TOKEN.match(text, at)
        if match.lastgroup != "skip":
            found.append((match.start(), match.end(), match[0]))
        at = match.end()
    return found


def closed(found, opening):
    """The number of the token that closes the one at OPENING."""
    depth = 0
    for number in range(opening, len(found)):
        depth += found[number][2] in "([{"
        depth -= found[number][2] in ")]}"
        if depth == 0:
            return number
    return None


def conditions(found):
    """From the `(` to the `)` of each `if`, `while` and `for`."""
    spans = {}
    for number, (_, _, word) in enumerate(found[:-1]):
        if word in ("if", "while", "for", "switch") and found[number + 1][2] == "(":
            spans[number + 1] = closed(found, number + 1)
    return spans


def shown(text, start, end):
    """As it is told, in one line."""
    return re.sub(r"\s+", " ", text[start:end])


def statement(text, found, number, ends):
    """The whole of the call or assignment that begins at a token, or None."""
    before = found[number - 1][2] if number else ";"
    if before not in BEGINS and not (before == ")" and number - 1 in ends):
        return None
    if not re.match(r"[A-Za-z_*]", found[number][2]) or found[number][2] in KEYWORDS:
        return None
    depth, assigned, last = 0, False, number
    while last < len(found) and (depth or found[last][2] != ";"):
        depth += found[last][2] in "([{"
        depth -= found[last][2] in ")]}"
        if depth < 0 or found[last][2] in ("{", "}"):
            return None
        assigned = assigned or (not depth and found[last][2] in ("=", "+=", "-=", "|=", "&=", "++", "--"))
        last += 1
    if last == len(found):
        return None
    words = [word for _, _, word in found[number:last]]
    call = len(words) > 2 and words[1] == "(" and words[-1] == ")" and closed(found, number + 1) == last - 1
    if call and not FREES.match(words[0]):
        return found[number][0], found[last][0]
    # A declaration has two names side by side, or a `*` between them.
    lvalue = re.match(r"\*?\w+(->\w+|\.\w+|\[[^]]*\]|\+\+|--)* ?(=|\+=|-=|\|=|&=|\+\+|--|$)", "".join(words))
    if assigned and lvalue and len(words) > 1 and not re.match(r"\w", words[1]):
        return found[number][0], found[last][0]
    return None


def arguments(found, opening):
    """(start, end) of the arguments of a call."""
    last = closed(found, opening)
    spans, depth, start = [], 0, opening + 1
    for number in range(opening + 1, last + 1):
        word = found[number][2]
        if not depth and (word == "," or number == last):
            if number == start:
                return []
            spans.append((found[start][0], found[number - 1][1]))
            start = number + 1
        depth += word in "([{"
        depth -= word in ")]}"
    return spans


def number_changed(word):
    """An integer constant that is one off."""
    match = re.fullmatch(r"(\d+)([uUlL]*)", word)
    if not match or (word[0] == "0" and len(match[1]) > 1):
        return None
    return str(0 if match[1] == "1" else int(match[1]) + 1) + match[2]


def sites(text):
    """All of them, in the order of the file."""
    found = tokens(text)
    spans = conditions(found)
    ends = set(spans.values())
    inside, depth = [], 0
    for _, _, word in found:
        depth += word == "{"
        inside.append(depth > 0)
        depth -= word == "}"
    for number, (start, end, word) in enumerate(found):
        before = found[number - 1][2] if number else ";"
        after = found[number + 1][2] if number + 1 < len(found) else ";"
        if not inside[number]:
            continue
        two = OPERAND.search(before) and before not in NO_OPERAND
        if word in OTHER and (word not in "+-" or two):
            yield start, end, OTHER[word], "%s becomes %s" % (word, OTHER[word])
        if number_changed(word):
            yield start, end, number_changed(word), "%s becomes %s" % (word, number_changed(word))
        if word == "!":
            yield start, end, "", "! goes"
        if word == "if" and number + 1 in spans:
            first, last = found[number + 1][1], found[spans[number + 1]][0]
            yield first, last, "!(%s)" % text[first:last], "the condition is negated"
        if word == "return" and after in ("0", "-") and found[number + (2 if after == "0" else 3)][2] == ";":
            last = found[number + (1 if after == "0" else 2)]
            if text[found[number + 1][0] : last[1]] in ("0", "-1"):
                new = "-1" if after == "0" else "0"
                yield found[number + 1][0], last[1], new, "return %s becomes %s" % ("0" if after == "0" else "-1", new)
        if word in ("break", "continue") and after == ";":
            yield start, end, "", "%s goes" % word
        whole = statement(text, found, number, ends)
        if whole:
            yield whole[0], whole[1], "", "%s goes" % shown(text, *whole)
        if re.match(r"[A-Za-z_]", word) and word not in KEYWORDS and after == "(" and not re.match(r"[\w*]", before):
            given = arguments(found, number + 1)
            for one, two in zip(given, given[1:]):
                texts = text[one[0] : one[1]], text[two[0] : two[1]]
                if texts[0] != texts[1]:
                    middle = text[one[1] : two[0]]
                    yield one[0], two[1], texts[1] + middle + texts[0], "%s and %s change places" % tuple(
                        re.sub(r"\s+", " ", one) for one in texts)
