"""The workloads as flows of Prefect, served by one process."""

from prefect import flow, serve, task


@task
def nothing():
    pass


@flow
def chain():
    for _ in range(5):
        nothing()


@flow
def month(day: str):
    chain_of_day(day)


def chain_of_day(_day):
    for _ in range(5):
        nothing()


@flow
def fan_out():
    for future in [nothing.submit() for _ in range(500)]:
        future.wait()


if __name__ == "__main__":
    serve(chain.to_deployment("bench"), month.to_deployment("bench"), fan_out.to_deployment("bench"))
