"""Whole numbers as JSON has them: `30.0` is one, which a schema's `integer` takes (JSON Schema)."""


def whole(value: object) -> int | None:
    """Give a whole number as an integer, and None for anything else."""
    if type(value) is float and value.is_integer():
        return int(value)
    return value if type(value) is int else None
