"""The functions with which Dalgo's backend sends notifications, over dalgo-notifications. The backend changes one import:

    from ddpui_notifications import create_notification, get_recipients, notify_org_managers, notify_platform_admins

Both files are copied beside each other. The signatures and the error texts are those of `ddpui.core.notifications`. Errors of
the service are returned and logged, never raised. People are Django's: an organisation or a person whom the service does
not know yet is provisioned from the models, once per call.
"""

import logging
from datetime import datetime
from enum import Enum
from importlib import import_module
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple, cast

if TYPE_CHECKING:
    import dalgo_notifications as client
else:
    # Within a package, the file beside this one.
    client = import_module(".dalgo_notifications" if __package__ else "dalgo_notifications", __package__)

# Of the same names as in the backend's branch with categories.
create_job_failure_notification = client.create_job_failure_notification
create_dbt_test_failure_notification = client.create_dbt_test_failure_notification
create_late_run_notification = client.create_late_run_notification
create_schema_change_notification = client.create_schema_change_notification
get_user_notification_preferences = client.get_user_notification_preferences
update_user_notification_preferences = client.update_user_notification_preferences
get_filtered_notifications = client.get_filtered_notifications
get_urgent_notifications_for_user = client.get_urgent_notifications_for_user
sync_members = client.sync_members

logger = logging.getLogger("dalgo_notifications")

ORG_SLUG_REQUIRED = "org_slug is required to sent notification to all org users."
USER_EMAIL_REQUIRED = "user email is required to sent notification to a user."
NO_USERS_FOUND = "No users found for the given information"

_MANAGER_ROLES = ("admin", "super-admin", "account-manager", "pipeline-manager")
_DEFAULT_LABEL = "View"
_MAX_RECIPIENTS = 10_000


class Models(NamedTuple):
    """Django's models, or stand-ins of them."""

    OrgUser: Any
    Org: Any


_models: Optional[Models] = None


def use_models(OrgUser: Any, Org: Any) -> None:
    """Sets the models. Without it, those of `ddpui.models` are imported at the first call."""
    global _models
    _models = Models(OrgUser, Org)


def _get_models() -> Models:
    global _models
    if _models is None:
        from ddpui.models.org import Org  # type: ignore[import-not-found,unused-ignore]
        from ddpui.models.org_user import OrgUser  # type: ignore[import-not-found,unused-ignore]

        _models = Models(OrgUser, Org)
    return _models


def __getattr__(name: str) -> Any:
    """`SentToEnum` and `NotificationDataSchema` can be imported from here too, as from the backend's module."""
    if name in ("SentToEnum", "NotificationDataSchema"):
        from ddpui.schemas import notifications_api_schemas  # type: ignore[import-not-found,unused-ignore]

        return getattr(notifications_api_schemas, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


# Sending ---------------------------------------------------------------------------------------------------------------


def get_recipients(
    sent_to: str,
    org_slug: Optional[str],
    user_email: Optional[str],
    manager_or_above: bool,
    superset_clients: bool = False,
    org_slugs: Optional[List[str]] = None,
) -> Tuple[Optional[str], Optional[List[int]]]:
    """The ids of the OrgUsers in an audience: `(error, None)` or `(None, ids)`."""
    audience = sent_to.value if isinstance(sent_to, Enum) else sent_to
    found = _get_models().OrgUser.objects.all()
    if audience == "all_org_users":
        if not org_slugs and not org_slug:
            return ORG_SLUG_REQUIRED, None
        found = found.filter(org__slug__in=org_slugs) if org_slugs else found.filter(org__slug=org_slug)
    elif audience == "single_user":
        if not user_email:
            return USER_EMAIL_REQUIRED, None
        found = found.filter(user__email=user_email)
    elif audience != "all_users":
        return NO_USERS_FOUND, None
    if audience != "single_user":
        if manager_or_above:
            found = found.filter(new_role__slug__in=_MANAGER_ROLES)
        if superset_clients:
            found = found.filter(org__viz_url__isnull=False)
    ids = list(found.values_list("id", flat=True).distinct())
    return (None, ids) if ids else (NO_USERS_FOUND, None)


def create_notification(notification_data: Any) -> Tuple[Optional[str], Optional[Dict[str, Any]]]:
    """Sends a notification to OrgUsers, now or at its `scheduled_time`.

    notification_data: a `NotificationDataSchema`, or a dictionary: author, message, email_subject, urgent,
    scheduled_time, recipients (ids of OrgUsers), category, skip_email, send_email, cta_label, cta_url.
    Returns `(error, None)` or `(None, {"res": …, "errors": […]})`. `errors` names the recipients whom nobody knows.
    """
    get = _getter(notification_data)
    given = list(get("recipients") or [])
    ids = [each for each in map(_id_of, given) if each is not None]
    orgusers = list(_get_models().OrgUser.objects.filter(id__in=ids).select_related("org", "user", "new_role"))
    reachable = [each for each in orgusers if each.org is not None]
    found = {each.id: each for each in orgusers}
    errors: List[Any] = []
    for each in given:
        orguser = found.get(_id_of(each))
        if orguser is None:
            errors.append({"recipient": each, "error": "OrgUser does not exist"})
        elif orguser.org is None:
            errors.append({"recipient": each, "error": "OrgUser belongs to no organisation"})
    if not reachable:
        return NO_USERS_FOUND, None
    if len(reachable) > _MAX_RECIPIENTS:
        return f"A notification can have at most {_MAX_RECIPIENTS} recipients.", None

    message = str(get("message") or "")
    notification: Dict[str, Any] = {
        "author": get("author"),
        "message": message,
        "email_subject": get("email_subject"),
        "urgent": bool(get("urgent")),
        "scheduled_time": get("scheduled_time"),
        "category": get("category") or "system",
        "recipients": [(each.user_id, each.org) for each in reachable],
        "skip_email": bool(get("skip_email")) or get("send_email") is False,
        "link": _link(message, get("cta_url"), get("cta_label")),
    }
    error, result = _provisioning(lambda service: _send(service, notification), [each.org for each in reachable])
    if error is not None or result is None:
        return error, None
    refused = list(result.get("errors") or [])
    unknown = [each for each in reachable if any(_tells_of(each, sentence) for sentence in refused)]
    if unknown:
        # The others have it. A second notification is for those whom the service did not know.
        rest = {**notification, "recipients": [(each.user_id, each.org) for each in unknown]}
        error, second = _provisioning(lambda service: _send(service, rest), [each.org for each in unknown], first=True)
        if error is None:
            refused = list((second or {}).get("errors") or [])
        elif NO_USERS_FOUND not in error:
            refused = [error]
    return None, {**result, "errors": [*errors, *refused]}


def create_categorized_notification(
    author: str,
    message: str,
    email_subject: str,
    category: str,
    recipients: List[int],
    urgent: bool = False,
    scheduled_time: Optional[datetime] = None,
) -> Tuple[Optional[str], Optional[Dict[str, Any]]]:
    """The same as `create_notification`, with arguments in place of an object."""
    return create_notification(
        {
            "author": author,
            "message": message,
            "email_subject": email_subject,
            "category": category,
            "recipients": recipients,
            "urgent": urgent,
            "scheduled_time": scheduled_time,
        }
    )


def notify_org_managers(org: Any, message: str, email_subject: str, category: Optional[str] = None) -> None:
    """Tells the admins of an organisation, in the name of Dalgo.

    category: without one, it is told from the subject, which names a job failure or schema changes in the backend.
    """
    notification: Dict[str, Any] = {
        "author": client.DEFAULT_AUTHOR,
        "message": message,
        "email_subject": email_subject,
        "sent_to": "all_org_users",
        "org_slug": org,
        "manager_or_above": True,
        "category": category or _category_of(email_subject),
    }
    _provisioning(lambda service: service.create_notification(**notification), [org])


def notify_platform_admins(org: Any, flow_run_id: str, state: str, failed_step: str = "Unknown Step") -> None:
    """Tells the people who run the platform about a failed run: `ADMIN_EMAIL`, `ADMIN_DISCORD_WEBHOOK` of the service."""
    _provisioning(lambda service: service.notify_platform_admins(org, flow_run_id, state, failed_step), [org])


# Reading and deleting --------------------------------------------------------------------------------------------------


def get_notification_history(
    page: int, limit: int, read_status: Optional[int] = None, category: Optional[str] = None
) -> Tuple[Optional[str], Optional[Dict[str, Any]]]:
    """What was sent and what is scheduled, of all organisations, newest first."""
    query = {"page": page, "limit": limit, "read_status": read_status, "category": category}
    return _requested("GET", "/api/notifications/history", query)


def get_notification_recipients(notification_id: int) -> Tuple[Optional[str], Optional[Dict[str, Any]]]:
    """Who got a notification, and who has read it."""
    return _requested("GET", "/api/notifications/recipients", {"notification_id": notification_id})


def delete_scheduled_notification(notification_id: int) -> Tuple[Optional[str], Optional[Dict[str, Any]]]:
    """Deletes a notification that is scheduled and not yet sent."""
    return _requested("DELETE", "/api/notifications/", {"notification_id": notification_id})


def fetch_user_notifications(
    orguser: Any, page: int, limit: int
) -> Tuple[Optional[str], Optional[Dict[str, Any]]]:
    """A page of a person's inbox, newest first."""
    return fetch_user_notifications_v1(orguser, page, limit)


def fetch_user_notifications_v1(
    orguser: Any,
    page: int,
    limit: int,
    read_status: Optional[int] = None,
    category: Optional[str] = None,
) -> Tuple[Optional[str], Optional[Dict[str, Any]]]:
    """A page of a person's inbox, newest first: read (1), unread (0) or all."""
    error, result = _service().get_filtered_notifications(orguser, page, limit, category, read_status=read_status)
    return error, cast("Optional[Dict[str, Any]]", result)


def get_unread_notifications_count(orguser: Any) -> Tuple[Optional[str], Optional[Dict[str, Any]]]:
    """How many notifications a person has not read."""
    error, result = _service().get_filtered_notifications(orguser, 1, 1, read_status=0)
    if error is not None or result is None:
        return error, None
    return None, {"success": True, "res": result["total_notifications"]}


# Parts -----------------------------------------------------------------------------------------------------------------


def _getter(data: Any) -> Callable[[str], Any]:
    """Reads a field of a dictionary or of an object; None where there is none."""
    if isinstance(data, Mapping):
        return data.get
    return lambda name: getattr(data, name, None)


def _id_of(recipient: Any) -> Optional[int]:
    """The id of an OrgUser, which may be given itself; None where it is no id."""
    try:
        return int(getattr(recipient, "id", recipient))
    except (TypeError, ValueError):
        return None


def _service() -> client.NotificationService:
    """With failures as values: `configure(raise_errors=True)` is for other programs, and the backend expects a pair."""
    service = client.default_service()
    service.raise_errors = False
    return service


def _send(service: client.NotificationService, notification: Mapping[str, Any]) -> client.Sent:
    sent = service.create_notification(**notification)
    if sent.error is None or notification["link"] is None or "link" not in sent.error:
        return sent
    # The link is only the button of the e-mail, and the message has its address.
    return service.create_notification(**{**notification, "link": None})


def _tells_of(orguser: Any, sentence: Any) -> bool:
    """Whether an error of the service names this person as no member, or their organisation as unknown."""
    words = [word.rstrip(".") for word in str(sentence).split()]
    return orguser.org.slug in words and (str(orguser.user_id) in words or "organisation" in words)


def _provisioning(
    send: Callable[[client.NotificationService], client.Sent], orgs: Iterable[Any], first: bool = False
) -> client.Sent:
    """Sends. If the service lacks the people or their organisation, or `first` of all, provisions them and sends again."""
    service = _service()
    if not first:
        sent = send(service)
        if sent.error is None or not (NO_USERS_FOUND in sent.error or "answered 404" in sent.error):
            return sent
    for org in {each.slug: each for each in orgs}.values():
        service.sync_members(org)
    return send(service)


def _requested(
    method: str, path: str, query: Mapping[str, Any]
) -> Tuple[Optional[str], Optional[Dict[str, Any]]]:
    try:
        return None, _service().request(method, path, query=query)
    except client.NotificationError as error:
        logger.warning("%s", error)
        # The texts of the service's business rules are those of the backend.
        return (error.detail if isinstance(error.detail, str) else str(error)), None


def _link(message: str, url: Optional[str], label: Optional[str]) -> Optional[Dict[str, str]]:
    """The button of the e-mail: the given address, or the one with which the message ends, if it is the web app's."""
    words = message.split()
    address = url or (words[-1] if words else "")
    if not any(address == front or address.startswith(f"{front}/") for front in _frontends()):
        return None
    return {"url": address, "label": label or _DEFAULT_LABEL}


def _frontends() -> List[str]:
    names = ("FRONTEND_URL_V2", "FRONTEND_URL")
    found = [client.setting(name) for name in names]
    return [url.rstrip("/") for url in found if url]


def _category_of(email_subject: Optional[str]) -> str:
    subject = str(email_subject or "").lower()
    if "job failure" in subject:
        return "job_failure"
    return "schema_change" if "schema change" in subject else "system"
