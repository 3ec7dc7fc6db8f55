"""A terminal for rollcall: a pty, and what its screen shows at the end.

Screen knows the few escapes that are allowed, wraps lines as terminals do, and
raises for anything else, so what it reads is all that rollcall may write.
"""
import codecs
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

import harness

TOKEN = re.compile(r"\x1b\[(\d*)(;\d+)*([A-Za-z])|([\r\n])|([^\x00-\x1f\x7f])")
READ_SECONDS = 60


class Screen:
    """Rows of a terminal WIDTH wide that scrolls without end."""

    def __init__(self, width):
        self.width = width
        self.rows, self.row, self.column = [[]], 0, 0
        self.wrapped = set()  # rows that go on with the one above
        self.colors = 0

    def resize(self, width):
        """As xterm does: what is too long is cut, nothing is wrapped anew."""
        self.width = width
        self.rows = [row[:width] for row in self.rows]
        self.column = min(self.column, width - 1)

    def feed(self, text):
        at = 0
        while at < len(text):
            found = TOKEN.match(text, at)
            if found is None:
                raise ValueError(f"not for a terminal: {text[at:at + 12]!r}")
            at = found.end()
            if found[5]:
                self.put(found[5])
            elif found[4]:
                self.column = 0
                if found[4] == "\n":
                    self.down()
            else:
                self.control(found[3], int(found[1] or 0))

    def down(self):
        self.row += 1
        self.wrapped.discard(self.row)
        if self.row == len(self.rows):
            self.rows.append([])

    def put(self, character):
        if self.column == self.width:
            self.column = 0
            self.down()
            self.wrapped.add(self.row)
        row = self.rows[self.row]
        row.extend(" " * (self.column + 1 - len(row)))
        row[self.column] = character
        self.column += 1

    def control(self, letter, number):
        if letter == "A":
            self.row -= number
            if self.row < 0:
                raise ValueError("above the first row")
        elif letter == "K" and number == 0:
            del self.rows[self.row][self.column:]
        elif letter == "J" and number == 0:
            del self.rows[self.row][self.column:]
            del self.rows[self.row + 1:]
        elif letter == "m":
            self.colors = number
        else:
            raise ValueError(f"escape {letter!r} {number}")

    def lines(self):
        return ["".join(row).rstrip() for row in self.rows]

    def text(self):
        """Lines as they were written, wherever they were wrapped."""
        text = ""
        for number, row in enumerate(self.rows):
            text += ("" if number in self.wrapped else "\n") + "".join(row)
        return text.strip("\n")


class Session:
    """rollcall with stderr on a terminal; every read is kept with its time.

    before: a command that starts rollcall, which is appended, with the
    terminal as its stdin. steps: [(predicate on the text so far, action on the session)], each done
    once, in their order. The screen follows resizes.
    """

    def __init__(self, args, cwd, size=(100, 30), steps=(), env=None,
                 before=()):
        self.chunks, self.raw = [], ""
        self.screen = Screen(size[0])
        self.frames = []
        self.master, slave = pty.openpty()
        self.resize_terminal(*size)
        full = {**os.environ, harness.TOKEN_VARIABLE: harness.TOKEN,
                "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings"),
                "TERM": "xterm", "LANG": "C.UTF-8", **(env or {})}
        for name in ("CI", "LC_ALL", "LC_CTYPE", "NO_COLOR"):
            if name not in (env or {}):
                full.pop(name, None)
        with subprocess.Popen([*before, harness.binary("rollcall"),
                               *map(str, args)], cwd=cwd, env=full,
                              stdin=slave if before else subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=slave,
                              text=True) as self.process:
            os.close(slave)
            self.follow(list(steps))
            self.stdout = self.process.stdout.read()
        self.code = self.process.returncode
        os.close(self.master)

    def resize_terminal(self, width, height):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ,
                    struct.pack("HHHH", height, width, 0, 0))

    def resize(self, width, height=30):
        self.resize_terminal(width, height)
        self.screen.resize(width)

    def follow(self, steps):
        decoder = codecs.getincrementaldecoder("utf-8")()
        end = time.monotonic() + READ_SECONDS
        while time.monotonic() < end:
            if not select.select([self.master], [], [], 1)[0]:
                continue
            try:
                data = os.read(self.master, 65536)
            except OSError:  # the other end is closed
                return
            if not data:
                return
            self.take(decoder.decode(data))
            if steps and steps[0][0](self):
                steps.pop(0)[1](self)
        self.process.kill()
        raise TimeoutError(self.raw[-2000:])

    def take(self, text):
        self.chunks.append((time.monotonic(), text))
        self.raw += text
        self.screen.feed(text)
        self.frames.append(self.screen.lines())
