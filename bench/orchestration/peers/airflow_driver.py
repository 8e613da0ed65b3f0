"""Airflow 3 with its scheduler and local executor, API server and DAG processor, on PostgreSQL, or on SQLite without one."""

import json
import os
import secrets
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from driver import serve
from services import Services, free_ports

DAGS = Path(__file__).with_name("airflow_dags")
NAMES = ("chain", "month", "fan_out")
AIRFLOW = Path(sys.executable).with_name("airflow")


def main():
    with Services("airflow") as services:
        api, logs, triggers = free_ports(3)
        base = f"http://127.0.0.1:{api}"
        os.environ.update(settings(services.home, base, api, logs, triggers))
        services.run(AIRFLOW, "db", "migrate")
        services.start(AIRFLOW, "api-server", "--host", "127.0.0.1", "--port", api)
        services.start(AIRFLOW, "dag-processor")
        services.start(AIRFLOW, "scheduler")
        services.answers(f"{base}/api/v2/version")
        client = Client(base)
        services.wait(lambda: client.known() >= set(NAMES), "the DAGs are known")
        services.wait(client.scheduler_is_healthy, "the scheduler is up")
        for name in NAMES:
            client.call("PATCH", f"/dags/{name}?update_mask=is_paused", {"is_paused": False})
        serve(lambda workload: start(client, workload))


def settings(home, base, port, log_port, trigger_port):
    """Where it is and how its parts find each other; all else is as Airflow has it by default."""
    database = os.environ.get("BENCH_DATABASE_URL") or f"sqlite:///{home}/airflow.db"
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{base}/execution/",
        "AIRFLOW__API__BASE_URL": base,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(log_port),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(trigger_port),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


class Client:
    """Its public API, as whoever starts runs from elsewhere uses it."""

    def __init__(self, base):
        self.base = base
        with urllib.request.urlopen(f"{base}/auth/token", timeout=60) as response:
            self.token = json.load(response)["access_token"]

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base}/api/v2{path}", data=data, method=method)
        request.add_header("Content-Type", "application/json")
        request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                text = response.read()
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.code} {error.read().decode()[:500]}") from error
        return json.loads(text) if text else None

    def insist(self, *request):
        """A call that may collide with the scheduler, which works on the same rows."""
        for attempt in range(5):
            try:
                return self.call(*request)
            except RuntimeError:
                if attempt == 4:
                    raise
                time.sleep(1)

    def known(self):
        return {dag["dag_id"] for dag in self.call("GET", "/dags?limit=100")["dags"]}

    def scheduler_is_healthy(self):
        return self.call("GET", "/monitor/health")["scheduler"]["status"] == "healthy"

    def count(self, path):
        return self.call("GET", path)["total_entries"]


def start(client, workload):
    if workload == "backfill":
        days = {"from_date": "2001-03-01T00:00:00Z", "to_date": "2001-03-31T00:00:00Z"}
        backfill = client.call("POST", "/backfills", {"dag_id": "month", **days})["id"]

        def done():
            return client.count("/dags/month/dagRuns?state=success&limit=1")

        return done, 31, lambda: client.insist("PUT", f"/backfills/{backfill}/cancel")

    name = "fan_out" if workload == "fanOut" else "chain"
    before = client.count(f"/dags/{name}/dagRuns?state=success&limit=1")
    runs = [
        client.call("POST", f"/dags/{name}/dagRuns", {"logical_date": None})["dag_run_id"]
        for _ in range(100 if workload == "chains" else 1)
    ]

    def ended():
        return client.count(f"/dags/{name}/dagRuns?state=success&limit=1") - before

    def steps():
        return client.count(f"/dags/{name}/dagRuns/{runs[0]}/taskInstances?state=success&limit=1")

    def cancel():
        for run in runs:
            client.insist("PATCH", f"/dags/{name}/dagRuns/{run}", {"state": "failed"})

    if workload == "fanOut":
        return lambda: 500 if ended() else min(499, steps()), 500, cancel
    return ended, len(runs), cancel


main()
