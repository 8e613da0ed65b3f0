"""Prefect 3 with a server and one process that serves the flows."""

import os
import sys
from pathlib import Path

from driver import serve
from services import Services, free_ports

FLOWS = Path(__file__).with_name("prefect_flows.py")
PREFECT = Path(sys.executable).with_name("prefect")
DAYS = [f"2001-03-{day:02}" for day in range(1, 32)]


def main():
    with Services("prefect") as services:
        (port,) = free_ports(1)
        base = f"http://127.0.0.1:{port}/api"
        os.environ["PREFECT_HOME"] = str(services.home)
        os.environ["PREFECT_API_URL"] = base
        os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
        os.environ["DO_NOT_TRACK"] = "1"
        services.start(PREFECT, "server", "start", "--host", "127.0.0.1", "--port", port)
        services.answers(f"{base}/health")
        services.start(sys.executable, FLOWS)

        # Prefect reads its settings when it is imported.
        from prefect.client.orchestration import get_client

        with get_client(sync_client=True) as client:

            def deployments():
                found = {one.entrypoint.split(":")[-1]: one.id for one in client.read_deployments()}
                return found if len(found) == 3 else None

            known = services.wait(deployments, "the flows are served")
            serve(lambda workload: start(client, known, workload))


def start(client, deployments, workload):
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

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
