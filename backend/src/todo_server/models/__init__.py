"""The nouns: each file defines a table and the shapes in which clients write and read it."""

from todo_server.models.account import (
    Account,
    AccountDelete,
    AccountRead,
    AccountUpdate,
    SignUp,
)
from todo_server.models.address import Address
from todo_server.models.attempt import Attempt
from todo_server.models.bulk import Bulk, BulkAction, BulkCommands
from todo_server.models.calendar import (
    CalendarAddress,
    CalendarMade,
    CalendarRead,
    CalendarTask,
)
from todo_server.models.change import Changes, LoggedChange, TaskChange
from todo_server.models.compatibility import OtherSignIn, OtherSignOut, OtherSignUp
from todo_server.models.delivery import Delivery, DeliveryRead
from todo_server.models.dispatch import Dispatch
from todo_server.models.export import Export, ExportedChange, ExportedTask, ExportedTrash
from todo_server.models.idempotency_key import IdempotencyKey
from todo_server.models.imported import (
    FORMAT,
    LATEST,
    WRONG_PARAMETERS,
    Import,
    Imported,
    ImportedChange,
    ImportedFilter,
    ImportedProject,
    ImportedRow,
    ImportedTag,
    ImportedTask,
    ImportedTrash,
)
from todo_server.models.notification import (
    Notification,
    NotificationCounts,
    NotificationRead,
    NotificationsRead,
    NotificationUpdate,
)
from todo_server.models.noun_input import Counts
from todo_server.models.occurrence import Occurrence
from todo_server.models.project import (
    ListedProject,
    Project,
    ProjectCreate,
    ProjectRead,
    ProjectUpdate,
)
from todo_server.models.reminder import Reminder
from todo_server.models.saved_filter import FilterCreate, FilterRead, FilterUpdate, SavedFilter
from todo_server.models.session import (
    PasswordGrant,
    Refresh,
    RefreshToken,
    Session,
    SessionRead,
    SignIn,
    SignOut,
)
from todo_server.models.settings import (
    ImportedSettings,
    Settings,
    SettingsRead,
    SettingsUpdate,
)
from todo_server.models.signing_key import SigningKey
from todo_server.models.stats import Stats
from todo_server.models.tag import (
    ListedTag,
    Tag,
    TagCreate,
    TagMerge,
    TagRead,
    TagUpdate,
)
from todo_server.models.task import (
    ChangedTaskRead,
    Completion,
    Move,
    Task,
    TaskCreate,
    TaskRead,
    TaskUpdate,
    TrashedTaskRead,
)
from todo_server.models.task.lists import TaskCount, TaskList, TaskPage, TrashList
from todo_server.models.tokens import AccountChanged, Tokens
from todo_server.models.upkeep import Upkeep
from todo_server.models.webhook import (
    ChangesMessage,
    ReminderMessage,
    TestMessage,
    Webhook,
    WebhookCreate,
    WebhookMade,
    WebhookRead,
    WebhookUpdate,
)

__all__ = [
    "FORMAT",
    "LATEST",
    "WRONG_PARAMETERS",
    "Account",
    "AccountChanged",
    "AccountDelete",
    "AccountRead",
    "AccountUpdate",
    "Address",
    "Attempt",
    "Bulk",
    "BulkAction",
    "BulkCommands",
    "CalendarAddress",
    "CalendarMade",
    "CalendarRead",
    "CalendarTask",
    "ChangedTaskRead",
    "Changes",
    "ChangesMessage",
    "Completion",
    "Counts",
    "Delivery",
    "DeliveryRead",
    "Dispatch",
    "Export",
    "ExportedChange",
    "ExportedTask",
    "ExportedTrash",
    "FilterCreate",
    "FilterRead",
    "FilterUpdate",
    "IdempotencyKey",
    "Import",
    "Imported",
    "ImportedChange",
    "ImportedFilter",
    "ImportedProject",
    "ImportedRow",
    "ImportedSettings",
    "ImportedTag",
    "ImportedTask",
    "ImportedTrash",
    "ListedProject",
    "ListedTag",
    "LoggedChange",
    "Move",
    "Notification",
    "NotificationCounts",
    "NotificationRead",
    "NotificationUpdate",
    "NotificationsRead",
    "Occurrence",
    "OtherSignIn",
    "OtherSignOut",
    "OtherSignUp",
    "PasswordGrant",
    "Project",
    "ProjectCreate",
    "ProjectRead",
    "ProjectUpdate",
    "Refresh",
    "RefreshToken",
    "Reminder",
    "ReminderMessage",
    "SavedFilter",
    "Session",
    "SessionRead",
    "Settings",
    "SettingsRead",
    "SettingsUpdate",
    "SignIn",
    "SignOut",
    "SignUp",
    "SigningKey",
    "Stats",
    "Tag",
    "TagCreate",
    "TagMerge",
    "TagRead",
    "TagUpdate",
    "Task",
    "TaskChange",
    "TaskCount",
    "TaskCreate",
    "TaskList",
    "TaskPage",
    "TaskRead",
    "TaskUpdate",
    "TestMessage",
    "Tokens",
    "TrashList",
    "TrashedTaskRead",
    "Upkeep",
    "Webhook",
    "WebhookCreate",
    "WebhookMade",
    "WebhookRead",
    "WebhookUpdate",
]
