"""The trainer contract `millrace.trainer/1` as this trainer uses it: the specification in, exit codes and JSON lines out."""

import json
import os
import sys
from dataclasses import dataclass

CONTRACT = "millrace.trainer/1"
EXIT_BAD_SPECIFICATION = 64
EXIT_BAD_DATA = 65
EXIT_TEMPORARY = 75


class TrainerError(Exception):
    """Ends the training with an exit code and one line that says why."""

    def __init__(self, exit_code: int, message: str):
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True)
class Specification:
    model: str
    seed: int
    params: dict
    files: list
    output: str


def read_specification(arguments: list) -> Specification:
    """Reads the file named by MILLRACE_TRAINER_SPEC or, without it, by the last argument."""
    path = os.environ.get("MILLRACE_TRAINER_SPEC") or (arguments[-1] if arguments else None)
    if path is None:
        raise TrainerError(EXIT_BAD_SPECIFICATION, "no specification: set MILLRACE_TRAINER_SPEC or give its path")
    try:
        with open(path, encoding="utf-8") as file:
            specification = json.load(file)
    except (OSError, ValueError) as error:
        raise TrainerError(EXIT_BAD_SPECIFICATION, f"specification {path} cannot be read: {error}") from error
    if not isinstance(specification, dict) or specification.get("contract") != CONTRACT:
        raise TrainerError(EXIT_BAD_SPECIFICATION, f"specification {path} does not follow the contract {CONTRACT}")
    try:
        if "training" not in specification["inputs"]:
            raise TrainerError(EXIT_BAD_SPECIFICATION, "the specification has no input named training")
        return Specification(
            model=specification["model"],
            # scikit-learn takes seeds of 32 bits.
            seed=int(specification["seed"]) % 2**32,
            params=dict(specification["params"]),
            files=list(specification["inputs"]["training"]["files"]),
            output=specification["output"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise TrainerError(
            EXIT_BAD_SPECIFICATION, f"specification {path}: {type(error).__name__}: {error}"
        ) from error


def say_progress(fraction: float, message: str) -> None:
    _say({"type": "progress", "fraction": fraction, "message": message})


def say_metrics(metrics: dict) -> None:
    _say({"type": "metrics", "metrics": metrics})


def _say(event: dict) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()
