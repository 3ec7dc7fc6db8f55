"""How long `rollcall --help` takes, against a program that does nothing."""
import statistics
import subprocess
import time

import recorded

RUNS = 40


def milliseconds(command):
    """The median and the least of RUNS."""
    taken = []
    for _ in range(RUNS):
        start = time.monotonic()
        subprocess.run(command, stdout=subprocess.DEVNULL,
                       stdin=subprocess.DEVNULL, check=True)
        taken.append(1000 * (time.monotonic() - start))
    return statistics.median(taken), min(taken)


def sentence():
    own = milliseconds([recorded.harness.binary("rollcall"), "--help"])
    nothing = milliseconds(["true"])
    return (f"rollcall --help: {own[0]:.1f} ms (least {own[1]:.1f}); a "
            f"program that does nothing: {nothing[0]:.1f} "
            f"({nothing[1]:.1f})")


if __name__ == "__main__":
    print(sentence())
