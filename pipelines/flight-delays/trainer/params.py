"""Parameters of the training and their defaults."""

from dataclasses import dataclass, fields

from contract import EXIT_BAD_SPECIFICATION, TrainerError
from estimators import ESTIMATORS
from flights import FEWEST_ROWS


@dataclass(frozen=True)
class Params:
    # Which estimator is fitted; see estimators.py.
    estimator: str = "gradient_boosting"
    # Most rows that are used, held-out rows included; a random sample of them where there are more.
    maximum_rows: int = 500_000
    # Permutes the labels before fitting: a model that knows nothing, for trying out what must refuse it.
    shuffle_labels: bool = False


def parse_params(given: dict) -> Params:
    known = {field.name: field.type for field in fields(Params)}
    for name, value in given.items():
        if name not in known:
            raise TrainerError(EXIT_BAD_SPECIFICATION, f"params.{name} is unknown; known are {', '.join(known)}")
        if type(value) is not known[name]:
            raise TrainerError(EXIT_BAD_SPECIFICATION, f"params.{name} must be {known[name].__name__}, not {value!r}")
    params = Params(**given)
    if params.estimator not in ESTIMATORS:
        raise TrainerError(
            EXIT_BAD_SPECIFICATION,
            f"params.estimator must be one of {', '.join(ESTIMATORS)}, not {params.estimator!r}",
        )
    if params.maximum_rows < FEWEST_ROWS:
        raise TrainerError(EXIT_BAD_SPECIFICATION, f"params.maximum_rows must be at least {FEWEST_ROWS}")
    return params
