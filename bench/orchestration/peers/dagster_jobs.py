"""The workloads as jobs of Dagster. Its default executor starts a process a step; this is the one that does not."""

from dagster import DailyPartitionsDefinition, Definitions, In, Nothing, Out, in_process_executor, job, op


@op(ins={"after": In(Nothing)}, out=Out(Nothing))
def nothing():
    pass


def five_steps():
    before = nothing.alias("step_0")()
    for step in range(1, 5):
        before = nothing.alias(f"step_{step}")(after=before)


@job(executor_def=in_process_executor)
def chain():
    five_steps()


@job(executor_def=in_process_executor, partitions_def=DailyPartitionsDefinition("2001-03-01"))
def month():
    five_steps()


@job(executor_def=in_process_executor)
def fan_out():
    for step in range(500):
        nothing.alias(f"step_{step}")()


definitions = Definitions(jobs=[chain, month, fan_out])
