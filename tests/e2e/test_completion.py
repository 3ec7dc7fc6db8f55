"""Completion in the shells themselves, and the manual pages by mandoc."""
import os
import pty
import re
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import harness

# What is typed, and a word that it is completed to (or offered).
TYPED = (
    ("rollcall pl", "plan"),
    ("rollcall extract --fu", "--full"),
    ("rollcall extract --force --as", "--as-of"),
    ("rollcall cat x --format js", "jsonl"),
    ("rollcall schema --format postg", "postgres"),
    ("rollcall plan --color nev", "never"),
    ("rollcall plan --mapping idl", "idle_users"),
    ("rollcall plan --mapping mine", "mine_own"),
    ("rollcall plan --job nigh", "nightly.json"),
    ("rollcall plan -c nigh", "nightly.json"),
    ("rollcall verify publis", "published/"),
    ("rollcall deactivate --via directo", "directory"),
    ("rollcall completion zs", "zsh"),
    ("rollcall init --access oauth_r", "oauth_refresh"),
    ("rollcall help exi", "exit-codes"),
)
HOSTILE = "$(touch hostile).json"
SHELL_SECONDS = 20


def setUpModule():
    global HOME, ENV
    holder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(holder.cleanup)
    HOME = Path(holder.name)
    bin_folder = HOME / "bin"
    bin_folder.mkdir()
    (bin_folder / "rollcall").symlink_to(
        Path(harness.binary("rollcall")).resolve())
    (HOME / "nightly.json").write_text("{}")
    (HOME / "published").mkdir()
    (HOME / "mappings").mkdir()
    (HOME / "mappings" / "mine_own.json").write_text("{}")
    (HOME / "mappings" / HOSTILE).write_text("{}")
    ENV = {"PATH": f"{bin_folder}:{os.environ['PATH']}", "HOME": str(HOME),
           "LC_ALL": "C.UTF-8", "TERM": "dumb",
           "XDG_CONFIG_HOME": str(HOME), "XDG_DATA_HOME": str(HOME),
           "ROLLCALL_MAPPINGS": str(harness.ROOT / "mappings")}
    for shell in ("bash", "zsh", "fish"):
        code, out, err = harness.run_rollcall(["completion", shell])
        assert (code, err) == (0, ""), err
        (HOME / f"script.{shell}").write_text(out)


class Shells(unittest.TestCase):
    def tearDown(self):
        self.assertFalse((HOME / "hostile").exists())

    def run_shell(self, *command, text):
        done = subprocess.run(command, input=text, cwd=HOME, env=ENV,
                              capture_output=True, text=True, check=False,
                              timeout=SHELL_SECONDS)
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.returncode, 0)
        return done.stdout

    def test_bash(self):
        lines = ["source ./script.bash"]
        for typed, _ in (*TYPED, ("rollcall cat --format = js", 0),
                         ("rollcall plan --mapping ", 0)):
            words = typed.split(" ")
            quoted = " ".join(f"'{word}'" for word in words)
            lines += [f"COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}",
                      "_rollcall; echo \"${COMPREPLY[@]}\""]
        out = self.run_shell("bash", "--norc", "-s",
                             text="\n".join(lines)).splitlines()
        for (typed, word), found in zip(TYPED, out):
            self.assertEqual(found.split(), [word.rstrip("/")], typed)
        self.assertEqual(out[-2], "jsonl")
        self.assertIn("inactive_users ", out[-1])

    def test_fish(self):
        out = self.run_shell(
            "fish", "--private", text="source ./script.fish\n" + "\n".join(
                f"complete -C '{typed}'; echo ==" for typed, _ in TYPED))
        found = out.split("==\n")
        for (typed, word), lines in zip(TYPED, found):
            words = [line.split("\t")[0] for line in lines.splitlines()]
            self.assertEqual(words, [word], typed)

    def test_zsh(self):
        """Typed on a terminal, with a widget that tells the line."""
        (HOME / ".zshrc").write_text(
            "autoload -Uz compinit; compinit -u -D; source ./script.zsh\n"
            "tell() { print -r -- \"$BUFFER\" >>lines; BUFFER= }\n"
            "zle -N tell; bindkey '^T' tell; PS1=; unsetopt beep\n"
            "print ready >lines\n")
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(HOME)
            os.execvpe("zsh", ["zsh", "-i"], ENV)
        try:
            self.wait_for_lines(1, terminal)
            for count, (typed, word) in enumerate(TYPED, 2):
                os.write(terminal, f"{typed}\t\x14".encode())
                line = self.wait_for_lines(count, terminal)[-1]
                whole = typed[:typed.rindex(" ") + 1] + word
                self.assertEqual(line.rstrip(" ="), whole)
        finally:
            os.close(terminal)
            os.waitpid(child, 0)

    def wait_for_lines(self, count, terminal):
        path, end = HOME / "lines", time.monotonic() + SHELL_SECONDS
        os.set_blocking(terminal, False)
        while time.monotonic() < end:
            try:
                os.read(terminal, 65536)  # or its buffer fills up
            except BlockingIOError:
                pass
            lines = path.read_text().splitlines() if path.exists() else []
            if len(lines) >= count:
                return lines
            time.sleep(0.01)
        self.fail(f"zsh did not answer; it told {lines}")

    def test_it_lists_names_for_them(self):
        done = subprocess.run(["rollcall", "completion", "mappings"],
                              env=ENV, cwd=HOME, capture_output=True,
                              text=True, check=True)
        names = done.stdout.split()
        shipped = {path.stem for path in
                   (harness.ROOT / "mappings").glob("*.json")}
        self.assertEqual(set(names), shipped | {"mine_own"})
        self.assertEqual(len(names), len(set(names)))


class Manual(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.source = {name: harness.run_rollcall(["help", name])[1]
                      for name in ("man", "man-job")}
        cls.text = {name: cls.mandoc(source, "-T", "utf8")
                    for name, source in cls.source.items()}

    @staticmethod
    def mandoc(source, *args):
        done = subprocess.run(["mandoc", *args], input=source, text=True,
                              capture_output=True, check=False)
        text = re.sub(r".\x08", "", done.stdout) + done.stderr
        return text

    def test_mandoc_has_nothing_to_say(self):
        for name, source in self.source.items():
            found = [line for line in
                     self.mandoc(source, "-T", "lint").splitlines()
                     if "referenced manual not found" not in line]
            self.assertEqual(found, [], name)

    def test_it_has_every_option_verb_and_code_of_the_help(self):
        text = harness.run_rollcall(["--help"])[1]
        page = self.text["man"]
        options = set(re.findall(r"--[a-z][a-z-]+", text))
        self.assertGreater(len(options), 35)
        for option in options:
            self.assertRegex(page, rf"(?m)^ .*{option}\b", option)
        verbs = re.findall(r"(?m)^  ([a-z]+) +", harness.run_rollcall(
            ["-h"])[1])
        self.assertGreater(len(verbs), 12)
        for verb in verbs:
            self.assertRegex(page, rf"(?m)^ +{verb}\b")
        codes = text[text.index("Exit codes:"):]
        for code in re.findall(r"(?m)^  (\d+)", codes):
            self.assertRegex(page, rf"(?m)^ +{code}\b")
        for name in re.findall(r"(?m)^  ([A-Z_]+)", harness.run_rollcall(
                ["help", "environment"])[1]):
            self.assertIn(name, page)

    def test_its_keys_are_those_of_the_reader(self):
        """A key of help that the reader does not know is an error of it."""
        keys = re.findall(r"(?m)^  ([a-z]\S+)",
                          harness.run_rollcall(["help", "job"])[1])
        self.assertGreater(len(keys), 80)
        for key in keys:
            self.assertIn(key, self.text["man-job"])
        with tempfile.TemporaryDirectory() as folder:
            sections = {}
            for key in keys:
                if re.fullmatch(r"[a-z_]+\.[a-z_]+", key):
                    section, name = key.split(".")
                    sections.setdefault(section, {})[name] = [None]
            for section, names in sections.items():
                harness.make_job(folder, "http://127.0.0.1:9",
                                 **{section: names})
                code, _, err = harness.run_rollcall(["plan"], cwd=folder)
                self.assertEqual(code, 78)
                self.assertNotIn("unknown", err)
                for name in names:
                    self.assertIn(f"{section}.{name}", err)

    def test_examples_of_the_sample_job_are_keys(self):
        known = set(re.findall(r"[a-z_]+",
                               harness.run_rollcall(["help", "job"])[1]))
        sample = (harness.ROOT / "samples" / "rollcall.json").read_text()
        names = set(re.findall(r'"([a-z_]+)":', sample))
        self.assertEqual(names - known - {
            "env", "command", "export_users", "managed_accounts", "audit",
            "export_users_legacy"}, set())

    def test_defaults_are_those_of_the_sample_job(self):
        """Which are in force there: see test_commands."""
        told = {}
        for entry in re.split(r"\n  (?=\S)",
                              harness.run_rollcall(["help", "job"])[1]):
            found = re.match(r"(\S+) .*; default (.+)$",
                             " ".join(entry.split()))
            if found:
                told[found[1]] = found[2]
        sample = (harness.ROOT / "samples" / "rollcall.json").read_text()
        sample = sample[sample.index('"events"'):].replace("//", "")
        sample = re.sub(r'"(rate|csv)":\s*\{[^}]*\}', "", sample)
        same = 0
        for section, members in re.findall(
                r'"(events|limits|guards|output)":\s*\{(.*?)\}', sample, re.S):
            for name, value in re.findall(
                    r'"([a-z_]+)":\s*("[^"]*"|\d+|\[[^\]]*\])', members):
                name = f"{section}.{name}"
                if name in told and value != "[]":
                    self.assertEqual(value.strip('"'), told[name], name)
                    same += 1
        self.assertGreater(same, 15)


class Readme(unittest.TestCase):
    """What README types is what the program takes."""

    @classmethod
    def setUpClass(cls):
        cls.text = (harness.ROOT / "README.md").read_text()
        cls.verbs = re.findall(r"(?m)^  ([a-z]+) +",
                               harness.run_rollcall(["-h"])[1])

    def test_it_tells_of_every_command(self):
        for verb in self.verbs:
            self.assertRegex(self.text, rf"rollcall {verb}\b|`{verb}`", verb)

    def test_its_command_lines_have_options_of_their_command(self):
        """In blocks, and between backquotes in the text."""
        helps = {verb: harness.run_rollcall([verb, "--help"])[1]
                 for verb in self.verbs}
        seen = 0
        for block in re.findall(r"```\w*\n(.*?)```|`([^`\n]+)`", self.text,
                                re.S):
            for line in "".join(block).splitlines():
                found = re.match(r".*?\brollcall +([a-z]+)\b([^#|;]*)", line)
                if not found or found[1] not in helps:
                    continue
                for option in re.findall(r"--[a-z][a-z-]*", found[2]):
                    self.assertRegex(helps[found[1]], rf"{option}\b", line)
                    seen += 1
        self.assertGreater(seen, 20)


if __name__ == "__main__":
    unittest.main()
