"""How much of an area was tried, and how much went wrong: a line on standard
error that .ci/test.sh makes a table of. Lines of one area are added up.

    AREA hostile answers: 214 tried, 0 violations
"""
import sys
import unittest
from unittest import mock


def tell(name, tried, violations):
    print(f"\nAREA {name}: {tried} tried, {violations} violations",
          file=sys.stderr)


class Count:
    """Of a test with subtests each of them, else the test itself."""

    def __init__(self):
        self.tried = self.violations = 0

    def of_test(self, run):
        def counted(case, result=None):
            parts = self.tried
            before = self.told(result)
            done = run(case, result)
            if len(result.skipped) == before[1] and self.tried == parts:
                self.tried += 1
            self.violations += self.told(result)[0] - before[0]
            return done
        return counted

    def of_part(self, sub_test):
        def counted(case, *args, **more):
            self.tried += 1
            return sub_test(case, *args, **more)
        return counted

    @staticmethod
    def told(result):
        return (len(result.failures) + len(result.errors),
                len(result.skipped))


def count(name):
    """In setUpModule(): the module's tests are of this area."""
    counter = Count()
    for method, counted in (("run", counter.of_test),
                            ("subTest", counter.of_part)):
        unittest.enterModuleContext(mock.patch.object(
            unittest.TestCase, method,
            counted(getattr(unittest.TestCase, method))))
    unittest.addModuleCleanup(
        lambda: tell(name, counter.tried, counter.violations))
