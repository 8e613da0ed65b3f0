"""The training rows: numbers and airport codes of flights, and whether each was late."""

from dataclasses import dataclass

import duckdb
import numpy

from contract import EXIT_BAD_DATA, EXIT_TEMPORARY, TrainerError

NUMBERS = ["hour", "weekday", "distance"]
AIRPORTS = ["origin", "destination"]
FEATURES = NUMBERS + AIRPORTS
LABEL = "late"
# Held-out rows are judged and compared with the exported model; fewer tell nothing.
FEWEST_ROWS = 5_000


@dataclass(frozen=True)
class Flights:
    # Shape [rows, 5], type object: Python integers and texts in the order of FEATURES.
    features: numpy.ndarray
    # Shape [rows], 0 or 1.
    late: numpy.ndarray

    def take(self, rows: numpy.ndarray) -> "Flights":
        return Flights(self.features[rows], self.late[rows])

    def __len__(self) -> int:
        return len(self.late)


def read_flights(files: list) -> Flights:
    """Reads all rows in the order of the files."""
    # One thread and kept order: the same files give the same arrays.
    connection = duckdb.connect(config={"threads": 1})
    try:
        relation = connection.read_parquet(files)
        missing = [name for name in [*FEATURES, LABEL] if name not in relation.columns]
        if missing:
            raise TrainerError(
                EXIT_BAD_DATA,
                f"input training has no column {', '.join(missing)}; it has {', '.join(relation.columns)}",
            )
        casts = [f"CAST({name} AS BIGINT) AS {name}" for name in NUMBERS]
        casts += [f"CAST({name} AS VARCHAR) AS {name}" for name in AIRPORTS]
        casts += [f"CAST({LABEL} AS BIGINT) AS {LABEL}"]
        columns = relation.project(", ".join(casts)).fetchnumpy()
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise TrainerError(EXIT_TEMPORARY, f"input training cannot be read now: {_first_line(error)}") from error
    except duckdb.Error as error:
        raise TrainerError(EXIT_BAD_DATA, f"input training: {_first_line(error)}") from error
    finally:
        connection.close()

    for name, values in columns.items():
        nulls = int(numpy.ma.count_masked(values))
        if nulls:
            raise TrainerError(EXIT_BAD_DATA, f"column {name} has {nulls} nulls")
    late = numpy.asarray(columns[LABEL])
    if len(late) < FEWEST_ROWS:
        raise TrainerError(EXIT_BAD_DATA, f"input training has {len(late)} rows; at least {FEWEST_ROWS} are needed")
    if not numpy.isin(late, [0, 1]).all():
        raise TrainerError(EXIT_BAD_DATA, f"column {LABEL} has values other than 0 and 1")
    if len(numpy.unique(late)) < 2:
        raise TrainerError(EXIT_BAD_DATA, f"column {LABEL} has one class only: all rows are {int(late[0])}")
    features = numpy.empty((len(late), len(FEATURES)), dtype=object)
    for position, name in enumerate(FEATURES):
        features[:, position] = columns[name]
    return Flights(features, late)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
