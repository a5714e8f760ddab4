"""The verbs and all SQL, a file per noun. The user comes first in every signature."""
