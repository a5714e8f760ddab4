"""Why a call to others failed."""


def innermost(error: BaseException) -> BaseException:
    """Give the innermost cause: the outer one may be 'All connection attempts failed'."""
    if isinstance(error, BaseExceptionGroup):
        return innermost(error.exceptions[0])
    inner = error.__cause__ or error.__context__  # httpcore takes the cause away
    return innermost(inner) if inner else error
