"""What the drivers of all peers share: workloads come by name, a line each, and an answer goes back for each."""

import json
import sys
import time


def serve(run, poll_seconds=0.2):
    """Says that the engine is up, then does what it is told.

    `run(workload)` starts a workload and gives a function that says how many of its units are done, their number, and a
    function that cancels the rest, so that what was given up on is not in the way of what comes next.
    """
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        end = time.monotonic() + request["bound"]
        done, of, cancel = run(request["workload"])
        count = done()
        while count < of and time.monotonic() < end:
            time.sleep(poll_seconds)
            count = done()
        if count < of:
            try:
                cancel()
            except Exception as error:  # whatever it is, how far it came is known
                print(f"what was given up on could not be cancelled: {error}", file=sys.stderr)
        print(json.dumps({"done": count}), flush=True)
