"""What can go wrong, as a tree of coded errors; knows no HTTP.

Every error has a stable ``code`` that clients may depend on. `api/problems.py` holds the one
table that turns a code into an HTTP status, and docs/api.md says what each one means.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong with one field of the input."""

    field: str
    code: str
    message: str


HOW_TO_MIGRATE = "Run 'todo-server migrate' (in a clone: 'make migrate')"


class TodoServerError(Exception):
    """The root of all expected errors. ``message`` is meant for the person calling the API."""

    code = "internal_error"
    message = "Something went wrong on our side."

    def __init__(
        self,
        message: str | None = None,
        *,
        details: tuple[FieldError, ...] = (),
        retry_after: int | None = None,
    ) -> None:
        self.message = message or self.message
        self.details = details
        self.retry_after = retry_after
        super().__init__(self.message)


class ConfigurationError(TodoServerError):
    """A setting is missing, wrong or contradicts another; start-up cannot go on."""

    code = "configuration_error"


class UnauthenticatedError(TodoServerError):
    """Nobody is asking: no token, or one that cannot be verified."""

    code = "unauthenticated"
    message = "Send a valid token in the header 'Authorization: Bearer <token>'."


class WrongPasswordError(UnauthenticatedError):
    """The address or the password is wrong; which of the two is not said."""

    code = "wrong_password"
    message = "The address or the password is wrong."


class RefreshRefusedError(UnauthenticatedError):
    """The refresh token is unknown, expired, or was used before."""

    code = "refresh_refused"
    message = "This refresh token is not accepted; sign in again."


class TooManyAttemptsError(TodoServerError):
    """Somebody tries too often."""

    code = "too_many_attempts"
    message = "Too many attempts. Wait before you try again."


class EmailTakenError(TodoServerError):
    """An account with this address exists."""

    code = "email_taken"
    message = "There is an account with this address already; sign in instead."


class ForbiddenError(TodoServerError):
    """The token's subject asks for somebody else's path."""

    code = "forbidden"
    message = "This token does not belong to the user in the path; use its own id, or 'me'."


class NotFoundError(TodoServerError):
    """There is no such thing, or it is somebody else's: the two cannot be told apart."""

    code = "not_found"
    message = "There is nothing here."


class NoAccountsError(NotFoundError):
    """The server has no accounts of its own: another one issues the tokens."""

    code = "no_accounts"
    message = "This server keeps no accounts; sign in where its tokens are issued."


class TaskNotFoundError(NotFoundError):
    """No task with this id among the user's own."""

    code = "task_not_found"
    message = "You have no task with this id."


class ProjectNotFoundError(NotFoundError):
    """No project with this id among the user's own."""

    code = "project_not_found"
    message = "You have no project with this id."


class TagNotFoundError(NotFoundError):
    """No tag of this name among the user's own."""

    code = "tag_not_found"
    message = "You have no tag of this name."


class FilterNotFoundError(NotFoundError):
    """No saved filter with this id among the user's own."""

    code = "filter_not_found"
    message = "You have no filter with this id."


class NotificationNotFoundError(NotFoundError):
    """No notification with this id among the user's own."""

    code = "notification_not_found"
    message = "You have no notification with this id."


class WebhookNotFoundError(NotFoundError):
    """No webhook with this id among the user's own."""

    code = "webhook_not_found"
    message = "You have no webhook with this id."


class WebhookDisabledError(TodoServerError):
    """A webhook that is disabled is told nothing."""

    code = "webhook_disabled"
    message = "This webhook is disabled. Enable it first."


class CalendarNotFoundError(NotFoundError):
    """No calendar is read at this address, or not any more."""

    code = "calendar_not_found"
    message = "There is no calendar at this address; it may have been made anew."


class TagExistsError(TodoServerError):
    """There is a tag of this name already, maybe in another case; `current` is it, in JSON."""

    code = "tag_exists"
    message = (
        "You have a tag of this name already: 'current' is it. "
        "To give the tasks of one tag another, merge it."
    )

    def __init__(self, current: bytes = b"null") -> None:
        self.current = current
        super().__init__()


class NoNextOccurrenceError(TodoServerError):
    """There is no date to move a task on to."""

    code = "no_next_occurrence"
    message = "This task does not repeat, is completed, is the last, or has its successor already."


class LimitReachedError(TodoServerError):
    """The user has as many rows of a kind as there may be."""

    code = "limit_reached"
    message = "You have as many of these as there can be; delete one first."


class VersionConflictError(TodoServerError):
    """What shall be changed has another version than the client said; `current` is it, in JSON."""

    code = "version_conflict"
    message = "This has changed since you read it. Look at 'current', and send its version."

    def __init__(self, current: bytes = b"null", version: str = "1") -> None:
        self.current = current
        self.version = version
        super().__init__()


class IdempotencyKeyReusedError(TodoServerError):
    """The key stands for another request, of the last 24 hours."""

    code = "idempotency_key_reused"
    message = "You have sent another request with this Idempotency-Key; use a new one for this."


class ChangeNotFoundError(NotFoundError):
    """No change has this number yet."""

    code = "change_not_found"
    message = "You have no change with this number."


class NumberTooOldError(TodoServerError):
    """The log of changes does not go back so far; or not so far ahead, after a restored backup."""

    code = "number_too_old"
    message = (
        "The log of changes does not reach this number any more, or not yet. "
        "Start anew, without 'since'."
    )


class ChangeTooOldError(NumberTooOldError):
    """The log of changes does not go back as far as what shall be undone."""

    message = "This change is too old to be undone: the log does not go back so far."


class AlreadyChangedError(TodoServerError):
    """What shall be put back was changed again; ``details`` names it."""

    code = "already_changed"
    message = "What this would put back was changed again since; 'details' names it."


class AlreadyPurgedError(TodoServerError):
    """What shall be put back was deleted for good."""

    code = "already_purged"
    message = "What this changed was deleted for good since, and cannot be put back."


class MethodNotAllowedError(TodoServerError):
    """The path exists; the method does not."""

    code = "method_not_allowed"
    message = "This path does not take that method; the header 'Allow' lists those it takes."


class MisdirectedRequestError(TodoServerError):
    """The request is for another host than this one (RFC 9110, section 15.5.20)."""

    code = "misdirected_request"
    message = "With AUTH_MODE=none, only requests for this machine's own names are answered."


class UnsupportedMediaTypeError(TodoServerError):
    """The body is not JSON by its own declaration."""

    code = "unsupported_media_type"
    message = "Send the body as JSON, with the header 'Content-Type: application/json'."


class BodyTooLargeError(TodoServerError):
    """The body is over the limit."""

    code = "body_too_large"
    message = "The body is larger than 1 MiB (1,048,576 bytes)."


class SmallBodyTooLargeError(BodyTooLargeError):
    """The body is over the limit where no more than a few members or fields are taken."""

    message = "The body is larger than 16 KiB (16,384 bytes)."


class LargeBodyTooLargeError(BodyTooLargeError):
    """The body is over the limit where a hundred tasks are taken."""

    message = "The body is larger than 3 MiB (3,145,728 bytes)."


class LongBodyTooLargeError(BodyTooLargeError):
    """The body is over the limit where a whole document is taken."""

    message = "The body is larger than 256 MiB (268,435,456 bytes)."


class MalformedRequestError(TodoServerError):
    """What arrived is not HTTP, or HTTP that servers do not agree on (RFC 9112)."""

    code = "malformed_request"
    message = "This is not an HTTP request as RFC 9112 has it."


class RequestTimeoutError(TodoServerError):
    """The request did not arrive in time."""

    code = "request_timeout"
    message = "The request did not arrive completely within 10 seconds."


class HeadersTooLargeError(TodoServerError):
    """The header fields together are over the limit (RFC 6585, section 5)."""

    code = "headers_too_large"
    message = "The headers are larger than 32 KiB together."


class UriTooLongError(TodoServerError):
    """The path and query are over the limit."""

    code = "uri_too_long"
    message = "The URL is longer than 8 KiB."


class MalformedJsonError(TodoServerError):
    """The body is not JSON (RFC 8259), or JSON that parsers do not agree on."""

    code = "malformed_json"
    message = "The body is not valid JSON."


class MalformedBodyError(TodoServerError):
    """The body is not the form that it says it is."""

    code = "malformed_body"
    message = "The body cannot be read."


class CorsRefusedError(TodoServerError):
    """A page of this origin, or with this method or header, may not use the API."""

    code = "cors_refused"
    message = "Pages of this origin may not send this request; the setting CORS_ORIGINS lists who."


class InvalidCursorError(TodoServerError):
    """The cursor was not made by this server for this listing."""

    code = "invalid_cursor"
    message = "This cursor does not belong to this listing; start again without one."


class ValidationFailedError(TodoServerError):
    """The input is well-formed and breaks a rule; ``details`` says which."""

    code = "validation_failed"
    message = "The request breaks a rule."

    @classmethod
    def of(cls, *details: FieldError) -> "ValidationFailedError":
        """Say what is wrong, field by field; the message is about the first."""
        first = details[0]
        return cls(f"{first.field}: {first.message}.", details=details)


class UnavailableError(TodoServerError):
    """The database does not answer; the same request may succeed in a moment."""

    code = "unavailable"
    message = "The database is not reachable at the moment. Try again shortly."

    def __init__(self, message: str | None = None, *, retry_after: int = 2) -> None:
        super().__init__(message, retry_after=retry_after)


class DatabaseRefusesError(UnavailableError):
    """The database refuses what DATABASE_URL says: only the operator can mend that."""


class NotReadyError(UnavailableError):
    """The database answers, and its schema is not the one this version needs."""

    code = "not_ready"
    message = f"The database is behind this version. {HOW_TO_MIGRATE}."


class InternalError(TodoServerError):
    """A mistake of the server's own; logged with its traceback under the request id."""

    code = "internal_error"
