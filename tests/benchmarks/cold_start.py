"""Time a first estimate and a report from a cold interpreter, beside the imports they rest on."""

import statistics
import subprocess
import sys
import time

RUNS = 5
IMPORTS = "import numpy, scipy.special, pydantic, yaml"
ESTIMATE = (
    "import surveylib as sl;"
    "sl.estimate(sl.load_study('waves/netclean'), 'organised_groups_encountered')"
)
REPORT = "import surveylib as sl; sl.report(sl.load_study('waves/netclean'), 'build/bench')"


def seconds(code: str) -> float:
    """Median time of a few fresh interpreters."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Print each time, and its ratio to the bare imports of the same run."""
    bare = seconds(IMPORTS)
    print(f"bare imports    {bare:5.2f} s   1.0")
    for name, code in (("first estimate", ESTIMATE), ("report", REPORT)):
        took = seconds(code)
        print(f"{name:15} {took:5.2f} s   {took / bare:.1f}")


if __name__ == "__main__":
    main()
