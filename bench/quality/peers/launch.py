"""Runs a command to its end and prints `{"code", "ms", "peakRssMb"}`: the time as its starter sees it, and the
greatest resident memory of the process, as the kernel counted it. Its output goes to standard error if it fails."""

import json
import os
import subprocess
import sys
import time

started = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
output = process.stdout.read()
_, status, usage = os.wait4(process.pid, 0)
took = (time.perf_counter() - started) * 1000
code = os.waitstatus_to_exitcode(status)
if code != 0:
    sys.stderr.buffer.write(output[-4000:])
# Kibibytes on Linux, bytes on macOS.
peak = usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
print(json.dumps({"code": code, "ms": took, "peakRssMb": peak}))
