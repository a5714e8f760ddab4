"""How much a task matters: five words, in their order."""

from enum import StrEnum


class Priority(StrEnum):
    """From what matters least; the order of its members is the order of a listing."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"
