"""The schema that both of Pandera's peers use, and how its failures become verdicts."""

PATTERN = "^[A-Z]{3}$"


def schema_of(pa, rows, origins, mean, length):
    """`pa` is Pandera's module for one kind of frame; the two functions are the frame's own mean and length."""
    return pa.DataFrameSchema(
        {
            "date": pa.Column(nullable=False),
            "delay": pa.Column(
                nullable=False,
                checks=[pa.Check.in_range(-1500, 2000, name="range"), pa.Check(mean, name="mean")],
            ),
            "distance": pa.Column(nullable=False, checks=pa.Check.in_range(1, 5000, name="range")),
            "origin": pa.Column(
                nullable=False,
                checks=[pa.Check.str_matches(PATTERN, name="pattern"), pa.Check.isin(origins, name="member")],
            ),
            "destination": pa.Column(nullable=False, checks=pa.Check.str_matches(PATTERN, name="pattern")),
        },
        checks=pa.Check(length, name="rows"),
    )


def verdicts(schema, frame, errors):
    failed = set()
    try:
        schema.validate(frame, lazy=True)
    except errors as error:
        for each in error.schema_errors:
            name = getattr(each.check, "name", None) or str(each.check)
            failed.add(name if name == "rows" else f"{each.schema.name} {name}")
    names = ["date", "delay", "distance", "origin", "destination"]
    others = ["delay range", "distance range", "origin pattern", "destination pattern", "delay mean", "origin member"]
    return [name not in failed for name in ["rows", *(f"{name} not_nullable" for name in names), *others]]
