"""How the program was built: what a flaw in it could not be used for."""
import re
import subprocess
import unittest

import harness


def readelf(*options):
    return subprocess.run(["readelf", "-W", *options,
                           harness.binary("rollcall")], check=True,
                          capture_output=True, text=True).stdout


class Hardening(unittest.TestCase):
    def test_it_runs_at_any_address(self):
        self.assertRegex(readelf("-h"), r"Type: +DYN")
        self.assertRegex(readelf("-d"), r"\(FLAGS_1\).*\bPIE\b")
        self.assertNotIn("TEXTREL", readelf("-d"))

    def test_its_tables_are_filled_at_once_and_closed(self):
        self.assertIn("GNU_RELRO", readelf("-l"))
        self.assertRegex(readelf("-d"), r"BIND_NOW|\(FLAGS_1\).*\bNOW\b")

    def test_its_stack_runs_no_code(self):
        line = next(line for line in readelf("-l").splitlines()
                    if "GNU_STACK" in line)
        self.assertRegex(line, r" RW +0x")

    def test_no_other_place_gives_it_libraries(self):
        self.assertNotRegex(readelf("-d"), r"\((RPATH|RUNPATH)\)")

    def test_its_stack_is_watched(self):
        self.assertIn("__stack_chk_fail", readelf("--dyn-syms"))

    @unittest.skipUnless(harness.is_fortified(), "not in this build")
    def test_functions_of_libc_check_their_room(self):
        checked = set(re.findall(r"\b__(\w+)_chk\b", readelf("--dyn-syms")))
        self.assertGreaterEqual(checked, {"snprintf", "vsnprintf", "memcpy"})


if __name__ == "__main__":
    unittest.main()
