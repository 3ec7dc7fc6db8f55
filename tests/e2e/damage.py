"""Ways to damage a published run, each with what verify must say of it.

A damage is made on a copy of a good output directory. It names the files that
must be blamed, with the words about them, and those that may be blamed as
well, as a changed part also makes its dataset differ.
"""
import gzip
import json
import os
import re
import shutil

from published import RUN, Run, edit_manifest, rewrite, sha256

MANIFEST = "manifest.json"
HIVE_MANIFEST = "_manifest.json"
FLIPPED_BITS = 5
OTHER = "other-00001.csv.gz"
# What a change of the rows or of the manifest may bring up besides.
FOLLOWS = rf"{MANIFEST}|.*\.done|.*\.(csv|jsonl)\.manifest|dataset=.*"


class Damage:
    """WHAT is done by DO(out), and what verify must answer: a finding about
    FILE (a pattern) in these WORDS (another), and about no file that neither
    FILE nor ALSO matches. TARGET: below out, what is verified."""

    def __init__(self, what, do, file, words="", also=FOLLOWS, target=RUN):
        self.what, self.do = what, do
        self.file, self.words, self.also = file, words, also
        self.target = target

    def wrong(self, code, findings, told):
        """What is not as it must be, as texts."""
        if code != 65:
            yield f"exit {code}"
        if told.get("status") != "failed" or \
                told.get("findings") != len(findings):
            yield f"told {told} of {len(findings)} findings"
        if not any(re.fullmatch(self.file, name) and
                   re.search(self.words, text) for name, text in findings):
            yield f"not named in {findings}"
        for name, text in findings:
            if not re.fullmatch(f"{self.file}|{self.also}", name):
                yield f"blames {name}: {text}"
            if text.startswith(name):
                yield f"names {name} twice: {text}"
            if re.search(r"\w@\w", text):
                yield f"tells personal data: {text}"


# --- files, whatever they hold ---------------------------------------------

def write(path, change):
    path.write_bytes(change(path.read_bytes()))


def flip(data, at, bit):
    changed = bytearray(data)
    changed[at] ^= 1 << bit
    return bytes(changed)


def flips(out, name, count=FLIPPED_BITS):
    """COUNT places over a file, the first and last byte among them."""
    size = (out / name).stat().st_size
    for i in range(count):
        at = (size - 1) * i // (count - 1)
        yield at, (i * 5 + 3) % 8


def replace_by_link(path):
    aside = path.parent.parent / ("aside-" + path.name)
    path.rename(aside)
    path.symlink_to(aside)


def replace_by_folder(path):
    path.unlink()
    path.mkdir()


def replace_by_pipe(path):
    path.unlink()
    os.mkfifo(path)


def exchange(one, other):
    held = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(held)


def of_file(out, name, file, words="", also=FOLLOWS, target=RUN):
    """What can happen to any file that must be there."""
    size = (out / name).stat().st_size
    for at, bit in flips(out, name):
        yield Damage(f"{name}: bit {bit} of byte {at} flipped",
                     lambda o, at=at, bit=bit: write(
                         o / name, lambda data: flip(data, at, bit)),
                     file, words, also, target)
    for keep in sorted({0, 10, size // 2, size - 1}):
        yield Damage(f"{name}: cut to {keep} of {size} bytes",
                     lambda o, keep=keep: write(
                         o / name, lambda data: data[:keep]),
                     file, words, also, target)
    for what, do in (("missing", os.unlink), ("a link", replace_by_link),
                     ("a folder", replace_by_folder),
                     ("a pipe", replace_by_pipe)):
        yield Damage(f"{name}: {what}", lambda o, do=do: do(o / name), file,
                     r"missing|cannot be found|no regular file", also, target)


def of_packed(name, file, also=FOLLOWS, target=RUN):
    """What can happen to a gzip file beyond that."""
    for what, words, change in (
            ("a zero byte behind", "bytes after the gzip member",
             lambda data: data + b"\0"),
            ("text behind", "bytes after the gzip member",
             lambda data: data + b"garbage\n"),
            ("two members", "more than one gzip member",
             lambda data: data + data),
            ("an empty member behind", "more than one gzip member",
             lambda data: data + gzip.compress(b"")),
            ("empty content", "", lambda data: gzip.compress(b"")),
            ("not packed", "gzip data is damaged", gzip.decompress),
            ("packed anew", "SHA-256 of the file",
             lambda data: gzip.compress(gzip.decompress(data), 1)),
            ("packed twice", "", gzip.compress),
            ("a bomb", "more than the manifest says",
             lambda data: gzip.compress(gzip.decompress(data) * 1000))):
        yield Damage(f"{name}: {what}",
                     lambda o, change=change: write(o / name, change),
                     file, words, also, target)


# --- the manifest ----------------------------------------------------------

def edited(what, change, file, words="", also=FOLLOWS):
    """CHANGE(manifest), and done files that agree with what comes of it."""
    return Damage(f"manifest: {what}",
                  lambda out: edit_manifest(Run(out / RUN), change), file,
                  words, also)


def of_counts(index, path):
    """The numbers and hashes of a resource."""
    def change(key, value):
        def put(manifest):
            manifest["resources"][index][key] = value
        return put

    def step(key, by):
        def put(manifest):
            manifest["resources"][index][key] += by
        return put

    one = re.escape(path)
    for key, words in (("bytes", "bytes, the manifest says"),
                       ("x-rows", "rows, the manifest says"),
                       ("x-uncompressedBytes", "content|more than"),
                       ("x-maxRecordBytes", "longest line")):
        for by in (-1, 1, 10 ** 15):
            yield edited(f"{path}: {key} {by:+}", step(key, by), one, words)
        for bad in (-1, 1.5, "1", None, 2 ** 64):
            yield edited(f"{path}: {key} is {bad!r}", change(key, bad),
                         MANIFEST, rf"resources\[{index}\]\.{key}: ")
    for key, words in (("hash", "SHA-256 of the file"),
                       ("x-uncompressedHash", "SHA-256 of the content")):
        yield edited(f"{path}: {key}", change(key, sha256(b"")), one, words)
        for bad in ("", "sha256:", "md5:" + "0" * 32, sha256(b"").upper()):
            yield edited(f"{path}: {key} is {bad!r}", change(key, bad),
                         MANIFEST, rf"resources\[{index}\]\.{key}: ")
    for bad in ("../" + path, "/" + path, "./" + path, "a/" + path,
                "." + path, f"..%2f{path}", path + "/", "", "x" * 300 + ".gz",
                "manifest.json", f"../{RUN}/{path}"):
        yield edited(f"{path}: path is {bad[:40]!r}", change("path", bad),
                     MANIFEST, rf"resources\[{index}\]\.path: ")
    yield edited(f"{path}: path of no file", change("path", OTHER), OTHER,
                 "cannot be found", FOLLOWS + "|" + one)
    yield edited(f"{path}: another part number", step("x-part", 1), MANIFEST,
                 f"{one}: is part 2 where part 1 belongs")
    yield edited(f"{path}: another dataset", change("x-dataset", "ghost"),
                 MANIFEST, "ghost: parts of an unlisted dataset", ".*")
    yield edited(f"{path}: another format", change("format", "xml"), MANIFEST,
                 rf"resources\[{index}\]\.format: ")


def of_run():
    """What the manifest says of the whole run."""
    def facts(**members):
        return lambda manifest: manifest["x-rollcall"].update(members)

    for what, member, value in (
            ("verdict partial", "verdict", "partial"),
            ("no verdict", "verdict", None),
            ("another version", "manifestVersion", 2),
            ("a run id that leads out", "runId", "../" + RUN),
            ("a run id of nothing", "runId", ""),
            ("an as-of time that is none", "asOf", "yesterday"),
            ("another layout", "layout", "nested")):
        yield edited(what, facts(**{member: value}), MANIFEST,
                     rf"x-rollcall\.{member}: ")
    yield edited("another run id", facts(runId="20261124T020000Z"), MANIFEST,
                 "in a folder of another name than its run id")
    yield edited("another as-of time", facts(asOf="2026-11-24T02:00:00Z"),
                 r".*_20261124_.*\.done", "missing")

    def drop(manifest):
        manifest["x-rollcall"]["datasets"].pop()

    def twice(manifest):
        manifest["resources"].append(manifest["resources"][0])

    def renamed(manifest):
        manifest["x-rollcall"]["datasets"][0]["name"] = "ghost"

    def counted(manifest):
        manifest["x-rollcall"]["datasets"][0]["rows"] += 1
    yield edited("a dataset left out", drop, MANIFEST, "unlisted dataset",
                 ".*")
    yield edited("a dataset renamed", renamed, MANIFEST,
                 "ghost: dataset without a part", ".*")
    yield edited("rows of a dataset", counted, MANIFEST, "rows stated")
    yield edited("a resource twice", twice, MANIFEST,
                 "path: stands for two resources")
    yield edited("no resource", lambda m: m.update(resources=[]), MANIFEST,
                 "resources: ")
    yield edited("a resource that is none",
                 lambda m: m["resources"].append(7), MANIFEST, "resources")


def of_schema(csv_index):
    """What the manifest says of the columns of the dataset own."""
    def each(change):
        def put(manifest):
            for one in manifest["resources"]:
                if one["x-dataset"] == "own":
                    change(one["schema"])
        return put

    def alone(change):
        return lambda manifest: change(manifest["resources"][csv_index])
    both, one = r"own-\d+\.(csv|jsonl)\.gz", r"own-00001\.csv\.gz"

    def name(schema):
        schema["fields"][1]["name"] = "nom"
        schema["x-order"] = ["nom", "id"]
    yield edited("a column renamed", each(name), both,
                 "header|members than the manifest's fields")
    yield edited("columns exchanged",
                 each(lambda schema: schema["fields"].reverse()), both,
                 "header|members than the manifest's fields")
    yield edited("a column that holds numbers", each(
        lambda schema: schema["fields"][1].update(type="integer")), both,
        "row 1, column name: ")
    yield edited("a column of one character", each(
        lambda schema: schema["fields"][1].update(
            constraints={"required": True, "maxLength": 1})), both,
        "row 1, column name: is longer than allowed")
    yield edited("another order", each(
        lambda schema: schema.update({"x-order": ["id"]})), both,
        "row [0-9]+, column id: comes before the row above")
    yield edited("an order by no column", each(
        lambda schema: schema.update({"x-order": ["ghost"]})), MANIFEST,
        "order")
    yield edited("a key of no column", each(
        lambda schema: schema.update(primaryKey=["ghost"])), MANIFEST,
        "primaryKey")
    yield edited("the schema of a part alone", alone(
        lambda resource: resource["schema"]["fields"][0].update(
            type="integer")), one, "row 1, column id: ", ".*")
    yield edited("another delimiter", alone(
        lambda resource: resource["dialect"].update(delimiter=";")), one,
        "header")
    yield edited("no header", alone(
        lambda resource: resource["dialect"].update(header=False)), one)
    yield edited("another line end", alone(
        lambda resource: resource["dialect"].update(lineTerminator="\r\n")),
        one, "line 1 ends in another way")


def of_text():
    """What no JSON editor makes of a manifest."""
    for what, change in (
            ("no text", lambda data: b"null\n"),
            ("a list", lambda data: b"[" + data + b"]"),
            ("a byte order mark", lambda data: b"\xef\xbb\xbf" + data),
            ("text behind", lambda data: data + b"{}"),
            ("a NUL", lambda data: data + b"\0"),
            ("no UTF-8", lambda data: data.replace(b"rollcall", b"\xff", 1)),
            ("a comment", lambda data: b"// x\n" + data),
            ("another manifest's verdict", lambda data: data.replace(
                b'"complete"', b'"complexe"')),
            ("a blank more", lambda data: data + b" ")):
        yield Damage(f"manifest: {what}",
                     lambda out, change=change: write(
                         out / RUN / MANIFEST, change),
                     rf"{MANIFEST}|.*\.done")


def of_members():
    """Members that one reader of JSON takes and another does not."""
    for member in (b"bytes", b"verdict", b"runId", b"name"):
        def put(out, member=member):
            run = Run(out / RUN)
            text = (run.folder / MANIFEST).read_bytes()
            at = text.index(b'"' + member + b'": ')
            end = text.index(b",", at)
            edit_manifest(run, lambda manifest: None,
                          lambda data: data.replace(
                              text[at:end], text[at:end] + b', "' + member
                              + b'": 1', 1))
        yield Damage(f"manifest: {member.decode()} twice", put, MANIFEST,
                     "name twice", "nothing")


# --- rows ------------------------------------------------------------------

def of_rows(name, key, other):
    """Rows of a part forged; every size, hash and count is made to fit."""
    def forged(what, change, words, rows=0, file=re.escape(name), also=FOLLOWS):
        return Damage(f"{name}: {what}",
                      lambda out: rewrite(Run(out / RUN), name, change, rows),
                      file, words, also)

    def swap(lines):
        lines[2], lines[3] = lines[3], lines[2]

    def double(lines):
        lines.insert(3, lines[2])

    def rekey(lines):
        lines[4] = lines[4].replace(key(lines[4]), key(lines[2]))

    def cell(lines):
        lines[2] = lines[2].replace(b"known", b"maybe").replace(b"a", b"e", 1)

    def raw(lines):
        lines[2] = lines[2].replace(b"e", b"\xff", 1)

    def tail(lines):
        lines[-1] = lines[-1][:-1]

    def crlf(lines):
        lines[2] = lines[2][:-1] + b"\r\n"

    def widen(lines):
        lines[2] = (lines[2][:-2] + b',"x":1}\n' if lines[2][:1] == b"{"
                    else lines[2][:-1] + b",x\n")

    def blank(lines):
        lines.insert(2, b"\n")
    yield forged("two rows exchanged", swap, r"row [0-9]+.*(order|key)")
    yield forged("a row twice", double, r"row [0-9]+.*(order|key)", rows=1)
    yield forged("a key of another row", rekey, r"row [0-9]+.*(order|key)")
    yield forged("a row less", lambda lines: lines.pop(), "same rows", -1,
                 MANIFEST)
    yield forged("a row less, counted as before",
                 lambda lines: lines.pop(), "rows, the manifest says")
    yield forged(f"a cell unlike the {other}", cell, "", 0,
                 f"{MANIFEST}|{re.escape(name)}")
    yield forged("bytes that are no UTF-8", raw, "UTF-8")
    yield forged("a last line without end", tail, "last line has no end")
    yield forged("another line end", crlf, "")
    yield forged("a cell too much", widen, "cells|members")
    yield forged("a blank line", blank, "row|line", rows=1)


def of_header(name):
    def forged(what, change, words="header", rows=0):
        return Damage(f"{name}: {what}",
                      lambda out: rewrite(Run(out / RUN), name, change, rows),
                      re.escape(name), words)
    yield forged("a header of another name", lambda lines: lines.__setitem__(
        0, b"x" + lines[0]))
    yield forged("no header", lambda lines: lines.pop(0))
    yield forged("two headers", lambda lines: lines.insert(0, lines[0]), "",
                 1)
    yield forged("nothing but a header", lambda lines: lines.__delitem__(
        slice(1, None)), "rows, the manifest says")


# --- folders ---------------------------------------------------------------

def of_strays(folder, file="", target=RUN):
    """What nobody listed, in a folder of the run."""
    for name in (OTHER, ".hidden", "manifest.json~", "inactive_users.csv.gz",
                 "core", "a folder", "a link"):
        def put(out, name=name):
            path = out / folder / name
            if name == "a folder":
                path.mkdir()
            elif name == "a link":
                path.symlink_to(MANIFEST)
            else:
                path.write_bytes(b"")
        yield Damage(f"{folder}: {name} besides", put,
                     re.escape(file + name), "is not in the manifest",
                     "nothing", target)


def of_swaps(one, other):
    names = f"{re.escape(one)}|{re.escape(other)}"
    yield Damage(f"{one}, {other}: swapped",
                 lambda out: exchange(out / RUN / one, out / RUN / other),
                 names, "SHA-256 of the file")

    def refit(out):
        exchange(out / RUN / one, out / RUN / other)

        def change(manifest):
            a, b = [resource for resource in manifest["resources"]
                    if resource["path"] in (one, other)]
            for key in ("bytes", "hash", "x-rows", "x-uncompressedBytes",
                        "x-uncompressedHash", "x-maxRecordBytes"):
                a[key], b[key] = b[key], a[key]
        edit_manifest(Run(out / RUN), change)
    yield Damage(f"{one}, {other}: swapped, and the manifest made to fit",
                 refit, names + "|" + MANIFEST, "order|same rows")

    def lose(out):
        (out / RUN / other).unlink()

        def change(manifest):
            manifest["resources"] = [one for one in manifest["resources"]
                                     if one["path"] != other]
        edit_manifest(Run(out / RUN), change)
    yield Damage(f"{other}: left out of folder and manifest", lose, MANIFEST,
                 "rows stated|same rows|part")


def of_done(out):
    """The done files, and one that is of no dataset."""
    names = sorted(path.name for path in out.glob("*.done"))
    for name in names:
        yield from of_file(out, name, re.escape(name), also="nothing")
        for what, member, value in (("rows", "rows", 7),
                                    ("no rows", "rows", None),
                                    ("another run", "runId", "x"),
                                    ("another dataset", "dataset", "x"),
                                    ("another manifest", "manifestSha256",
                                     "0" * 64)):
            def put(o, name=name, member=member, value=value):
                told = json.loads((o / name).read_text())
                told[member] = value
                (o / name).write_text(json.dumps(told))
            yield Damage(f"{name}: {what}", put, re.escape(name),
                         "another", "nothing")
    yield Damage("done files: swapped",
                 lambda o: exchange(o / names[0], o / names[1]),
                 re.escape(names[0]), "another run or dataset",
                 re.escape(names[1]))
    ghost = names[0].replace("inactive_users", "ghost")
    yield Damage(f"{ghost}: of no dataset",
                 lambda o: shutil.copy(o / names[0], o / ghost),
                 re.escape(ghost), "dataset", "nothing")


def of_redshift(out):
    """The lists of several parts for COPY."""
    for name in sorted(path.name for path in
                       out.glob("inactive_users_*.manifest")):
        file = re.escape(name)
        for keep in (0, 1, 100):
            yield Damage(f"{name}: cut to {keep} bytes",
                         lambda o, name=name, keep=keep: write(
                             o / name, lambda data: data[:keep]), file, "",
                         "nothing")
        for what, do in (("a link", replace_by_link),
                         ("a pipe", replace_by_pipe)):
            yield Damage(f"{name}: {what}",
                         lambda o, name=name, do=do: do(o / name), file,
                         "no regular file", "nothing")

        def edited(what, change, name=name, file=file):
            def put(o):
                told = json.loads((o / name).read_text())
                change(told["entries"])
                (o / name).write_text(json.dumps(told))
            return Damage(f"{name}: {what}", put, file,
                          "does not name the parts", "nothing")

        def swap(entries):
            entries.append(entries.pop(0))
        yield edited("a part less", lambda entries: entries.pop())
        yield edited("a part twice",
                     lambda entries: entries.append(entries[0]))
        yield edited("nothing", lambda entries: entries.clear())
        yield edited("no object", lambda entries: entries.append(7))
        yield edited("another length", lambda entries: entries[0]["meta"]
                     .update(content_length=1))
        yield edited("not mandatory", lambda entries: entries[0].update(
            mandatory=False))
        yield edited("another run", lambda entries: entries[0].update(
            url=entries[0]["url"].replace(RUN, "20261122T020000Z")))
        yield edited("another part", lambda entries: entries[0].update(
            url=entries[0]["url"] + ".gz"))
        yield edited("a part elsewhere", lambda entries: entries[-1].update(
            url=entries[-1]["url"].replace("s3://", "s3://x")))
        yield edited("another order", swap)


def of_hive(out, dataset, target):
    """A Hive folder: beside its run, or copied out when TARGET is its name."""
    folder = f"dataset={dataset}/dt=2026-11-23/run={RUN}"
    alone = target.startswith("alone")
    prefix = "" if alone else folder + "/"
    own = target if alone else folder
    for form in ("csv", "jsonl"):
        name = f"{dataset}-00001.{form}.gz"
        file = re.escape(prefix + name)
        also = HIVE_MANIFEST if alone else "nothing"
        yield from of_file(out, f"{own}/{name}", file, "", also, target)
        yield Damage(f"{own}/{name}: packed anew",
                     lambda o, name=name: write(
                         o / own / name, lambda data: gzip.compress(
                             gzip.decompress(data), 1)),
                     file, "", also, target)
    for what, do in (("missing", os.unlink), ("a link", replace_by_link),
                     ("a folder", replace_by_folder),
                     ("a pipe", replace_by_pipe),
                     ("not empty", lambda path: path.write_text("x"))):
        yield Damage(f"{own}/_SUCCESS: {what}",
                     lambda o, do=do: do(o / own / "_SUCCESS"),
                     re.escape(prefix + "_SUCCESS"), "missing|no empty file",
                     "nothing", target)
    yield from of_strays(own, prefix, target)
    file = re.escape(prefix + HIVE_MANIFEST)
    if alone:
        for keep in (0, 1, 1000):
            yield Damage(f"{own}/{HIVE_MANIFEST}: cut to {keep}",
                         lambda o, keep=keep: write(
                             o / own / HIVE_MANIFEST,
                             lambda data: data[:keep]),
                         file, "", "nothing", target)
        for what, do in (("missing", os.unlink), ("a link", replace_by_link),
                         ("a pipe", replace_by_pipe)):
            yield Damage(f"{own}/{HIVE_MANIFEST}: {what}",
                         lambda o, do=do: do(o / own / HIVE_MANIFEST),
                         file, "missing|no regular file", "nothing", target)
        return
    yield from of_file(out, f"{own}/{HIVE_MANIFEST}", file, "", "nothing",
                       target)
    yield Damage(f"{own}: missing", lambda o: shutil.rmtree(o / own),
                 re.escape(folder) + "/?", "cannot be opened", "nothing",
                 target)


def of_manifest_file(out):
    for at, bit in flips(out, f"{RUN}/{MANIFEST}", 40):
        yield Damage(f"{MANIFEST}: bit {bit} of byte {at} flipped",
                     lambda o, at=at, bit=bit: write(
                         o / RUN / MANIFEST, lambda data: flip(data, at, bit)),
                     rf"{MANIFEST}|.*\.done", "", ".*")
    for what, do in (("missing", os.unlink), ("a link", replace_by_link),
                     ("a folder", replace_by_folder),
                     ("a pipe", replace_by_pipe)):
        yield Damage(f"{MANIFEST}: {what}",
                     lambda o, do=do: do(o / RUN / MANIFEST), MANIFEST,
                     "missing|no regular file", "nothing")
