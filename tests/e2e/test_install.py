"""make install, make uninstall, make deb: what they put where, and that the
program works from there."""
import hashlib
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import harness
import outside
from published import AS_OF, Case

# Without a search path for mappings of the tests' own.
PLAIN = {"ROLLCALL_MAPPINGS": ""}
PROGRAM = "usr/bin/rollcall"
PRINTED = ("share/man/man1/rollcall.1", "share/man/man5/rollcall-job.5",
           "share/bash-completion/completions/rollcall",
           "share/zsh/vendor-completions/_rollcall",
           "share/fish/vendor_completions.d/rollcall.fish")
shipped = unittest.skipIf(harness.is_sanitized(),
                          "not the program that is installed")


def script(name, *args, umask=0o022, **variables):
    return subprocess.run(["sh", str(harness.ROOT / name), *args],
                          cwd=harness.ROOT, check=True, capture_output=True,
                          text=True, umask=umask,
                          env={**os.environ, **variables,
                               "ROLLCALL": harness.binary("rollcall")})


def files(folder):
    return sorted(str(path.relative_to(folder))
                  for path in folder.rglob("*") if not path.is_dir())


@shipped
class Install(Case):
    def run_script(self, verb, root, prefix="/usr"):
        script(".ci/install.sh", verb, DESTDIR=str(root), PREFIX=prefix)

    def test_it_is_complete_and_goes_again(self):
        root = self.folder / "a root"
        mine = root / "usr/share/rollcall/mappings/mine.json"
        self.run_script("install", root)
        found = files(root)
        self.assertIn(PROGRAM, found)
        for path in (harness.ROOT / "mappings").rglob("*.json"):
            self.assertIn("usr/share/rollcall/"
                          + str(path.relative_to(harness.ROOT)), found)
        self.assertFalse([name for name in found if "samples/site" in name])
        for name in PRINTED:
            self.assertIn("rollcall", (root / "usr" / name).read_text(), name)
        for path in root.rglob("*"):
            self.assertEqual(path.stat().st_mode & 0o777, 0o755
                             if path.is_dir() or os.access(path, os.X_OK)
                             else 0o644, path)
        mine.write_text("{}")
        self.run_script("install", root)
        self.run_script("uninstall", root)
        self.assertEqual(files(root), [str(mine.relative_to(root))])
        mine.unlink()
        self.run_script("uninstall", root)
        self.assertEqual(files(root), [])
        self.assertEqual([path for path in root.rglob("*rollcall*")], [])

    def test_its_readme_links_what_is_there(self):
        self.run_script("install", self.folder, "")
        doc = self.folder / "share/doc/rollcall"
        text = (doc / "README.md").read_text()
        linked = set(re.findall(r"\]\((samples/[^)#]*)", text))
        self.assertGreater(len(linked), 3)
        for name in linked:
            self.assertTrue((doc / name).exists(), name)

    def test_it_works_wherever_it_is_moved(self):
        site = self.site()
        self.run_script("install", self.folder / "root", "/opt/rollcall")
        moved = self.folder / "moved"
        (self.folder / "root/opt/rollcall").rename(moved)
        job = self.job(site)
        (self.folder / "bin").mkdir()
        link = self.folder / "bin" / "rollcall"
        link.symlink_to(moved / "bin/rollcall")
        for program in (moved / "bin/rollcall", link):
            done = subprocess.run(
                [program, "extract", "-c", job, "--force", "--as-of", AS_OF],
                cwd="/", capture_output=True, text=True, check=False,
                env={**os.environ, **PLAIN,
                     harness.TOKEN_VARIABLE: harness.TOKEN})
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(list((self.out / "latest").glob("inactive*.gz")))


@shipped
class Package(unittest.TestCase):
    """Two of them, made of the same by people with other settings."""

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(cls.enterClassContext(
            tempfile.TemporaryDirectory(prefix="rollcall-")))
        cls.deb, cls.again = (
            cls.build(name, umask, zone) for name, umask, zone
            in (("one", 0o022, "UTC"), ("two", 0o077, "Asia/Tokyo")))

    @classmethod
    def build(cls, name, umask, zone):
        deb = cls.folder / f"{name}.deb"
        script(".deb/build.sh", umask=umask, TZ=zone, VERSION="9.8.7",
               BUILD=str(cls.folder / name), DEB=str(deb),
               MAINTAINER="A B <a@packages.invalid>",
               SOURCE_DATE_EPOCH="1700000000")
        return deb

    def deb_tool(self, *args):
        return subprocess.run(["dpkg-deb", *map(str, args)], check=True,
                              capture_output=True, text=True).stdout

    def test_it_is_the_same_both_times(self):
        self.assertEqual(self.deb.read_bytes(), self.again.read_bytes())

    def test_lintian_finds_nothing(self):
        done = subprocess.run(
            ["lintian", "--allow-root", "--fail-on", "error,warning",
             self.deb],
            capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_it_says_what_it_needs(self):
        needs = self.deb_tool("-f", self.deb, "Depends")
        for package in ("libc6", "libcurl4", "libsqlite3-0", "libssl3",
                        "ca-certificates"):
            self.assertRegex(needs, rf"\b{package}\b")
        self.assertEqual(self.deb_tool("-f", self.deb, "Version"), "9.8.7\n")
        self.assertNotIn("@", self.deb_tool("-I", self.deb, "control").replace(
            "a@packages", ""))

    def test_its_sums_are_those_of_all_files(self):
        root = self.folder / "root"
        self.deb_tool("-x", self.deb, root)
        self.assertEqual(
            dict(reversed(line.split("  ", 1)) for line
                 in self.deb_tool("-I", self.deb, "md5sums").splitlines()),
            {name: hashlib.md5((root / name).read_bytes()).hexdigest()
             for name in files(root)})
        symbols = subprocess.run(["readelf", "-S", root / PROGRAM], check=True,
                                 capture_output=True, text=True).stdout
        self.assertNotIn(".debug_info", symbols)
        self.assertNotIn(".symtab", symbols)
        shown = subprocess.run([root / PROGRAM, "--version"], check=True,
                               capture_output=True, text=True).stdout
        self.assertRegex(shown, r"^rollcall ")

    def test_everything_in_it_is_the_systems(self):
        for line in self.deb_tool("-c", self.deb).splitlines():
            self.assertRegex(line, r"^(drwxr-xr-x|-rwxr-xr-x|-rw-r--r--) "
                             r"root/root +\d+ 2023-11-1[45] ")


class Scripts(unittest.TestCase):
    def test_they_are_sound(self):
        scripts = [harness.ROOT / ".ci/install.sh",
                   *(harness.ROOT / ".deb").glob("*.sh")]
        outside.run(["shellcheck", *scripts])


if __name__ == "__main__":
    unittest.main()
