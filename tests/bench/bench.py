"""rollcall against its peers on the same pages: make bench.

BENCH=tiny|small|medium|large|many (default medium), BENCH_RUNS=N (default 5),
BENCH_PEERS="duckdb node.js python jq" (default: all; "none": rollcall alone),
BENCH_FOLDER (default build/bench). Each counted run of a peer comes right
after one of rollcall, and ratios are taken pair by pair: the machine may be
shared, and what is next to each other sees the same neighbours.
"""
import os
import platform
import statistics
import sys
import tempfile
from collections import namedtuple
from pathlib import Path

import answers
import chart
import contenders
import measure
import recorded
import startup
import table
from recorded import request_counts

Pair = namedtuple("Pair", "own other")
REQUESTS = ("mapping", "asks of", "fewest", "asked", "above")
HEAD = ("", "wall s", "min–max", "CPU s", "peak MiB", "wall ×", "CPU ×",
        "memory ×")
NOTE = ("× is the median of the ratios to the rollcall run beside it; the peak"
        " of a pipeline is that of its largest process. rollcall writes all"
        " columns as CSV and JSONL with the manifest, the others five"
        " columns as CSV.")


class Bench:
    def __init__(self, folder, size, runs):
        self.folder, self.runs = Path(folder).resolve(), runs
        self.site = recorded.Recorded(self.folder, size)
        self.node = self.folder / "node"
        self.rollcall = contenders.Rollcall(self.site)

    def once(self, contender):
        contender.prepare()
        return measure.run(contender.command(), self.folder / "figures.json",
                           cwd=self.site.folder, env=contender.env())

    def make_site(self):
        """A recording that this rollcall asks other pages of is made anew."""
        if self.site.ready():
            try:
                self.once(self.rollcall)
                return
            except RuntimeError as error:
                say(f"the recording does not fit: {error}")
        say(f"recording {recorded.spec(self.site.size)}")
        self.site.make()
        self.once(self.rollcall)

    def peers(self):
        """Those that are there and answer what rollcall answers."""
        wanted = answers.rows(self.site.published())
        able = []
        for peer in contenders.peers(self.site, self.node):
            if not named(peer):
                continue
            if peer.missing():
                say(f"{peer.name}: left out: {peer.missing()}")
                continue
            self.once(peer)
            found = answers.differences(wanted, answers.rows(peer.answer()))
            if found:
                sys.exit(f"{peer.name} answers otherwise (rollcall / "
                         f"{peer.name}):\n  " + "\n  ".join(found))
            able.append(peer)
            say(f"{peer.name}: {len(wanted)} rows, all equal")
        return able

    def pairs(self, peers):
        """{peer's name: [Pair]}; without peers rollcall's runs beside
        themselves."""
        found = {peer.name: [] for peer in peers}
        for run in range(self.runs):
            for peer in peers:
                found[peer.name].append(
                    Pair(self.once(self.rollcall), self.once(peer)))
            say(f"run {run + 1} of {self.runs}")
        return found or self.alone()

    def alone(self):
        runs = [self.once(self.rollcall) for _ in range(self.runs)]
        return {"rollcall": [Pair(run, run) for run in runs]}


def named(peer):
    """Whether BENCH_PEERS asks for it."""
    asked = os.environ.get("BENCH_PEERS", "").lower().split()
    return not asked or peer.name.lower().split()[0] in asked


def say(words):
    print(words, file=sys.stderr, flush=True)


def median(figures, part):
    return statistics.median(getattr(each, part) for each in figures)


def ratio(pairs, part):
    return statistics.median(getattr(pair.other, part) / getattr(pair.own, part)
                             for pair in pairs)


def row(name, figures, ratios):
    walls = [each.wall for each in figures]
    return (name, f"{median(figures, 'wall'):.2f}",
            f"{min(walls):.2f}–{max(walls):.2f}",
            f"{median(figures, 'cpu'):.2f}", f"{median(figures, 'peak'):.0f}",
            *(f"{value:.1f}" for value in ratios))


def others(pairs):
    return {name: each for name, each in pairs.items() if name != "rollcall"}


def tabulate(pairs):
    own = [pair.own for each in pairs.values() for pair in each]
    rows = [row("rollcall", own, (1, 1, 1))]
    for name, each in others(pairs).items():
        rows.append(row(name, [pair.other for pair in each],
                        [ratio(each, part) for part in measure.Figures._fields]))
    return rows


def draw(site, pairs):
    panels = []
    for title, part, unit in (("Wall time", "wall", "s"),
                              ("CPU time", "cpu", "s"),
                              ("Peak memory", "peak", "MiB")):
        own = median([pair.own for each in pairs.values() for pair in each],
                     part)
        bars = [(1.0, f"{own:.3g} {unit}")]
        bars += [(ratio(each, part), f"{ratio(each, part):.1f}×")
                 for each in others(pairs).values()]
        panels.append((title, bars))
    return chart.draw(
        f"Inactive users and their last change: {subject(site)}",
        "Ratios to rollcall, which publishes CSV, JSONL and manifest; "
        "the others write one CSV of five columns.",
        ["rollcall", *others(pairs)], panels)


def subject(site):
    words = dict(part.split("=") for part in
                 recorded.spec(site.size).split(","))
    return (f"{int(words['users']):,} accounts, {int(words['records']):,} "
            f"records, {site.megabytes():,.0f} MB of pages")


def requests():
    """What the shipped mappings ask, beside the fewest possible."""
    with tempfile.TemporaryDirectory() as folder:
        counts = request_counts.measure(Path(folder))
    return [(count.mapping, count.kind, count.floor, count.asked,
             count.asked - count.floor) for count in counts]


def report(bench, pairs):
    rows = tabulate(pairs)
    title = (f"{subject(bench.site)}; median of {bench.runs} runs, "
             f"{platform.machine()}, {os.cpu_count()} cores")
    start, asked = startup.sentence(), requests()
    texts = {}
    for form, draw_table in (("md", table.markdown), ("txt", table.plain)):
        texts[form] = "\n".join((
            title, "", draw_table(HEAD, rows), NOTE, "", start, "",
            f"Requests, on a site of {request_counts.SPEC}:", "",
            draw_table(REQUESTS, asked)))
        (bench.folder / f"{bench.site.size}.{form}").write_text(texts[form])
    (bench.folder / f"{bench.site.size}.svg").write_text(
        draw(bench.site, pairs))
    print(texts["txt"])


def main():
    size = os.environ.get("BENCH") or "medium"
    runs = os.environ.get("BENCH_RUNS") or "5"
    if size not in recorded.SIZES or not runs.isdigit() or int(runs) < 1:
        sys.exit(f"BENCH is one of {', '.join(recorded.SIZES)}; "
                 "BENCH_RUNS a number")
    bench = Bench(os.environ.get("BENCH_FOLDER") or "build/bench", size,
                  int(runs))
    bench.folder.mkdir(parents=True, exist_ok=True)
    if named(contenders.peers(bench.site, bench.node)[0]):
        contenders.install_duckdb(bench.node)
    bench.make_site()
    report(bench, bench.pairs(bench.peers()))


if __name__ == "__main__":
    main()
