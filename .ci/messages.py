#!/usr/bin/env python3
"""Lists every error message of the program and says what one lacks.

A message names its subject, says the cause, and has a cure. What is read
here are the calls of error_set(), error_system() and spec_problem() in
extractor/ and transforms/, and the error_hint(), error_usual() and
error_prefix() that follow them.

  subject  the text begins with "NAME: " ("%s: ", "--option: ", "row %llu: "),
           or has something in quotes, an --option or the name of an
           environment variable; or every caller puts error_prefix() before
           it. spec_problem() puts the file and the path of the key before
           every text. A bug and an interrupt are of the program itself.
  cure     an error_hint() follows on the same way out; or every caller gives
           one; or the text tells by itself what to do (CURES, and for what
           stands in a job, mapping or source also RULES); or the kind
           needs none: a bug, an interrupt; or the system says the cause,
           for which error_system() brings the usual cure.

What these rules cannot see stands, with a reason, in messages.txt beside this
file; a line there that no message needs is an error as well.

What a caller adds is told by the order of lines within a function: a call,
and behind it error_prefix() or error_hint(). Calls through pointers are not
followed, and a function of few lines that calls one of them counts as it.
"""

import collections
import glob
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
EXEMPTIONS = os.path.join(HERE, "messages.txt")
NO_CURE_KINDS = ("ERROR_BUG", "ERROR_INTERRUPTED")
SETTERS = ("error_set", "error_system", "spec_problem", "spec_problem_at")
# "%s: …", "row %llu, column %s: …", "unknown option …", "%s answered …", and
# whatever is named in quotes or as an option.
SUBJECT = re.compile(r"^[\w%<-][\w%./:\[\]{}<>*', -]{0,60}: |^unknown %?\w|"
                     r"^%s \w|\"|--[a-z]|"
                     r"^(site|endpoint|guard|files|fact|dataset) ?%")
# Words by which a text says itself what would be right: imperatives, limits.
CURES = re.compile(
    r"\b(expected|did you mean|write|must( not)?|at most|at least|needs|"
    r"is needed|missing|given (twice|without)|takes no|no value|run again|"
    r"one operand too many|remove|choose|add|"
    r"may hold only|from 1 to \d+|but %?\S+ or)")
# What is wrong in a job, mapping or source is said as the rule it breaks.
RULES = re.compile(
    CURES.pattern + r"|\b(only|cannot|twice|too long|longer than|has no(ne)?|"
    r"have none|belongs? to|does not belong|another|already|is never|"
    r"say it in|join two|possible|give (each|a|the)|use |unknown|set|put|"
    r"leave it out|take it out|together|both|need|is always|"
    r"hold(s)? (only|no|text|a|both|an|\"%s\")|nothing to|no \{|"
    r"begins with a-z|is 1 to|do not pair|does not say|go in the order)\b")
CALL = re.compile(r"\b([a-z_][a-z0-9_]*)\s*\(")
FUNCTION = re.compile(r"^(?:[a-z][\w \t*()]*?[ *])([a-z_]\w*)\(", re.M)

# error_usual() is a hint that a better one replaces.
ALIKE = {"error_hint": ("error_hint", "error_usual")}

# Bytes of a function that gives a hint or prefix and does little else.
HELPER_MAX = 2000

Message = collections.namedtuple(
    "Message", "file line function kind text end start")


def blank_comments(text):
    """Comments as blanks, so that lines and columns stay."""
    pattern = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|/\*.*?\*/',
                         re.S)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group())
                       if m.group().startswith("/*") else m.group(), text)


TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|[(){}\[\],;]')


def arguments(text, start):
    """The arguments behind a "(" that ends at start, and where ")" ends."""
    found, depth, begun = [], 0, start
    for token in TOKEN.finditer(text, start):
        mark = token.group()
        if mark in "([{":
            depth += 1
        elif mark in ")]}":
            if depth == 0:
                found.append(text[begun:token.start()])
                return [" ".join(a.split()) for a in found], token.end()
            depth -= 1
        elif mark == "," and depth == 0:
            found.append(text[begun:token.start()])
            begun = token.end()
    raise ValueError("a call without an end")


def literal(argument):
    """The text of a format, macros as <NAME>; a variable as %s."""
    if '"' not in argument or " ? " in argument:
        return "<%s>" % argument if argument.isupper() else "%s"
    parts = re.findall(r'"((?:\\.|[^"\\])*)"|\b([A-Z][A-Z_0-9]+)\b', argument)
    text = "".join(a if a or not b else "<%s>" % b if not b.startswith("PRI")
                   else "d" for a, b in parts)
    return text.replace('\\"', '"').replace("\\n", " ")


class Function:
    def __init__(self, file, name, text, start, end):
        self.file, self.name, self.text = file, name, text
        self.start, self.end = start, end
        self.calls = [(m.group(1), m.start(), m.end())
                      for m in CALL.finditer(text, start, end)]


def functions(file, text):
    """Bodies, as clang-format lays them out: braces in the first column."""
    for body in re.finditer(r"^\{.*?^\}", text, re.S | re.M):
        head = text[:body.start()].rsplit("\n\n", 1)[-1]
        name = CALL.search(re.sub(r"__attribute__\(\(.*?\)\)\)", "", head))
        if name:
            yield Function(file, name.group(1), text, body.start(), body.end())


def on_the_way_out(function, position, name, helpers=()):
    """The text of the first call of `name`, or of a helper that calls it, that
    is met behind a position before the function returns; or None."""
    depth, names = 0, ALIKE.get(name, (name,))
    steps = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|[{}]|\breturn\b'
                       r'|\belse\s+(?:if\s*\([^;{}]*\)\s*)?error_(?:set|system)\b'
                       r'|\b(?:error_set|error_system|%s)\b(?=\s*\()'
                       % "|".join(names + tuple(helpers)))
    for step in steps.finditer(function.text, position, function.end):
        word = step.group()
        if word == "{":
            depth += 1
        elif word == "}":
            depth = min(depth, 0) if depth <= 0 else depth - 1
        elif word in names:
            where = function.text.index("(", step.end()) + 1
            return literal(arguments(function.text, where)[0][1])
        elif word in helpers:
            return "by %s()" % word
        elif word in ("error_set", "error_system"):
            return None
        elif word == "return" and depth <= 0:
            stop = function.text.index(";", step.end())
            if not any(n in function.text[step.end():stop]
                       for n in names + tuple(helpers)):
                return None
    return None


def behind(function, position, names):
    """Whether one of names is called anywhere behind a position."""
    return any(n in names and at > position for n, at, _ in function.calls)


class Program:
    def __init__(self, files):
        self.functions, self.callers = [], collections.defaultdict(list)
        for file in files:
            with open(file, encoding="utf-8") as source:
                text = blank_comments(source.read())
            self.functions += functions(file, text)
        by_name = collections.defaultdict(list)
        for f in self.functions:
            by_name[f.name].append(f)
        self.name_is_unique = {n: len(fs) == 1 for n, fs in by_name.items()}
        for f in self.functions:
            for name, start, end in f.calls:
                for callee in by_name.get(name, ()):
                    if len(by_name[name]) == 1 or callee.file == f.file:
                        self.callers[callee].append((f, end))
        self.known, self.helping = {}, {}

    def helpers(self, file, name):
        """Functions as file sees them that call `name` and do little else."""
        if (file, name) not in self.helping:
            self.helping[file, name] = tuple(
                f.name for f in self.functions
                if (f.file == file or self.name_is_unique[f.name])
                and f.end - f.start < HELPER_MAX
                and behind(f, f.start, ALIKE.get(name, (name,)))
                and not any(n in SETTERS for n, _, _ in f.calls))
        return self.helping[file, name]

    def all_callers(self, function, name, above=()):
        """Whether each way to a function meets a call of `name` above it."""
        key = (function, name)
        if key in self.known:
            return self.known[key]
        callers = [c for c in self.callers[function] if c[0] not in above]
        found = bool(callers) and all(
            on_the_way_out(f, arguments(f.text, at)[1], name,
                           self.helpers(f.file, name)) is not None
            or self.all_callers(f, name, above + (function,))
            for f, at in callers)
        if not above:
            self.known[key] = found
        return found

    def messages(self):
        for f in self.functions:
            if f.file.endswith(("/error.c", "/spec.c", "/problems.c")) and \
                    f.name.startswith(("error_", "add_", "spec_problem")):
                continue
            for name, start, end in f.calls:
                if name not in SETTERS:
                    continue
                args, stop = arguments(f.text, end)
                where = {"error_set": 2, "error_system": 3,
                         "spec_problem": 2, "spec_problem_at": 3}[name]
                kind = {"error_set": args[1], "error_system": args[1]}.get(
                    name, "ERROR_CONFIG")
                text = literal(args[where])
                if name == "error_system":
                    text += ": <errno>"
                line = f.text.count("\n", 0, start) + 1
                yield f, name, Message(f.file, line, f.name, kind, text,
                                       stop, start)


def judge(program, function, setter, message):
    """The hint there is, and why subject and cure are thought to be there."""
    hint = on_the_way_out(function, message.end, "error_hint",
                          program.helpers(function.file, "error_hint"))
    if setter.startswith("spec_problem"):
        subject = "path"
    elif SUBJECT.search(message.text):
        subject = "text"
    elif behind(function, message.end, ("error_prefix",)):
        subject = "prefix"
    elif program.all_callers(function, "error_prefix"):
        subject = "callers"
    else:
        subject = None
    if hint is not None:
        cure = "hint"
    elif any(kind in message.kind for kind in NO_CURE_KINDS):
        cure = "kind"
    elif setter == "error_system":
        cure = "system"
    elif (RULES if subject == "path" else CURES).search(message.text):
        cure = "text"
    elif program.all_callers(function, "error_hint"):
        cure = "callers"
    else:
        cure = None
    if subject is None and any(k in message.kind for k in NO_CURE_KINDS):
        subject = "kind"
    return hint, subject, cure


def exemptions():
    """{(file, text): {what}}, of FILE | subject, cure | TEXT | REASON; a text of
    * is each of the file."""
    known = {}
    with open(EXEMPTIONS, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith("#"):
                continue
            parts = [part.strip() for part in line.split(" | ")]
            if len(parts) != 4 or not parts[3]:
                sys.exit("%s:%d: expected FILE | WHAT | TEXT | REASON"
                         % (EXEMPTIONS, number))
            known[parts[0], parts[2]] = set(parts[1].split(", "))
    return known


def main():
    files = sorted(glob.glob("extractor/*.c") + glob.glob("transforms/*.c"))
    program, known, used = Program(files), exemptions(), set()
    bad, count = [], 0
    quiet = "--quiet" in sys.argv[1:]
    for function, setter, message in program.messages():
        count += 1
        hint, subject, cure = judge(program, function, setter, message)
        lacks = {word for word, there in (("subject", subject), ("cure", cure))
                 if there is None}
        for key in ((message.file, message.text), (message.file, "*")):
            if lacks & known.get(key, set()):
                used.add(key)
                lacks -= known[key]
        row = "%s:%d\t%s\t%s\t%s\tsubject: %s\tcure: %s" % (
            message.file, message.line, message.kind, message.text,
            hint or "-", subject or "NONE", cure or "NONE")
        if lacks:
            bad.append("%s\tlacks a %s" % (row, " and a ".join(sorted(lacks))))
        elif not quiet:
            print(row)
    for row in bad:
        print(row)
    for file, text in sorted(set(known) - used):
        print("%s: %s: no message needs this exemption: %s"
              % (os.path.basename(EXEMPTIONS), file, text))
    if not quiet:
        print("%d messages, %d lack something, %d exempt"
              % (count, len(bad), len(used)))
    return 1 if bad or set(known) - used else 0


if __name__ == "__main__":
    sys.exit(main())
