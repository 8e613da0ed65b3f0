"""Dagster as its daemon runs it: runs are queued, and each is a process that the daemon launches."""

import os
import sys
from pathlib import Path

from driver import serve
from services import Services

JOBS = Path(__file__).with_name("dagster_jobs.py")
DAEMON = Path(sys.executable).with_name("dagster-daemon")
DAYS = [f"2001-03-{day:02}" for day in range(1, 32)]


def main():
    with Services("dagster") as services:
        os.environ["DAGSTER_HOME"] = str(services.home)
        (services.home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
        services.start(DAEMON, "run", "-f", JOBS)

        # Dagster reads its settings when it is imported.
        from dagster import DagsterInstance
        from dagster._core.workspace.context import WorkspaceProcessContext
        from dagster._core.workspace.load_target import PythonFileTarget

        with DagsterInstance.get() as instance:
            target = PythonFileTarget(str(JOBS), attribute=None, working_directory=None, location_name=None)
            with WorkspaceProcessContext(instance, target) as process:
                workspace = process.create_request_context()
                serve(lambda workload: start(instance, workspace, workload))


def start(instance, workspace, workload):
    from dagster import DagsterRunStatus, RunsFilter
    from dagster._cli.job import _create_run

    name, tags = {
        "chain": ("chain", [{}]),
        "fanOut": ("fan_out", [{}]),
        "chains": ("chain", [{}] * 100),
        "backfill": ("month", [{"dagster/partition": day} for day in DAYS]),
    }[workload]
    location = workspace.code_locations[0]
    repository = next(iter(location.get_repositories().values()))
    job = repository.get_full_job(name)
    ids = []
    for tag in tags:
        run = _create_run(instance, location, repository, job, {}, tag, None, None)
        instance.submit_run(run.run_id, workspace)
        ids.append(run.run_id)

    def done():
        filters = RunsFilter(run_ids=ids, statuses=[DagsterRunStatus.SUCCESS])
        ended = instance.get_runs_count(filters)
        if workload != "fanOut":
            return ended
        return 500 if ended else len(instance.get_run_step_stats(ids[0]))

    def cancel():
        for run in instance.get_runs(RunsFilter(run_ids=ids)):
            if not run.is_finished:
                instance.run_coordinator.cancel_run(run.run_id)

    return done, 500 if workload == "fanOut" else len(ids), cancel


main()
