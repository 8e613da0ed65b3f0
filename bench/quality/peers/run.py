"""Times one peer at one task, in this process: `run.py TASK PEER INPUT [RUNS]`, INPUT as JSON.

A peer is a module in the folder of the task, with `PACKAGE`, the package whose version is told, and a function named like the
task in the table below, which reads the files and returns what is asked for. A wrong answer ends the process, else the peer is
no measure of anything. Imports are not timed. Prints `{"version", "ms": [one number a run]}`; without RUNS it does the task once and
prints nothing, as whole processes are timed.
"""

import importlib
import json
import math
import os
import sys
import time


def checks(peer, suite, file, rows, verdict):
    """`check(path, rows, origins)` returns twelve verdicts in the order of the suite, all of which must be `verdict`."""
    with open(suite, encoding="utf-8") as text:
        origins = json.load(text)["checks"][-1]["set"]
    expected = [verdict == "pass"] * 12
    return lambda: peer.check(file, rows, origins), lambda passed: [bool(one) for one in passed] == expected


def drift(peer, reference, current, columns, drifted):
    """`drift(reference, current, columns)` returns whether each column has drifted; `drifted` are those that must have."""

    def is_right(verdicts):
        found = [column for column in columns if verdicts[column]]
        return len(verdicts) == len(columns) and (drifted is None or found == drifted)

    return lambda: peer.drift(reference, current, columns), is_right


def profile(peer, file, rows, delay):
    """`profile(path)` returns the number of rows and, of `delay`, the number of nulls, the minimum, maximum and mean."""
    expected = [rows, *(delay[name] for name in ("nulls", "min", "max", "mean"))]

    def is_right(facts):
        return len(facts) == 5 and all(math.isclose(told, right) for told, right in zip(facts, expected))

    return lambda: peer.profile(file), is_right


TASKS = {"checks": checks, "drift": drift, "profile": profile}


def main(task, name, given, runs=None):
    sys.path[0] = os.path.join(os.path.dirname(__file__), task)
    peer = importlib.import_module(name)
    answer, is_right = TASKS[task](peer, **json.loads(given))
    times = []
    for _ in range(int(runs or 1)):
        started = time.perf_counter()
        answered = answer()
        times.append((time.perf_counter() - started) * 1000)
        if not is_right(answered):
            sys.exit(f"{name} answers {answered} to {given}")
    if runs is None:
        return
    from importlib.metadata import version

    print(json.dumps({"version": version(peer.PACKAGE), "ms": times}))


if __name__ == "__main__":
    main(*sys.argv[1:])
