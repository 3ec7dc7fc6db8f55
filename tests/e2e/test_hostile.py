"""Answers that are made to hurt: each ends in a clean error within bounds, or
does no harm at all."""
import unittest

import area
from hostile import Case, answer, head, no_memory_in_it, page, zipped

MIB = 1 << 20
GIB = 1 << 30
SMALL = 40      # MiB of a run that keeps nothing
BODY = 180      # one body of HTTP_BODY_MAX, while it grows
PARSED = 120    # a body, its copy, and JSON_VALUES_MAX nodes
CHUNKED = "Transfer-Encoding: chunked"
PACKED = "Content-Encoding: gzip"


def forever(first, more):
    """Until the other side hangs up, which ends the thread."""
    def say(stream, _):
        stream.sendall(first)
        while True:
            stream.sendall(more)
    return say


def once(data):
    """The same bytes for every page."""
    return lambda stream, _: stream.sendall(data)


def spoil(change):
    """What CHANGE makes of a page."""
    return lambda stream, target: stream.sendall(change(page(target)))


def bomb(first, more, times, last):
    return once(answer(zipped(first, more, times, last), PACKED))


def setUpModule():
    area.count("hostile answers")


class Hostile(Case):
    def refused_at(self, say, code, words, mib=SMALL, **limits):
        """The run ends so, and has asked a handful of times at most."""
        server = self.server(say)
        run = self.run_at(server, limits=limits)
        self.assert_refused(run, code, "jira_users", words)
        self.assert_peak(run, mib)
        self.assertLessEqual(len(server.asked()), 4)

    def each(self, cases, **limits):
        for name, case in cases.items():
            with self.subTest(name):
                self.refused_at(*case, **limits)


class Endless(Hostile):
    def test_heads_and_framing(self):
        chunked = head(CHUNKED)
        self.each({
            "a header": (forever(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 65536),
                         69, "header line too long"),
            "headers": (forever(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 1000),
                        65, "headers above their ceiling"),
            "interim answers": (
                forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
                65, "headers above their ceiling"),
            "the length of a chunk": (forever(chunked, b"0" * 65536),
                                      69, "connection broken off"),
            "trailers": (forever(chunked + b"2\r\n[]\r\n0\r\n",
                                 b"X: y\r\n" * 1000),
                         65, "headers above their ceiling")})

    @no_memory_in_it
    def test_bodies(self):
        ceiling = 65, "body above its ceiling", BODY
        self.each({
            "blanks": (forever(head(), b" " * MIB), *ceiling),
            "a string of a gibibyte": (
                forever(head(f"Content-Length: {GIB}") + b'[{"accountId": "',
                        b"x" * MIB), *ceiling),
            "chunks": (forever(head(CHUNKED), b"100000\r\n" + b" " * MIB +
                               b"\r\n"), *ceiling),
            "behind compression": (
                bomb(b'[{"accountId": "', b"x" * MIB, 100, b'"}]'),
                *ceiling)})

    @no_memory_in_it
    def test_the_time_of_the_run_ends_what_costs_no_memory(self):
        server = self.server(forever(head(CHUNKED) + b"1;x=", b"x" * 1000))
        run = self.run_at(server, limits={"run_for": "1s"})
        self.assert_refused(run, 75, "limits.run_for")
        self.assert_peak(run, SMALL)

    @no_memory_in_it
    def test_a_byte_now_and_then(self):
        def say(stream, target):
            stream.settimeout(0.05)
            for byte in answer(page(target)):
                stream.sendall(bytes([byte]))
                try:
                    if not stream.recv(1):
                        return
                except TimeoutError:
                    pass
        run = self.run_at(self.server(say), limits={"run_for": "1s"})
        self.assert_refused(run, 75, "limits.run_for")


@no_memory_in_it
class Bombs(Hostile):
    """Small on the wire, below the ceiling of a body, large in memory."""

    def test_fifty_megabytes_of_nothing(self):
        server = self.server(bomb(b"[", b" " * MIB, 50, b"]"))
        run = self.run_at(server)
        self.assert_refused(run, 65, "guard min_users")
        self.assert_peak(run, BODY)

    def test_values(self):
        self.refused_at(bomb(b"[", b"0," * MIB, 5, b"0]"),
                        65, "more than 2097152 values", PARSED)

    def test_texts_that_grow_when_repaired(self):
        self.refused_at(bomb(b"[", b'"\\ud800",' * MIB, 1, b"0]"),
                        65, "rows refused", PARSED)


class Framing(Hostile):
    def test_lengths(self):
        cut = 69, "answer cut short"
        none = 69, "no HTTP answer"
        self.each({
            "too long": (spoil(lambda p: answer(p, length=len(p) + 7)), *cut),
            "too short": (spoil(lambda p: answer(p, length=len(p) - 7)),
                          *cut),
            "negative": (spoil(lambda p: answer(p, length=-5)), *none),
            "no number": (spoil(lambda p: answer(p, length="all")), *none),
            "two": (spoil(lambda p: answer(p, "Content-Length: 3")), *cut),
            "both": (spoil(lambda p: answer(p, CHUNKED)),
                     69, "connection broken off")})

    def test_chunks(self):
        broken = 69, "connection broken off"
        chunked = head(CHUNKED)
        self.each({
            "no number": (spoil(lambda p: chunked + b"zz\r\n" + p), *broken),
            "the largest": (spoil(lambda p: chunked + b"f" * 16 + b"\r\n" +
                                  p), *broken),
            "above it": (spoil(lambda p: chunked + b"f" * 40 + b"\r\n" + p),
                         *broken),
            "negative": (spoil(lambda p: chunked + b"-1\r\n" + p), *broken),
            "no last one": (spoil(lambda p: chunked + b"%x\r\n" % len(p) +
                                  p + b"\r\n"), 69, "answer cut short")})

    def test_compression(self):
        damaged = 69, "damaged compression"
        self.each({
            "thirty times": (spoil(lambda p: answer(
                p, "Content-Encoding: " + "gzip, " * 30)), *damaged),
            "of no known kind": (spoil(lambda p: answer(
                p, "Content-Encoding: rot13")), *damaged),
            "said, not done": (spoil(lambda p: answer(p, PACKED)), *damaged),
            "cut": (spoil(lambda p: answer(zipped(p)[:-40], PACKED)),
                    69, "answer cut short")})

    def test_what_is_no_http_1(self):
        none = 69, "no HTTP answer"
        self.each({
            "no head at all": (spoil(lambda p: p), *none),
            "another version": (spoil(lambda p: answer(p).replace(
                b"HTTP/1.1", b"HTTP/7.3")), *none),
            "a status of four digits": (spoil(lambda p: answer(
                p, status="2000 OK")), *none),
            "a NUL": (spoil(lambda p: answer(p, "X: \0")), *none),
            "another protocol": (spoil(lambda p: answer(
                p, "Upgrade: h2c", status="101 Switching Protocols")),
                65, "answered 101")})

    def test_a_second_answer_behind_the_first_is_nobodys(self):
        forged = answer(b'[{"accountId": "forged", "active": false}]')

        def say(stream, target):
            stream.sendall(answer(page(target)) + forged)
            return True
        self.assert_all_there(self.run_at(self.server(say)))

    def test_http_1_0(self):
        old = head(version="HTTP/1.0 200 OK")
        server = self.server(spoil(lambda p: old + p))
        self.assert_all_there(self.run_at(server))
        for keep in (-1, -20, 0):
            with self.subTest(keep):
                self.refused_at(spoil(lambda p, to=keep: old + p[:to]),
                                69, "answer cut short")


class Json(Hostile):
    def test_shapes(self):
        deep = 65, "nested deeper than 200 levels"
        twice = 65, "an object ends here that has a name twice"
        user = b'{"accountId":"a","active":true,%s}'
        self.each({
            "arrays": (once(answer(b"[" * 100000 + b"]" * 100000)), *deep),
            "objects": (once(answer(b'{"a":' * 100000 + b"0" +
                                    b"}" * 100000)), *deep),
            "an id twice": (once(answer(b"[" + user % b'"accountId":"b"' +
                                        b"]")), *twice)})

    def test_a_name_twice_where_nobody_looks(self):
        """As with all that no rule follows: it is JSON, and it is left."""
        server = self.server(spoil(lambda p: answer(p.replace(
            b'"active"', b'"urls": {"x": 1, "x": 2}, "active"'))))
        self.assert_all_there(self.run_at(server))

    def test_a_name_may_stand_in_every_object(self):
        server = self.server(spoil(lambda p: answer(p.replace(
            b'"active"', b'"urls": {"active": 1}, "active"'))))
        self.assert_all_there(self.run_at(server))


if __name__ == "__main__":
    unittest.main()
