"""Client of dalgo-notifications for Python programs: one file, standard library only, Python 3.9 or newer.

    create_job_failure_notification(flow_run_id=run.id, org="acme", error_message=str(error))

The functions of this module never raise into a pipeline and never hold it up for long. A failure is logged as a
warning and returned as `error`. `configure(raise_errors=True)` makes them raise `NotificationError` instead.

Configuration comes from `configure(...)` or the arguments of `NotificationService`, else from the environment, else from
Django's settings: `DALGO_NOTIFICATIONS_URL` (https, or a loopback address) and `DALGO_NOTIFICATIONS_KEY` (a service key).
"""

import hashlib
import http.client
import ipaddress
import json
import logging
import math
import os
import random
import re
import ssl
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from datetime import date, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    List,
    Mapping,
    NamedTuple,
    NoReturn,
    Optional,
    Sequence,
    Tuple,
    TypedDict,
    TypeVar,
    Union,
    cast,
)

__all__ = [
    "CATEGORIES",
    "FilteredPage",
    "NotificationError",
    "NotificationPreferences",
    "NotificationService",
    "Sent",
    "Synced",
    "UrgentNotifications",
    "configure",
    "connect_signals",
    "create_dbt_test_failure_notification",
    "create_job_failure_notification",
    "create_late_run_notification",
    "create_notification",
    "create_schema_change_notification",
    "get_filtered_notifications",
    "get_urgent_notifications_for_user",
    "get_user_notification_preferences",
    "notify_platform_admins",
    "sync_member",
    "sync_members",
    "update_user_notification_preferences",
]

logger = logging.getLogger("dalgo_notifications")

CATEGORIES = ("incident", "schema_change", "job_failure", "late_run", "dbt_test_failure", "system")

DEFAULT_AUTHOR = "Dalgo"

# The service's limits, in UTF-16 units. Texts of people and programs are cut to them: a failure that is told in part is
# better than one that is refused.
_MAX_MESSAGE = 10_000
_MAX_REPORTED_TEXT = 8_000
_MAX_LINE = 500
_MAX_CHANGES = 1_000
# Of the 64 KiB of a body.
_MAX_CHANGES_BYTES = 48 * 1024
_MAX_AUTHOR = 254
_MAX_SUBJECT = 200
_MAX_NAME = 200
_MAX_LABEL = 60
_MAX_MEMBERS = 10_000
_MAX_ID = 100

_MAX_ANSWER_BYTES = 16 * 1024 * 1024
_MAX_ERROR_LENGTH = 500

# The service asks for patience (429, 503), or something before it failed (Cloudflare answers 52x).
_RETRIED_STATUSES = frozenset([408, 425, 429, 502, 503, 504, 520, 521, 522, 523, 524])
_FIRST_DELAY_SECONDS = 0.25
_MAX_DELAY_SECONDS = 4.0

_USER_AGENT = "dalgo-notifications-python/1"


# What the functions take and return ------------------------------------------------------------------------------------


class SentNotification(TypedDict, total=False):
    """A notification as its sender sees it. Times are ISO 8601."""

    notification_id: int
    message: str
    urgent: bool
    category: str
    sent_time: Optional[str]
    scheduled_time: Optional[str]
    author: str


class SentAnswer(TypedDict, total=False):
    res: SentNotification
    errors: List[Any]


class InboxItem(TypedDict, total=False):
    """A notification in one person's inbox."""

    id: int
    author: str
    message: str
    timestamp: str
    urgent: bool
    category: str
    scheduled_time: Optional[str]
    sent_time: Optional[str]
    read_status: bool


class InboxAnswer(TypedDict, total=False):
    success: bool
    res: List[InboxItem]
    page: int
    limit: int
    total_pages: int
    total_notifications: int
    next_cursor: Optional[str]


class UrgentNotification(TypedDict, total=False):
    id: int
    author: str
    message: str
    category: str
    timestamp: str
    urgent: bool
    read_status: bool


class SyncAnswer(TypedDict, total=False):
    success: bool
    res: Dict[str, int]
    errors: List[Any]


class MemberRow(TypedDict, total=False):
    user_id: str
    email: str
    name: Optional[str]
    role: str


class Sent(NamedTuple):
    """`error, result = create_notification(...)`: one of the two is None."""

    error: Optional[str]
    result: Optional[SentAnswer]


class FilteredPage(NamedTuple):
    """`error, result = get_filtered_notifications(...)`: one of the two is None."""

    error: Optional[str]
    result: Optional[InboxAnswer]


class Synced(NamedTuple):
    """`error, result = sync_members(...)`: one of the two is None."""

    error: Optional[str]
    result: Optional[SyncAnswer]


class NotificationPreferences(Dict[str, Any]):
    """A person's preferences, as a dictionary and as attributes. Empty, with `error` set, if they could not be read."""

    def __init__(self, values: Optional[Mapping[str, Any]] = None, error: Optional[str] = None) -> None:
        super().__init__(values or {})
        self.error = error

    @property
    def email_notifications_enabled(self) -> Optional[bool]:
        return self.get("email_notifications_enabled")

    @property
    def incident_notifications(self) -> Optional[bool]:
        return self.get("incident_notifications")

    @property
    def schema_change_notifications(self) -> Optional[bool]:
        return self.get("schema_change_notifications")

    @property
    def job_failure_notifications(self) -> Optional[bool]:
        return self.get("job_failure_notifications")

    @property
    def late_run_notifications(self) -> Optional[bool]:
        return self.get("late_run_notifications")

    @property
    def dbt_test_failure_notifications(self) -> Optional[bool]:
        return self.get("dbt_test_failure_notifications")

    @property
    def system_notifications(self) -> Optional[bool]:
        return self.get("system_notifications")

    @property
    def timezone(self) -> Optional[str]:
        return self.get("timezone")

    @property
    def channels(self) -> Dict[str, Dict[str, bool]]:
        return self.get("channels") or {}


class UrgentNotifications(List[UrgentNotification]):
    """A person's unread urgent notifications, newest first. Empty, with `error` set, if they could not be read."""

    def __init__(
        self, items: Iterable[UrgentNotification] = (), total: Optional[int] = None, error: Optional[str] = None
    ) -> None:
        super().__init__(items)
        #: All of them; the list holds the newest 50.
        self.total = len(self) if total is None else total
        self.error = error


class NotificationError(Exception):
    """Why a call failed. The text never contains the service key."""

    def __init__(
        self,
        message: str,
        *,
        status: Optional[int] = None,
        detail: Any = None,
        retry_after_seconds: Optional[float] = None,
    ) -> None:
        super().__init__(message)
        #: The HTTP status, if there was an answer.
        self.status = status
        #: `detail` of the answer: a text, or one entry per invalid field.
        self.detail = detail
        #: When the service asked to try again.
        self.retry_after_seconds = retry_after_seconds


#: A Django `Org` (anything with `.slug`), or a slug.
OrgLike = Any
#: A Django `OrgUser` (anything with `.user_id` and `.org`), or a pair `(user_id, org)`.
OrgUserLike = Any
#: A time, aware or not, or ISO 8601. A time without a zone is in Django's current one; without Django, in UTC.
TimeLike = Union[datetime, str]

_T = TypeVar("_T")


# Requests --------------------------------------------------------------------------------------------------------------


class _Secret:
    """A text that neither `repr` nor a report of local variables shows."""

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "***"


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer: following it would hand the service key to another address."""

    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: Any) -> None:
        return None


class _Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


class _Failure(NamedTuple):
    """Why there is no answer. It holds no exception, since the frames of one would hold the key."""

    reason: str
    is_permanent: bool


class NotificationService:
    """The service at one address, with one service key. It may be shared by threads.

    timeout: seconds for one attempt, from looking up the name to the last byte of the answer.
    total_timeout: seconds for all attempts of a call together.
    attempts: how often a request is sent at most. Every attempt of a call has the same `Idempotency-Key`.
    raise_errors: raise `NotificationError`, instead of returning and logging it.
    """

    def __init__(
        self,
        url: Optional[str] = None,
        key: Optional[str] = None,
        *,
        timeout: float = 5.0,
        total_timeout: float = 15.0,
        attempts: int = 4,
        raise_errors: bool = False,
    ) -> None:
        self._url = url
        self._key = None if key is None else _Secret(key)
        # Numbers may be texts of the environment.
        self.timeout = float(timeout)
        self.total_timeout = float(total_timeout)
        self.attempts = int(attempts)
        self.raise_errors = raise_errors

    def __repr__(self) -> str:
        return f"NotificationService(url={self._url!r}, key=***)"

    # Sending

    def create_notification(
        self,
        *,
        message: str,
        author: str = DEFAULT_AUTHOR,
        sent_to: Optional[str] = None,
        recipients: Optional[Iterable[Any]] = None,
        org_slug: Optional[OrgLike] = None,
        user_email: Optional[str] = None,
        manager_or_above: bool = False,
        urgent: bool = False,
        category: str = "system",
        email_subject: Optional[str] = None,
        scheduled_time: Optional[TimeLike] = None,
        skip_email: bool = False,
        link: Optional[Mapping[str, str]] = None,
        idempotency_key: Optional[str] = None,
    ) -> Sent:
        """Sends a notification, now or at `scheduled_time`.

        sent_to: "all_users", "all_org_users" (of `org_slug`) or "single_user" (`user_email`). In its place `recipients`:
        up to 10,000 OrgUsers, or pairs `(user_id, org)`.
        link: `{"url": …, "label": …}`, an address of Dalgo's web app, or its path: the button of the e-mail.
        The answer's `errors` names the recipients who are not members; the others are notified.
        idempotency_key: the same key within 24 hours is the same notification. Without one, each call is a new one.
        """

        def send() -> SentAnswer:
            body = {
                "author": _clean(author, _MAX_AUTHOR) or DEFAULT_AUTHOR,
                "message": _clean(message, _MAX_MESSAGE),
                "sent_to": _plain(sent_to),
                "recipients": None if recipients is None else _recipients(recipients),
                "org_slug": None if org_slug is None else _slug_of(org_slug),
                "user_email": _clean(user_email),
                "manager_or_above": bool(manager_or_above) or None,
                "urgent": bool(urgent),
                "category": _plain(category),
                "email_subject": _subject(email_subject),
                "scheduled_time": None if scheduled_time is None else _iso(scheduled_time),
                "skip_email": bool(skip_email) or None,
                "link": None if link is None else _link(link),
            }
            return self._send("/api/notifications/", body, idempotency_key or str(uuid.uuid4()))

        return Sent(*self._attempt("create_notification", send))

    def create_job_failure_notification(
        self,
        flow_run_id: Any,
        org: OrgLike,
        error_message: Any = "A data pipeline job has failed.",
        *,
        idempotency_key: Optional[str] = None,
    ) -> Sent:
        """Reports a failed flow run. However often it is reported, also by Prefect, it makes one notification."""
        return self._report(
            "job-failure",
            lambda: {
                "flow_run_id": _clean(flow_run_id, _MAX_ID),
                "org_slug": _slug_of(org),
                "error_message": _clean_log(error_message) or "A data pipeline job has failed.",
            },
            idempotency_key,
        )

    def create_dbt_test_failure_notification(
        self, test_name: str, org: OrgLike, error_details: Any = "", *, idempotency_key: Optional[str] = None
    ) -> Sent:
        """Reports a dbt test that failed. The same report on the same day (UTC) makes one notification."""
        return self._report(
            "dbt-test-failure",
            lambda: {
                "test_name": _clean(test_name, _MAX_LINE),
                "org_slug": _slug_of(org),
                "error_details": _clean_log(error_details) or "dbt told no details.",
            },
            idempotency_key,
        )

    def create_late_run_notification(
        self,
        flow_name: str,
        org: OrgLike,
        expected_time: TimeLike,
        delay_minutes: Union[float, timedelta],
        *,
        idempotency_key: Optional[str] = None,
    ) -> Sent:
        """Reports a run that has not started `delay_minutes` after it was due. Each due run makes one notification."""
        return self._report(
            "late-run",
            lambda: {
                "flow_name": _clean(flow_name, _MAX_LINE),
                "org_slug": _slug_of(org),
                "expected_time": _iso(expected_time),
                "delay_minutes": _minutes(delay_minutes),
            },
            idempotency_key,
        )

    def create_schema_change_notification(
        self,
        org: OrgLike,
        source: str,
        changes: Union[str, Iterable[str]],
        *,
        idempotency_key: Optional[str] = None,
    ) -> Sent:
        """Reports what changed in a source: a text with one change per line, or a list of them."""
        return self._report(
            "schema-change",
            lambda: {
                "org_slug": _slug_of(org),
                "source": _clean(source, _MAX_LINE),
                "changes": _changes(changes),
            },
            idempotency_key,
        )

    def notify_platform_admins(
        self,
        org: OrgLike,
        flow_run_id: Any,
        state: str,
        failed_step: str = "Unknown Step",
        *,
        idempotency_key: Optional[str] = None,
    ) -> Sent:
        """Tells the people who run the platform about a failed run."""
        return self._report(
            "platform-admins",
            lambda: {
                "org_slug": _slug_of(org),
                "flow_run_id": _clean(flow_run_id, _MAX_ID),
                "state": _clean(state, _MAX_ID),
                "failed_step": None if failed_step == "Unknown Step" else _clean(failed_step, _MAX_LINE) or None,
            },
            idempotency_key,
        )

    # One person

    def get_user_notification_preferences(self, orguser: OrgUserLike) -> NotificationPreferences:
        """A person's preferences. Whoever has chosen nothing gets everything."""
        error, found = self._attempt(
            "get_user_notification_preferences",
            lambda: self._as_person("GET", "/api/notifications/preferences", orguser),
        )
        return NotificationPreferences((found or {}).get("res"), error)

    def update_user_notification_preferences(
        self,
        orguser: OrgUserLike,
        email_notifications_enabled: Optional[bool] = None,
        incident_notifications: Optional[bool] = None,
        schema_change_notifications: Optional[bool] = None,
        job_failure_notifications: Optional[bool] = None,
        late_run_notifications: Optional[bool] = None,
        dbt_test_failure_notifications: Optional[bool] = None,
        system_notifications: Optional[bool] = None,
        *,
        timezone: Optional[str] = None,
        channels: Optional[Mapping[str, Mapping[str, bool]]] = None,
    ) -> NotificationPreferences:
        """Changes what is given, and returns all preferences.

        timezone: an IANA name; an empty text for the organisation's.
        channels: for example `{"incident": {"email": False}}`.
        """
        switches = {
            "email_notifications_enabled": email_notifications_enabled,
            "incident_notifications": incident_notifications,
            "schema_change_notifications": schema_change_notifications,
            "job_failure_notifications": job_failure_notifications,
            "late_run_notifications": late_run_notifications,
            "dbt_test_failure_notifications": dbt_test_failure_notifications,
            "system_notifications": system_notifications,
        }
        body: Dict[str, Any] = {name: bool(value) for name, value in switches.items() if value is not None}
        if timezone is not None:
            body["timezone"] = timezone or None
        if channels is not None:
            body["channels"] = channels
        error, found = self._attempt(
            "update_user_notification_preferences",
            lambda: self._as_person("PUT", "/api/notifications/preferences", orguser, body=body),
        )
        return NotificationPreferences((found or {}).get("res"), error)

    def get_filtered_notifications(
        self,
        orguser: OrgUserLike,
        page: int = 1,
        limit: int = 10,
        category: Union[str, Sequence[str], None] = None,
        urgent_only: bool = False,
        read_status: Union[int, bool, None] = None,
        *,
        from_time: Union[TimeLike, date, None] = None,
        to_time: Union[TimeLike, date, None] = None,
        q: Optional[str] = None,
        cursor: Optional[str] = None,
    ) -> FilteredPage:
        """A page of a person's inbox, newest first.

        read_status: 0 or False for unread, 1 or True for read.
        from_time, to_time: inclusive. A date is its whole day.
        cursor: `next_cursor` of the page before, in place of `page`.
        """

        def fetch() -> Dict[str, Any]:
            query = {
                "page": None if cursor else page,
                "limit": limit,
                "category": _categories(category),
                "urgent_only": "true" if urgent_only else None,
                "read_status": None if read_status is None else int(bool(int(read_status))),
                "from": None if from_time is None else _iso(from_time),
                "to": None if to_time is None else _iso(to_time),
                "q": _clean(q) or None,
                "cursor": cursor,
            }
            return self._as_person("GET", "/api/notifications/filtered", orguser, query=query)

        error, found = self._attempt("get_filtered_notifications", fetch)
        return FilteredPage(error, cast("Optional[InboxAnswer]", found))

    def get_urgent_notifications_for_user(self, orguser: OrgUserLike) -> UrgentNotifications:
        """A person's unread urgent notifications, newest first."""
        error, found = self._attempt(
            "get_urgent_notifications_for_user",
            lambda: self._as_person("GET", "/api/notifications/urgent-bar", orguser),
        )
        answer = found or {}
        return UrgentNotifications(answer.get("res") or [], answer.get("total"), error)

    # People

    def sync_members(
        self,
        org: OrgLike,
        members: Optional[Iterable[Any]] = None,
        *,
        allow_empty: bool = False,
        timeout: float = 30.0,
    ) -> Synced:
        """Makes the service's list of an organisation's members equal to Django's. It may run at any time.

        The organisation is created or renamed, people are added and changed, and all others are removed. Inactive users
        and those without an e-mail address are not members. One row that the service refuses refuses the whole list, and
        the error names that person.

        org: a Django `Org`. members: its OrgUsers; without them, `org.orguser_set` is read.
        allow_empty: remove everybody if there are no members. Without it, an empty list is an error.
        """

        def sync() -> Dict[str, Any]:
            deadline = time.monotonic() + max(timeout, self.total_timeout)
            slug = _slug_of(org)
            path = f"/api/orgs/{urllib.parse.quote(slug, safe='')}"
            rows = _member_rows(_read_members(org) if members is None else members)
            if not rows and not allow_empty:
                raise NotificationError(f"{slug} has no members with an e-mail address. Nothing was changed.")
            if len(rows) > _MAX_MEMBERS:
                raise NotificationError(f"{slug} has more than {_MAX_MEMBERS} members. Nothing was changed.")
            self._call("PUT", path, body={"name": _org_name(org, slug)}, deadline=deadline)
            try:
                return self._call("PUT", f"{path}/members", body=rows, deadline=deadline, timeout=timeout)
            except NotificationError as error:
                raise _naming_people(error, rows) from None

        error, found = self._attempt("sync_members", sync)
        return Synced(error, cast("Optional[SyncAnswer]", found))

    def sync_member(self, orguser: OrgUserLike, *, is_member: bool = True) -> Synced:
        """Adds or changes one member. An inactive user, or `is_member=False`, is removed."""

        def sync() -> Dict[str, Any]:
            slug = _slug_of(orguser.org)
            path = f"/api/orgs/{urllib.parse.quote(slug, safe='')}"
            rows = _member_rows([orguser]) if is_member else []
            if not rows:
                return self._remove_member(path, orguser.user_id)
            try:
                answer = self._call("PATCH", f"{path}/members", body=rows)
            except NotificationError as error:
                if error.status != 404:
                    raise
                self._call("PUT", path, body={"name": _org_name(orguser.org, slug)})
                answer = self._call("PATCH", f"{path}/members", body=rows)
            if answer.get("errors"):
                raise NotificationError(f"The service refused the member: {_detail_text(answer['errors'])}")
            return answer

        error, found = self._attempt("sync_member", sync)
        return Synced(error, cast("Optional[SyncAnswer]", found))

    def _remove_member(self, path: str, user_id: Any) -> Dict[str, Any]:
        removed = 1
        try:
            self._call("DELETE", f"{path}/members/{urllib.parse.quote(str(user_id), safe='')}")
        except NotificationError as error:
            if error.status != 404:
                raise
            removed = 0
        return {"success": True, "res": {"added": 0, "changed": 0, "removed": removed, "unchanged": 0}, "errors": []}

    # Anything else

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: Optional[Mapping[str, Any]] = None,
        idempotency_key: Optional[str] = None,
    ) -> Dict[str, Any]:
        """The JSON answer of any route, with the service key. Always raises `NotificationError` on failure."""
        return self._call(method, path, body=body, query=query, idempotency_key=idempotency_key)

    # Below, failures are raised. `_attempt` is where they are returned.

    def _attempt(self, name: str, call: Callable[[], _T]) -> Tuple[Optional[str], Optional[_T]]:
        try:
            return None, call()
        except NotificationError as error:
            if self.raise_errors:
                raise
            logger.warning("%s: %s", name, error)
            return str(error), None
        except Exception as error:  # pylint: disable=broad-except
            if not _is_of_an_argument(error):
                raise
            fault = NotificationError(f"An argument cannot be used ({type(error).__name__}: {_clean(error, 200)})")
            if self.raise_errors:
                raise fault from error
            logger.warning("%s: %s", name, fault)
            return str(fault), None

    def _report(self, signal: str, body: Callable[[], Dict[str, Any]], idempotency_key: Optional[str]) -> Sent:
        def send() -> SentAnswer:
            report = body()
            return self._send(f"/api/signals/{signal}", report, idempotency_key or _content_key(signal, report))

        return Sent(*self._attempt(f"report {signal}", send))

    def _send(self, path: str, body: Mapping[str, Any], idempotency_key: str) -> SentAnswer:
        present = {name: value for name, value in body.items() if value is not None}
        return cast(SentAnswer, self._call("POST", path, body=present, idempotency_key=idempotency_key))

    def _as_person(
        self,
        method: str,
        path: str,
        orguser: OrgUserLike,
        *,
        body: Any = None,
        query: Optional[Mapping[str, Any]] = None,
    ) -> Dict[str, Any]:
        user_id, slug = _person(orguser)
        headers = {"x-dalgo-user": user_id, "x-dalgo-org": slug}
        return self._call(method, path, body=body, query=query, headers=headers)

    def _call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: Optional[Mapping[str, Any]] = None,
        headers: Optional[Mapping[str, str]] = None,
        idempotency_key: Optional[str] = None,
        deadline: Optional[float] = None,
        timeout: Optional[float] = None,
    ) -> Dict[str, Any]:
        url, is_loopback = _service_url(self._url or setting("DALGO_NOTIFICATIONS_URL"))
        key = _service_key(self._key or _Secret(setting("DALGO_NOTIFICATIONS_KEY") or ""))
        present = [(name, str(value)) for name, value in (query or {}).items() if value is not None]
        target = f"{url}{path}{'?' + urllib.parse.urlencode(present) if present else ''}"
        sent: Dict[str, str] = {"accept": "application/json", "user-agent": _USER_AGENT, **(headers or {})}
        if idempotency_key is not None:
            sent["idempotency-key"] = str(idempotency_key)
        for name, value in sent.items():
            if not re.fullmatch(r"[\x20-\x7e]{1,255}", value):
                raise NotificationError(f"{name} must have 1 to 255 printable ASCII characters.")
        data = None
        if body is not None:
            data = _json(body)
            sent["content-type"] = "application/json"

        def attempt(seconds: float) -> Union[_Answer, _Failure]:
            request = urllib.request.Request(target, data=data, headers=sent, method=method)
            # An unredirected header is not sent to a proxy that opens the tunnel.
            request.add_unredirected_header("authorization", f"Bearer {key.reveal()}")
            outcome = _within(seconds, lambda: _exchange(request, seconds, is_loopback))
            if isinstance(outcome, _Answer):
                outcome = outcome._replace(body=outcome.body.replace(key.reveal().encode(), b"***"))
            return outcome

        return _parse(self._with_retries(attempt, deadline, timeout))

    def _with_retries(
        self,
        attempt: Callable[[float], Union[_Answer, _Failure]],
        deadline: Optional[float],
        timeout: Optional[float],
    ) -> _Answer:
        end = time.monotonic() + self.total_timeout if deadline is None else deadline
        for number in range(1, self.attempts + 1):
            outcome = attempt(max(0.01, min(timeout or self.timeout, end - time.monotonic())))
            is_last = number == self.attempts
            if isinstance(outcome, _Answer):
                if is_last or outcome.status not in _RETRIED_STATUSES:
                    return outcome
                asked = _retry_after(outcome.headers)
            elif is_last or outcome.is_permanent:
                _raise_failure(outcome, number)
            else:
                asked = None
            delay = min(_MAX_DELAY_SECONDS, _FIRST_DELAY_SECONDS * 2 ** (number - 1)) * random.uniform(0.5, 1)
            # Earlier than the service asked would be refused again, and later than the deadline holds up the caller.
            delay = max(delay, asked or 0)
            if time.monotonic() + delay >= end:
                if isinstance(outcome, _Answer):
                    return outcome
                _raise_failure(outcome, number)
            time.sleep(delay)
        raise NotificationError("attempts must be at least 1.")


def _is_of_an_argument(error: Exception) -> bool:
    """Whether a value, or Django's database behind it, is at fault. A time limit of Celery is another exception."""
    if isinstance(error, (TypeError, AttributeError, ValueError, LookupError, ArithmeticError)):
        return True
    return any(each.__module__.startswith("django.") for each in type(error).__mro__)


def _is_time_limit(error: Exception) -> bool:
    """Whether Celery's soft time limit ends the task. It comes by a signal, wherever the task is."""
    return any(each.__name__ == "SoftTimeLimitExceeded" for each in type(error).__mro__)


def _exchange(request: urllib.request.Request, seconds: float, is_loopback: bool) -> Union[_Answer, _Failure]:
    """One request and its answer."""
    # On the loopback, HTTP is not encrypted: a proxy from the environment would read the key.
    proxies = [urllib.request.ProxyHandler({})] if is_loopback else []
    opener = urllib.request.build_opener(_NoRedirects(), *proxies)
    try:
        try:
            response = opener.open(request, timeout=seconds)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            body = response.read(_MAX_ANSWER_BYTES + 1)
            if len(body) > _MAX_ANSWER_BYTES:
                return _Failure("the answer is too large", True)
            headers = {name.lower(): value for name, value in response.headers.items()}
            length = headers.get("content-length", "")
            # `read` with a limit does not tell that the connection ended early.
            if length.isdigit() and len(body) < int(length):
                return _Failure("the answer ended early", False)
            return _Answer(int(response.status or 0), headers, body)
    except urllib.error.URLError as error:
        return _failure(error.reason)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return _failure(error)


def _failure(reason: Any) -> _Failure:
    name = type(reason).__name__ if isinstance(reason, BaseException) else "error"
    is_permanent = isinstance(reason, (ssl.SSLCertVerificationError, ValueError))
    # The text of a ValueError may quote a header.
    text = "" if isinstance(reason, ValueError) else f": {reason}"
    return _Failure(f"{name}{text}"[:_MAX_ERROR_LENGTH], is_permanent)


def _within(seconds: float, call: Callable[[], Union[_Answer, _Failure]]) -> Union[_Answer, _Failure]:
    """Runs the call for at most these seconds.

    A time-out of a socket begins anew with each byte, and looking up a name has none. The call therefore runs in a
    thread that is given up.
    """
    outcomes: List[Union[_Answer, _Failure]] = []
    # An exception that a signal handler raises (Celery's soft time limit) reaches the caller, who waits here.
    thread = threading.Thread(target=lambda: outcomes.append(_caught(call)), name="dalgo-notifications", daemon=True)
    try:
        thread.start()
    except RuntimeError:
        # The interpreter is ending, and starts no more threads.
        return _caught(call)
    thread.join(seconds)
    return outcomes[0] if outcomes else _Failure(f"no answer within {seconds:.3g} s", False)


def _caught(call: Callable[[], Union[_Answer, _Failure]]) -> Union[_Answer, _Failure]:
    try:
        return call()
    except Exception as error:  # pylint: disable=broad-except
        return _Failure(type(error).__name__, True)


def _raise_failure(failure: _Failure, attempts: int) -> NoReturn:
    tries = "" if attempts == 1 else f" ({attempts} attempts)"
    raise NotificationError(f"The notification service could not be reached: {failure.reason}{tries}")


def _parse(answer: _Answer) -> Dict[str, Any]:
    status = answer.status
    if 300 <= status < 400:
        place = urllib.parse.urlsplit(answer.headers.get("location", "")).netloc.rpartition("@")[2][:100]
        raise NotificationError(
            f"The notification service answered {status}, a redirect{f' to {place}' if place else ''}, which is not "
            "followed. DALGO_NOTIFICATIONS_URL must be the address of the service itself.",
            status=status,
        )
    parsed: Any = None
    try:
        parsed = json.loads(answer.body.decode("utf-8"))
    except (ValueError, RecursionError):
        pass
    if status == 200 and isinstance(parsed, dict):
        return parsed
    if status == 200:
        raise NotificationError(
            "The answer is not JSON of the notification service. Does DALGO_NOTIFICATIONS_URL lead to it?",
            status=status,
        )
    detail = parsed.get("detail") if isinstance(parsed, dict) else None
    asked = _retry_after(answer.headers)
    text = _detail_text(detail)
    raise NotificationError(
        f"The notification service answered {status}{': ' if text else ''}{text}"
        f"{f' (try again in {asked:.0f} s)' if asked else ''}",
        status=status,
        detail=detail,
        retry_after_seconds=asked,
    )


def _detail_text(detail: Any) -> str:
    """`detail` in one line: a text, or `loc: msg` per invalid field."""
    if isinstance(detail, str):
        return " ".join(detail.split())[:_MAX_ERROR_LENGTH]
    if not isinstance(detail, list):
        return ""
    lines = []
    for issue in detail[:20]:
        if not isinstance(issue, dict):
            lines.append(str(issue))
            continue
        loc = issue.get("loc")
        place = ".".join(str(part) for part in loc) if isinstance(loc, list) else issue.get("user_id", "")
        lines.append(f"{place}: {issue.get('msg') or issue.get('reason') or issue.get('error') or ''}")
    return " ".join("; ".join(lines).split())[:_MAX_ERROR_LENGTH]


def _retry_after(headers: Mapping[str, str]) -> Optional[float]:
    """The header in seconds from now: a number, or a date."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", value):
        return float(value)
    try:
        at = parsedate_to_datetime(value)
        return max(0.0, at.timestamp() - time.time())
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


# Configuration ---------------------------------------------------------------------------------------------------------


def setting(name: str) -> Optional[str]:
    """A variable from the environment, or from Django's settings if the program uses Django."""
    if os.environ.get(name):
        return os.environ[name]
    conf = sys.modules.get("django.conf")
    if conf is None:
        return None
    try:
        value = getattr(conf.settings, name, None)
    except Exception:  # pylint: disable=broad-except
        # Django is installed, and not configured.
        return None
    return str(value) if value else None


def _service_url(text: Optional[str]) -> Tuple[str, bool]:
    """The address without a trailing slash, and whether it is on this machine."""
    if not text:
        raise NotificationError("DALGO_NOTIFICATIONS_URL is not set.")
    try:
        parts = urllib.parse.urlsplit(text.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise NotificationError("DALGO_NOTIFICATIONS_URL is not an address.") from None
    is_plain = bool(host) and not (parts.query or parts.fragment or parts.username or parts.password)
    if not is_plain or parts.scheme not in ("http", "https") or not re.fullmatch(r"[\x21-\x7e]+", text.strip()):
        raise NotificationError("DALGO_NOTIFICATIONS_URL must be an address such as https://notifications.example.org.")
    is_loopback = _is_loopback(host or "")
    if parts.scheme == "http" and not is_loopback:
        raise NotificationError("DALGO_NOTIFICATIONS_URL must begin with https:// (http:// only on this machine).")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}", is_loopback


def _is_loopback(host: str) -> bool:
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _service_key(key: _Secret) -> _Secret:
    stripped = _Secret(key.reveal().strip())
    if not stripped.reveal():
        raise NotificationError("DALGO_NOTIFICATIONS_KEY is not set.")
    if not re.fullmatch(r"[\x21-\x7e]+", stripped.reveal()):
        raise NotificationError("DALGO_NOTIFICATIONS_KEY must have printable ASCII characters only, and no blanks.")
    return stripped


# Values of the wire ----------------------------------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    """The value of an Enum, such as Django's choices; anything else as it is."""
    return value.value if isinstance(value, Enum) else value


def _clean(value: Any, limit: Optional[int] = None) -> Optional[str]:
    """A text that the service takes: without NUL and halves of characters, and no longer than the limit."""
    if value is None:
        return None
    try:
        # The output of a subprocess is bytes.
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(_plain(value))
    except Exception:  # pylint: disable=broad-except
        text = f"({type(value).__name__})"
    # Two surrogates that belong together become one character, and a lone one U+FFFD.
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "")
    return whole if limit is None else _cut(whole.strip(), limit)


def _units(text: str) -> int:
    """The length as the service counts it, in UTF-16 units."""
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)


def _cut(text: str, limit: int) -> str:
    """The beginning of a long text, with an ellipsis, between two words where there are words.

    A password that is cut in half would no longer be recognised, and hidden, by the service.
    """
    if len(text) <= limit and _units(text) <= limit:
        return text
    kept = text[: limit - 1]
    while _units(kept) > limit - 1:
        kept = kept[: len(kept) - max(1, (_units(kept) - limit + 1) // 2)]
    word_end = re.search(r"[\s,;\"'{}()\[\]][^\s,;\"'{}()\[\]]*$", kept[len(kept) // 2 :])
    if word_end:
        kept = kept[: len(kept) // 2 + word_end.start()]
    return kept.rstrip() + "…"


def _clean_log(value: Any) -> str:
    """A text that may be a traceback: of a long one, the beginning and the last line, which tells the cause."""
    text = (_clean(value) or "").strip()
    if _units(text) <= _MAX_REPORTED_TEXT:
        return text
    last = text.rpartition("\n")[2].strip()
    # A line without blanks may be a piece of a key.
    if " " not in last or _units(last) > 1_000:
        return _cut(text, _MAX_REPORTED_TEXT)
    return f"{_cut(text, _MAX_REPORTED_TEXT - _units(last) - 1)}\n{last}"


def _subject(value: Any) -> Optional[str]:
    """One line; without anything in it, the service writes the subject."""
    return _clean(" ".join((_clean(value) or "").split()), _MAX_SUBJECT) or None


def _changes(changes: Union[str, Iterable[str]]) -> List[str]:
    lines = changes.splitlines() if isinstance(changes, str) else list(changes)
    cleaned = [text for text in (_clean(line, _MAX_LINE) for line in lines) if text]
    if len(_json(cleaned)) > _MAX_CHANGES_BYTES:
        # The service shows the first 20, and counts the others.
        cleaned = [*cleaned[:20], *(_cut(text, 10) for text in cleaned[20:])]
    kept, size = 0, 0
    for text in cleaned:
        size += len(_json(text)) + 2
        if size > _MAX_CHANGES_BYTES:
            break
        kept += 1
    if kept == len(cleaned) <= _MAX_CHANGES:
        return cleaned
    kept = min(kept, _MAX_CHANGES - 1)
    return [*cleaned[:kept], f"and {len(cleaned) - kept} more"]


def _categories(category: Union[str, Sequence[str], None]) -> Optional[str]:
    if category is None or isinstance(category, (str, Enum)):
        return cast(Optional[str], _plain(category)) or None
    return ",".join(str(_plain(each)) for each in category) or None


def _minutes(delay: Union[float, timedelta]) -> float:
    try:
        minutes = delay.total_seconds() / 60 if isinstance(delay, timedelta) else float(delay)
    except (TypeError, ValueError):
        minutes = math.nan
    if not math.isfinite(minutes):
        raise NotificationError("delay_minutes must be a number or a timedelta.")
    return max(0.0, minutes)


def _iso(value: Union[TimeLike, date]) -> str:
    """ISO 8601 in UTC. A date stays a date, and a text that is no time is left for the service to judge."""
    if isinstance(value, str):
        try:
            # Python before 3.11 does not know `Z`.
            parsed = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", value.strip()))
        except ValueError:
            return value
        return value if len(value.strip()) <= 10 else _iso(parsed)
    if not isinstance(value, datetime):
        return value.isoformat()
    aware = value if value.utcoffset() is not None else _with_zone(value)
    try:
        utc = aware.astimezone(timezone.utc)
    except OverflowError:
        raise NotificationError("The time is out of range.") from None
    return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _with_zone(value: datetime) -> datetime:
    """A time without a zone is in Django's current one; without Django, in UTC."""
    django_timezone = sys.modules.get("django.utils.timezone")
    if django_timezone is not None:
        try:
            return cast(datetime, django_timezone.make_aware(value))
        except Exception:  # pylint: disable=broad-except
            # Django is not configured, or the hour exists twice (pytz).
            pass
    return value.replace(tzinfo=timezone.utc)


def _json(body: Any) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (TypeError, ValueError, RecursionError) as error:
        raise NotificationError(f"A value cannot be sent as JSON ({type(error).__name__}).") from None


def _content_key(signal: str, report: Mapping[str, Any]) -> str:
    """The same report on the same day (UTC) has the same key, so that each of its attempts makes one notification."""
    content = json.dumps([signal, report], sort_keys=True)
    day = datetime.now(timezone.utc).date().isoformat()
    return f"{signal}-{day}-{hashlib.sha256(content.encode('utf-8', 'replace')).hexdigest()}"


def _slug_of(org: OrgLike) -> str:
    slug = org if isinstance(org, str) else getattr(org, "slug", None)
    if not isinstance(slug, str) or not slug.strip():
        raise NotificationError("The organisation has no slug.")
    return slug.strip()


def _person(orguser: OrgUserLike) -> Tuple[str, str]:
    """The user's id and the organisation's slug."""
    if isinstance(orguser, (tuple, list)) and len(orguser) == 2:
        user_id, org = orguser
    elif isinstance(orguser, Mapping):
        user_id, org = orguser.get("user_id"), orguser.get("org_slug") or orguser.get("org")
    else:
        user_id, org = getattr(orguser, "user_id", None), getattr(orguser, "org", None)
    if user_id is None or not str(user_id):
        raise NotificationError("The person has no user_id.")
    if org is None:
        raise NotificationError("The person belongs to no organisation.")
    return str(user_id), _slug_of(org)


def _recipients(orgusers: Iterable[OrgUserLike]) -> List[Dict[str, str]]:
    """Each person once: Django may have several OrgUsers of one user."""
    people = dict.fromkeys(_person(orguser) for orguser in orgusers)
    return [{"org_slug": slug, "user_id": user_id} for user_id, slug in people]


def _link(link: Mapping[str, str]) -> Dict[str, Optional[str]]:
    return {**{name: _clean(value) for name, value in link.items()}, "label": _clean(link.get("label"), _MAX_LABEL)}


# Django's people -------------------------------------------------------------------------------------------------------

_ROLES = {
    "member": "member",
    "guest": "member",
    "analyst": "analyst",
    "admin": "admin",
    "pipeline-manager": "admin",
    "account-manager": "admin",
    "super-admin": "super-admin",
}
_RANKS = {"member": 1, "analyst": 2, "admin": 3, "super-admin": 4}


def _read_members(org: OrgLike) -> Iterable[Any]:
    """The OrgUsers of a Django `Org`. A failing database is reported like a failing service."""
    related = getattr(org, "orguser_set", None)
    if related is None:
        raise NotificationError("sync_members needs a Django Org, or the members.")
    try:
        return list(related.select_related("user", "new_role"))
    except Exception as error:  # pylint: disable=broad-except
        if _is_time_limit(error):
            raise
        raise NotificationError(f"The members could not be read ({type(error).__name__}).") from None


def _member_rows(orgusers: Iterable[Any]) -> List[MemberRow]:
    """One row per active user with an address. Of two OrgUsers of one user, the higher role counts."""
    rows: Dict[str, MemberRow] = {}
    for orguser in orgusers:
        row = dict(orguser) if isinstance(orguser, Mapping) else _member_row(orguser)
        if row is None or not row.get("email"):
            continue
        user_id = str(row["user_id"])
        known = rows.get(user_id)
        if known is None or _RANKS.get(known["role"], 0) < _RANKS.get(str(row.get("role")), 0):
            rows[user_id] = cast(MemberRow, {**row, "user_id": user_id})
    return list(rows.values())


def _member_row(orguser: Any) -> Optional[Dict[str, Any]]:
    user = getattr(orguser, "user", None)
    if user is None or getattr(user, "is_active", True) is False:
        return None
    names = [getattr(user, "first_name", "") or "", getattr(user, "last_name", "") or ""]
    slug = getattr(getattr(orguser, "new_role", None), "slug", None)
    return {
        "user_id": str(orguser.user_id),
        "email": (_clean(getattr(user, "email", None) or getattr(user, "username", None)) or "").strip(),
        "name": _clean(" ".join(names), _MAX_NAME) or None,
        # Without a role, and with one that the service does not know, a person may do the least.
        "role": _ROLES.get(str(slug), "member"),
    }


class _Former(NamedTuple):
    """An OrgUser that is no longer in the database."""

    user_id: Any
    org: Any


def _org_name(org: OrgLike, slug: str) -> str:
    return _clean(getattr(org, "name", None), _MAX_NAME) or slug


def _naming_people(error: NotificationError, rows: Sequence[MemberRow]) -> NotificationError:
    """Adds to `["body", 3, "email"]` whose row that is."""
    if not isinstance(error.detail, list):
        return error
    named = []
    for issue in error.detail:
        loc = issue.get("loc") if isinstance(issue, dict) else None
        index = loc[1] if isinstance(loc, list) and len(loc) > 1 else None
        if isinstance(index, str) and index.isdigit():
            index = int(index)
        if isinstance(index, int) and 0 <= index < len(rows) and isinstance(loc, list):
            issue = {**issue, "loc": [f"user {rows[index]['user_id']}", *loc[2:]]}
        named.append(issue)
    text = f"The notification service answered {error.status}: {_detail_text(named)}"
    return NotificationError(text, status=error.status, detail=error.detail)


def connect_signals(
    OrgUser: Any,
    User: Any = None,
    Org: Any = None,
    *,
    service: Optional[NotificationService] = None,
    run: Optional[Callable[[Callable[[], None]], None]] = None,
) -> None:
    """Keeps the service's members equal to Django's. Call it once, in `AppConfig.ready`.

    On saving or deleting an OrgUser, its member is added, changed or removed after the transaction commits. With `User`,
    a changed address, name or `is_active` is passed on too; with `Org`, a changed name. A failure is logged and never
    breaks the saving: a call takes 3 seconds at most, and `sync_members` mends later what it missed.

    run: gets what is to be done, for example to do it in a thread. Without it, it is done at once.
    """
    from django.db import transaction  # type: ignore[import-not-found,import-untyped,unused-ignore]
    from django.db.models.signals import (  # type: ignore[import-not-found,import-untyped,unused-ignore]
        post_delete,
        post_save,
        pre_delete,
    )

    def after_commit(job: Callable[[NotificationService], Any], using: Optional[str]) -> None:
        def do() -> None:
            try:
                job(service or default_service(timeout=2.0, total_timeout=3.0, attempts=2))
            except Exception as error:  # pylint: disable=broad-except
                if _is_time_limit(error):
                    raise
                reason = error if isinstance(error, NotificationError) else type(error).__name__
                logger.warning("A change of members was not passed on: %s", reason)

        transaction.on_commit(lambda: (run or (lambda todo: todo()))(do), using=using)

    def sync_current(org: Any, org_id: Any, user_id: Any, to: NotificationService) -> None:
        # What the database says now, since another change may have come meanwhile.
        rows = OrgUser._default_manager.filter(org_id=org_id, user_id=user_id).select_related("user", "new_role", "org")
        current = list(rows)
        if not current:
            to.sync_member(_Former(user_id, org), is_member=False)
            return
        to.sync_member(max(current, key=lambda each: _RANKS[(_member_row(each) or {"role": "member"})["role"]]))

    def load_org(sender: Any, instance: Any, **_: Any) -> None:
        # Where an organisation is deleted with its members, it can be read only before.
        try:
            bool(instance.org)
        except Exception as error:  # pylint: disable=broad-except
            logger.warning("A removed member's organisation cannot be read: %s", type(error).__name__)

    def on_org_user(sender: Any, instance: Any, using: Optional[str] = None, raw: bool = False, **_: Any) -> None:
        if raw:
            return
        try:
            org, org_id, user_id = instance.org, instance.org_id, instance.user_id
        except Exception as error:  # pylint: disable=broad-except
            logger.warning("A change of members was not passed on: %s", type(error).__name__)
            return
        if org is not None:
            after_commit(lambda to: sync_current(org, org_id, user_id, to), using)

    def on_user(sender: Any, instance: Any, using: Optional[str] = None, raw: bool = False, **_: Any) -> None:
        def sync_all(to: NotificationService) -> None:
            for orguser in OrgUser._default_manager.filter(user_id=instance.pk).select_related("org"):
                if orguser.org is not None:
                    sync_current(orguser.org, orguser.org_id, instance.pk, to)

        if not raw:
            after_commit(sync_all, using)

    def on_org(sender: Any, instance: Any, using: Optional[str] = None, raw: bool = False, **_: Any) -> None:
        def rename(to: NotificationService) -> None:
            slug = _slug_of(instance)
            to.request("PUT", f"/api/orgs/{urllib.parse.quote(slug, safe='')}", body={"name": _org_name(instance, slug)})

        if not raw:
            after_commit(rename, using)

    pre_delete.connect(load_org, sender=OrgUser, weak=False, dispatch_uid="dalgo_notifications.load_org")
    for signal in (post_save, post_delete):
        signal.connect(on_org_user, sender=OrgUser, weak=False, dispatch_uid="dalgo_notifications.org_user")
    if User is not None:
        post_save.connect(on_user, sender=User, weak=False, dispatch_uid="dalgo_notifications.user")
    if Org is not None:
        post_save.connect(on_org, sender=Org, weak=False, dispatch_uid="dalgo_notifications.org")


# The functions of the module use one service -----------------------------------------------------------------------------

_configured: Dict[str, Any] = {}
_lock = threading.Lock()


def configure(**options: Any) -> None:
    """Sets the arguments of `NotificationService` for the functions of this module, in place of earlier ones."""
    global _configured
    NotificationService(**options)
    with _lock:
        _configured = dict(options)


def default_service(**defaults: Any) -> NotificationService:
    """A service with what `configure` was given, else with these defaults."""
    with _lock:
        return NotificationService(**{**defaults, **_configured})


def create_notification(
    *,
    message: str,
    author: str = DEFAULT_AUTHOR,
    sent_to: Optional[str] = None,
    recipients: Optional[Iterable[Any]] = None,
    org_slug: Optional[OrgLike] = None,
    user_email: Optional[str] = None,
    manager_or_above: bool = False,
    urgent: bool = False,
    category: str = "system",
    email_subject: Optional[str] = None,
    scheduled_time: Optional[TimeLike] = None,
    skip_email: bool = False,
    link: Optional[Mapping[str, str]] = None,
    idempotency_key: Optional[str] = None,
) -> Sent:
    """See `NotificationService.create_notification`."""
    return default_service().create_notification(
        message=message,
        author=author,
        sent_to=sent_to,
        recipients=recipients,
        org_slug=org_slug,
        user_email=user_email,
        manager_or_above=manager_or_above,
        urgent=urgent,
        category=category,
        email_subject=email_subject,
        scheduled_time=scheduled_time,
        skip_email=skip_email,
        link=link,
        idempotency_key=idempotency_key,
    )


def create_job_failure_notification(
    flow_run_id: Any,
    org: OrgLike,
    error_message: Any = "A data pipeline job has failed.",
    *,
    idempotency_key: Optional[str] = None,
) -> Sent:
    """See `NotificationService.create_job_failure_notification`."""
    return default_service().create_job_failure_notification(
        flow_run_id, org, error_message, idempotency_key=idempotency_key
    )


def create_dbt_test_failure_notification(
    test_name: str, org: OrgLike, error_details: Any = "", *, idempotency_key: Optional[str] = None
) -> Sent:
    """See `NotificationService.create_dbt_test_failure_notification`."""
    return default_service().create_dbt_test_failure_notification(
        test_name, org, error_details, idempotency_key=idempotency_key
    )


def create_late_run_notification(
    flow_name: str,
    org: OrgLike,
    expected_time: TimeLike,
    delay_minutes: Union[float, timedelta],
    *,
    idempotency_key: Optional[str] = None,
) -> Sent:
    """See `NotificationService.create_late_run_notification`."""
    return default_service().create_late_run_notification(
        flow_name, org, expected_time, delay_minutes, idempotency_key=idempotency_key
    )


def create_schema_change_notification(
    org: OrgLike, source: str, changes: Union[str, Iterable[str]], *, idempotency_key: Optional[str] = None
) -> Sent:
    """See `NotificationService.create_schema_change_notification`."""
    return default_service().create_schema_change_notification(org, source, changes, idempotency_key=idempotency_key)


def notify_platform_admins(
    org: OrgLike,
    flow_run_id: Any,
    state: str,
    failed_step: str = "Unknown Step",
    *,
    idempotency_key: Optional[str] = None,
) -> Sent:
    """See `NotificationService.notify_platform_admins`."""
    return default_service().notify_platform_admins(
        org, flow_run_id, state, failed_step, idempotency_key=idempotency_key
    )


def get_user_notification_preferences(orguser: OrgUserLike) -> NotificationPreferences:
    """See `NotificationService.get_user_notification_preferences`."""
    return default_service().get_user_notification_preferences(orguser)


def update_user_notification_preferences(
    orguser: OrgUserLike,
    email_notifications_enabled: Optional[bool] = None,
    incident_notifications: Optional[bool] = None,
    schema_change_notifications: Optional[bool] = None,
    job_failure_notifications: Optional[bool] = None,
    late_run_notifications: Optional[bool] = None,
    dbt_test_failure_notifications: Optional[bool] = None,
    system_notifications: Optional[bool] = None,
    *,
    timezone: Optional[str] = None,
    channels: Optional[Mapping[str, Mapping[str, bool]]] = None,
) -> NotificationPreferences:
    """See `NotificationService.update_user_notification_preferences`."""
    return default_service().update_user_notification_preferences(
        orguser,
        email_notifications_enabled,
        incident_notifications,
        schema_change_notifications,
        job_failure_notifications,
        late_run_notifications,
        dbt_test_failure_notifications,
        system_notifications,
        timezone=timezone,
        channels=channels,
    )


def get_filtered_notifications(
    orguser: OrgUserLike,
    page: int = 1,
    limit: int = 10,
    category: Union[str, Sequence[str], None] = None,
    urgent_only: bool = False,
    read_status: Union[int, bool, None] = None,
    *,
    from_time: Union[TimeLike, date, None] = None,
    to_time: Union[TimeLike, date, None] = None,
    q: Optional[str] = None,
    cursor: Optional[str] = None,
) -> FilteredPage:
    """See `NotificationService.get_filtered_notifications`."""
    return default_service().get_filtered_notifications(
        orguser,
        page,
        limit,
        category,
        urgent_only,
        read_status,
        from_time=from_time,
        to_time=to_time,
        q=q,
        cursor=cursor,
    )


def get_urgent_notifications_for_user(orguser: OrgUserLike) -> UrgentNotifications:
    """See `NotificationService.get_urgent_notifications_for_user`."""
    return default_service().get_urgent_notifications_for_user(orguser)


def sync_members(
    org: OrgLike,
    members: Optional[Iterable[Any]] = None,
    *,
    allow_empty: bool = False,
    timeout: float = 30.0,
) -> Synced:
    """See `NotificationService.sync_members`."""
    return default_service().sync_members(org, members, allow_empty=allow_empty, timeout=timeout)


def sync_member(orguser: OrgUserLike, *, is_member: bool = True) -> Synced:
    """See `NotificationService.sync_member`."""
    return default_service().sync_member(orguser, is_member=is_member)
