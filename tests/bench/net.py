"""rollcall over a network that takes its time: make bench-net.

The fake site answers each request after LATENCY_MS; its pages are made before
anything is measured, so that it costs next to nothing. Ideal is requests x
latency / requests at once. BENCH and BENCH_FOLDER as in bench.py; one run
each, a few minutes in all.
"""
import json
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

import front
import measure
import recorded
import slots
import table
from recorded import harness

LATENCY_MS = 200
SMALL = "small"  # for what waits long
RATE = 15
THROTTLE = {"per_second": 5, "retry_after": 2}
IN_FLIGHT_MS = 300  # a request may be on its way when the site says wait
HEAD = ("", "at once", "requests", "wall s", "ideal s", "wall ÷ ideal",
        "CPU s", "peak MiB", "connections", "")


class Run:
    """One extract from an empty folder."""

    def __init__(self, site, url, at_once, limits=None, **endpoint):
        with tempfile.TemporaryDirectory(prefix="rollcall-net-") as folder:
            seen = len(site.requests())
            job = harness.make_job(
                folder, url, limits={"concurrency": at_once, **(limits or {})},
                endpoints={"jira": endpoint})
            self.figures = measure.run(
                [harness.binary("rollcall"), "extract", "-c", job, "--quiet",
                 "--as-of", recorded.AS_OF], Path(folder) / "figures.json",
                cwd=folder, env={
                    harness.TOKEN_VARIABLE: harness.TOKEN,
                    "ROLLCALL_MAPPINGS": str(recorded.ROOT / "mappings")})
            self.requests = site.requests()[seen:]
        self.at_once = at_once

    def ideal(self):
        return len(self.requests) * LATENCY_MS / 1000 / self.at_once

    def idle(self):
        return slots.words(slots.idle(self.requests, self.at_once,
                                      self.figures.wall))

    def row(self, name, connections="", remark="", ideal=None):
        ideal = ideal or self.ideal()
        return (name, self.at_once, len(self.requests),
                f"{self.figures.wall:.2f}", f"{ideal:.2f}",
                f"{self.figures.wall / ideal:.3f}", f"{self.figures.cpu:.2f}",
                f"{self.figures.peak:.0f}", connections, remark)


class Net:
    def __init__(self, size):
        self.size = size
        self.rows = []

    def site(self, size=None, **scenario):
        return harness.FakeSite(
            generate=recorded.spec(size or self.size),
            scenario={"latency_ms": LATENCY_MS, "keep": True, **scenario})

    def add(self, row):
        self.rows.append(row)
        print("  ".join(map(str, row)), file=sys.stderr, flush=True)

    def pages(self, name, site):
        for at_once in (8, 32):
            run = Run(site, site.url, at_once)
            self.add(run.row(name, remark=run.idle()))

    def encodings(self):
        with self.site(plain=True) as site:
            Run(site, site.url, 32)  # makes the pages
            self.pages("plain pages", site)
        with self.site() as site:
            Run(site, site.url, 32)
            self.pages("gzip", site)
            self.fronts(site)

    def rate(self):
        with self.site(SMALL) as site:
            Run(site, site.url, 32)
            run = Run(site, site.url, 8, {"rate": {"jira": f"{RATE}/s"}})
        most = max(Counter(request["at"] // 1000
                           for request in run.requests).values())
        self.add(run.row(f"gzip, {SMALL}, rate {RATE}/s",
                         ideal=len(run.requests) / RATE,
                         remark=f"at most {most} in a second"))

    def fronts(self, site):
        if front.program() is None:
            print("nginx is not installed: left out", file=sys.stderr)
            return
        for http2 in (False, True):
            with tempfile.TemporaryDirectory() as folder, \
                    front.Front(folder, site.url, http2) as nginx:
                for at_once in (8, 32):
                    nginx.forget()
                    run = Run(site, nginx.url, at_once,
                              ca_file=str(nginx.ca_file))
                    count, protocols = nginx.connections()
                    self.add(run.row("TLS, " + " ".join(sorted(protocols)),
                                     connections=count))

    def throttled(self):
        """From half-way on the site takes fewer than would come."""
        with self.site(SMALL) as site:
            half = len(Run(site, site.url, 32).requests) // 2
        with self.site(SMALL, limit={**THROTTLE, "after": half}) as site:
            run = Run(site, site.url, 8)
        waits = Waits(run.requests)
        free = half * LATENCY_MS / 1000 / run.at_once
        ideal = free + (len(run.requests) - waits.refused - half
                        ) / THROTTLE["per_second"]
        lost = run.figures.wall - waits.seconds() - run.ideal()
        self.add(run.row(
            f"gzip, {SMALL}, {THROTTLE['per_second']}/s allowed from half-way",
            ideal=ideal, remark=f"{waits.refused} × 429; {waits.early} asked "
            f"again too early; {waits.others} others sent while one waits; "
            f"{waits.seconds():.1f} s of waits, {lost:.1f} s beyond them"))


class Waits:
    """What the site's log says of those it sent away."""

    def __init__(self, requests):
        self.spans = []
        self.refused = self.early = self.others = 0
        until = {}
        for request in sorted(requests, key=lambda row: row["at"]):
            name = json.dumps([request["path"], request["query"]])
            self.early += request["at"] < until.get(name, 0)
            self.others += any(start + IN_FLIGHT_MS < request["at"] < end
                               for start, end in self.spans[-16:])
            if request["status"] == 429:
                start = request["at"] + request["ms"]
                end = start + 1000 * THROTTLE["retry_after"]
                until[name] = end
                self.spans.append((start, end))
                self.refused += 1

    def seconds(self):
        """During which at least one request was told to wait."""
        total, reached = 0, 0
        for start, end in sorted(self.spans):
            total += max(0, end - max(start, reached))
            reached = max(reached, end)
        return total / 1000


def main():
    size = os.environ.get("BENCH") or "medium"
    folder = Path(os.environ.get("BENCH_FOLDER") or "build/bench")
    if size not in recorded.SIZES:
        sys.exit(f"BENCH is one of {', '.join(recorded.SIZES)}")
    folder.mkdir(parents=True, exist_ok=True)
    net = Net(size)
    net.encodings()
    net.rate()
    net.throttled()
    title = f"{recorded.spec(size)}; {LATENCY_MS} ms before every answer"
    text = f"{title}\n\n{table.plain(HEAD, net.rows)}"
    (folder / "net.txt").write_text(text)
    (folder / "net.md").write_text(
        f"{title}\n\n{table.markdown(HEAD, net.rows)}")
    print(text)


if __name__ == "__main__":
    main()
