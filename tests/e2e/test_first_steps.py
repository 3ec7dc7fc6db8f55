"""samples/first-ten-minutes.md is what samples/first-ten-minutes.sh makes, and
types what README.md tells to type."""
import os
import re
import subprocess
import unittest

import harness

SAMPLES = harness.ROOT / "samples"
SCRIPT = SAMPLES / "first-ten-minutes.sh"
# What another moment or another zlib alters.
VARIES = ((r"(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (?=info|warn|error)", "TIME "),
          (r"after \d+\.\d\d s", "after TIME"),
          (r"(?m)^(  time +)[\d,.]+ m?s$", r"\1TIME"),
          (r'"elapsed_ms":\d+', '"elapsed_ms":TIME'),
          (r'"bytes":\d+', '"bytes":N'),
          (r"with [\d,]+ bytes", "with N bytes"))


def settled(text):
    """Blocks, each with its lines in order: windows end in any."""
    for pattern, plain in VARIES:
        text = re.sub(pattern, plain, text)
    return [sorted(block.splitlines()) for block in text.split("\n\n")]


@unittest.skipIf(harness.is_sanitized(), "says nothing about memory")
class FirstSteps(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = (SAMPLES / "first-ten-minutes.md").read_text()

    def test_the_transcript_is_true(self):
        names = {name.upper(): harness.binary(name)
                 for name in ("rollcall", "fakesite")}
        made = subprocess.run([SCRIPT], env={**os.environ, **names},
                              capture_output=True, text=True, check=True)
        self.assertEqual(made.stderr, "")
        self.maxDiff = None
        self.assertEqual(settled(self.text), settled(made.stdout))

    def test_it_types_what_the_readme_does(self):
        readme = (harness.ROOT / "README.md").read_text()
        job = readme[readme.index("## A real job"):]
        block = re.search(r"```\n(.*?)```", job, re.S)[1]
        lines = re.findall(r"(?m)^ *(rollcall .*?)(?: {2,}#.*)?$", block)
        self.assertGreater(len(lines), 8)
        for line in lines:
            line = re.sub(r" (ACCOUNT_ID|\| head)$", "", line)
            self.assertIn(f"\n$ {line}", self.text)

    def test_the_readme_links_headings_and_files_there_are(self):
        readme = (harness.ROOT / "README.md").read_text()
        text = re.sub(r"(?ms)^ *```.*?^ *```$", "", readme)
        headings = {re.sub(r"[^a-z0-9 _-]", "", line.lower()).replace(" ", "-")
                    for line in re.findall(r"(?m)^#+ (.*)$", text)}
        links = re.findall(r"\]\(([^)]+)\)", text)
        self.assertGreater(len(links), 40)
        for link in links:
            if link.startswith("#"):
                self.assertIn(link[1:], headings)
            else:
                self.assertTrue((harness.ROOT / link).exists(), link)
        told = text[text.index("**First:**"):text.index("## A real job")]
        for heading in re.findall(r"(?m)^## (.*)$", text):
            anchor = re.sub(r"[^a-z -]", "", heading.lower()).replace(" ", "-")
            self.assertIn(f"(#{anchor})", told)


if __name__ == "__main__":
    unittest.main()
