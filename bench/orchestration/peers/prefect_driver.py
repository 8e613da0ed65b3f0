"""Prefect 3 with a server and one process that serves the flows."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HOME = tempfile.mkdtemp(prefix="millrace-bench-prefect-")
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    PORT = probe.getsockname()[1]
os.environ["PREFECT_HOME"] = HOME
os.environ["PREFECT_API_URL"] = f"http://127.0.0.1:{PORT}/api"
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
os.environ["DO_NOT_TRACK"] = "1"
FLOWS = str(Path(__file__).with_name("prefect_flows.py"))

from prefect.client.orchestration import get_client  # noqa: E402
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId  # noqa: E402

from driver import serve  # noqa: E402

DAYS = [f"2001-03-{day:02}" for day in range(1, 32)]


def main():
    log = open(Path(HOME, "services.log"), "w")
    prefect = str(Path(sys.executable).with_name("prefect"))
    server = subprocess.Popen(
        [prefect, "server", "start", "--host", "127.0.0.1", "--port", str(PORT)], stdout=log, stderr=log
    )
    served = None
    try:
        answers(f"http://127.0.0.1:{PORT}/api/health")
        served = subprocess.Popen([sys.executable, FLOWS], stdout=log, stderr=log)
        with get_client(sync_client=True) as client:
            deployments = {}
            while len(deployments) < 3:
                time.sleep(0.5)
                deployments = {one.entrypoint.split(":")[-1]: one.id for one in client.read_deployments()}
            serve(lambda workload: start(client, deployments, workload))
    finally:
        for process in (served, server):
            if process is not None:
                process.terminate()
                process.wait()


def answers(url):
    for _ in range(240):
        try:
            return urllib.request.urlopen(url, timeout=2)
        except OSError:
            time.sleep(0.5)
    raise RuntimeError(f"{url} does not answer")


def start(client, deployments, workload):
    name, parameters = {
        "chain": ("chain", [{}]),
        "fanOut": ("fan_out", [{}]),
        "chains": ("chain", [{}] * 100),
        "backfill": ("month", [{"day": day} for day in DAYS]),
    }[workload]
    ids = [client.create_flow_run_from_deployment(deployments[name], parameters=each).id for each in parameters]
    units = 500 if workload == "fanOut" else 1

    def done():
        runs = client.read_flow_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=ids)), limit=200)
        return units * sum(1 for run in runs if run.state is not None and run.state.is_completed())

    def cancel():
        for run_id in ids:
            client.delete_flow_run(run_id)

    return done, units * len(ids), cancel


main()
