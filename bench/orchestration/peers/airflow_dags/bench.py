"""The workloads as DAGs of Airflow. A step is a task that calls a function: an empty operator would never reach a worker."""

from datetime import datetime, timezone

from airflow.sdk import dag, task


@task
def nothing():
    pass


def five_steps():
    before = nothing.override(task_id="step_0")()
    for step in range(1, 5):
        after = nothing.override(task_id=f"step_{step}")()
        before >> after
        before = after


@dag(schedule=None)
def chain():
    five_steps()


# It ends with its last day, so that nothing but the backfill runs it.
@dag(
    schedule="@daily",
    start_date=datetime(2001, 3, 1, tzinfo=timezone.utc),
    end_date=datetime(2001, 3, 31, tzinfo=timezone.utc),
    catchup=False,
)
def month():
    five_steps()


@dag(schedule=None)
def fan_out():
    for step in range(500):
        nothing.override(task_id=f"step_{step}")()


chain()
month()
fan_out()
