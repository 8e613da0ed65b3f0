"""The estimators that a pipeline can ask for. Each is one scikit-learn pipeline with its preprocessing inside."""

from dataclasses import dataclass
from typing import Callable

import numpy
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder, StandardScaler

from flights import AIRPORTS, FEATURES, NUMBERS, Flights

# Rows of the average lateness that are added to each airport, so that a rare one does not end up at an extreme.
SMOOTHING_ROWS = 100


def gradient_boosting(flights: Flights, seed: int) -> Pipeline:
    """Boosted trees; airports are numbered by how often their flights are late, so that one split separates them."""
    return Pipeline([("columns", _columns(flights)), ("trees", _trees(seed))])


def native_categories(flights: Flights, seed: int) -> Pipeline:
    """
    The same trees with scikit-learn's own support of categories. As a scikit-learn model it is right, but skl2onnx 1.20
    exports its category splits as numeric ones, without an error: the file scores wrongly. It is here to show that the
    comparison of scores finds that.
    """
    airports = [len(NUMBERS) + position for position in range(len(AIRPORTS))]
    return Pipeline([("columns", _columns(flights)), ("trees", _trees(seed, categorical_features=airports))])


def gaussian_process(flights: Flights, _seed: int) -> Pipeline:
    """
    Gaussian process regression on the label, the mean of which is the score. The export is right, but each score takes
    the distance to every row that it was fitted on, one after the other: some milliseconds, for one row as for a
    thousand. Good enough in bulk, and too slow behind an endpoint.
    """
    process = GaussianProcessRegressor(RBF(1.0), alpha=5.0, optimizer=None, normalize_y=True)
    return Pipeline([("columns", _columns(flights)), ("scale", StandardScaler()), ("process", process)])


@dataclass(frozen=True)
class Estimator:
    build: Callable[[Flights, int], Pipeline]
    # Scores of features, shape [rows].
    score: Callable[[Pipeline, numpy.ndarray], numpy.ndarray]
    # Output of the exported graph that holds the score, by position, and the column of it.
    output: int
    column: int
    # Most rows that it is fitted on; the others are left out.
    maximum_rows: int


def _probability(pipeline: Pipeline, features: numpy.ndarray) -> numpy.ndarray:
    return pipeline.predict_proba(features)[:, 1]


def _mean(pipeline: Pipeline, features: numpy.ndarray) -> numpy.ndarray:
    # In parts: the kernel has a column for each row of the fit.
    parts = numpy.array_split(features, max(1, len(features) // 2_000))
    return numpy.concatenate([pipeline.predict(part) for part in parts])


ESTIMATORS = {
    "gradient_boosting": Estimator(gradient_boosting, _probability, output=1, column=1, maximum_rows=10**9),
    "native_categories": Estimator(native_categories, _probability, output=1, column=1, maximum_rows=10**9),
    "gaussian_process": Estimator(gaussian_process, _mean, output=0, column=0, maximum_rows=4_000),
}


def _trees(seed: int, **options) -> HistGradientBoostingClassifier:
    # No early stopping: the time of a training should follow from its rows alone.
    return HistGradientBoostingClassifier(
        max_iter=200, max_leaf_nodes=63, learning_rate=0.15, early_stopping=False, random_state=seed, **options
    )


def _columns(flights: Flights) -> ColumnTransformer:
    """
    Numbers as they are; an airport as its rank by lateness, -1 if it is unknown. Ranks are small integers, which
    survive the graph's 32-bit floats exactly: a target encoding by rates would not.
    """
    ranks = OrdinalEncoder(
        categories=[_by_lateness(flights, FEATURES.index(name)) for name in AIRPORTS],
        handle_unknown="use_encoded_value",
        unknown_value=-1,
    )
    return ColumnTransformer(
        [
            ("numbers", "passthrough", [FEATURES.index(name) for name in NUMBERS]),
            ("airports", ranks, [FEATURES.index(name) for name in AIRPORTS]),
        ]
    )


def _by_lateness(flights: Flights, column: int) -> numpy.ndarray:
    """The airports of a column, from the most punctual to the latest; ties by code."""
    airports, positions = numpy.unique(flights.features[:, column].astype(str), return_inverse=True)
    rows = numpy.bincount(positions)
    late = numpy.bincount(positions, weights=flights.late)
    rate = (late + SMOOTHING_ROWS * flights.late.mean()) / (rows + SMOOTHING_ROWS)
    return airports[numpy.lexsort((airports, rate))].astype(object)
