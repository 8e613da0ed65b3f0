"""Times one peer on one file, in this process: `run.py PEER FILE SUITE ROWS VERDICT RUNS`.

A peer is a module beside this one with `PACKAGE`, the package whose version is told, and
`check(path, rows, origins)`, which reads the file and returns twelve verdicts in the order of the suite.
All twelve must be VERDICT, `pass` or `fail`, else the peer is no measure of anything. Imports are not timed.
Prints `{"version", "ms": [one number a run]}`.
"""

import importlib
import json
import sys
import time

CHECKS = 12


def main(peer, path, suite, rows, verdict, runs):
    module = importlib.import_module(peer)
    with open(suite, encoding="utf-8") as file:
        origins = json.load(file)["checks"][-1]["set"]
    times = []
    for _ in range(int(runs)):
        started = time.perf_counter()
        passed = [bool(one) for one in module.check(path, int(rows), origins)]
        times.append((time.perf_counter() - started) * 1000)
        if passed != [verdict == "pass"] * CHECKS:
            sys.exit(f"{peer}: every check should {verdict}, but the passed ones are {passed}")
    version = None
    if int(runs) > 1:
        from importlib.metadata import version as version_of

        version = version_of(module.PACKAGE)
    print(json.dumps({"version": version, "ms": times}))


if __name__ == "__main__":
    main(*sys.argv[1:])
