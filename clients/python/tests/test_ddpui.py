"""The functions of Dalgo's backend over stand-ins of its models."""

import logging
import os
import sys
import unittest
from enum import Enum
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest import mock

import dalgo_notifications as client
import ddpui_notifications as ddpui
from tests.fake_service import KEY, Answer, FakeService, sent
from tests.stand_ins import Org, OrgUser, Table

NOBODY = Answer(400, {"detail": "No users found for the given information"})
OK = Answer(200, {"success": True, "res": {}, "errors": []})


class SentToEnum(str, Enum):
    ALL_ORG_USERS = "all_org_users"


class DdpuiCase(unittest.TestCase):
    def setUp(self) -> None:
        logging.getLogger("dalgo_notifications").addHandler(logging.NullHandler())
        Table.rows.clear()
        ddpui.use_models(OrgUser, Org)
        self.server = FakeService(sent(12, author="Dalgo"))
        self.addCleanup(self.server.close)
        client.configure(url=self.server.url, key=KEY)
        self.addCleanup(client.configure)
        self.acme = Org("acme", "Acme Foundation", viz_url="https://viz.acme.test")
        self.globex = Org("globex")
        self.alice = OrgUser(self.acme, "alice@acme.test", "admin", user_id=1)
        self.bob = OrgUser(self.acme, "bob@acme.test", "member", user_id=2)
        self.charlie = OrgUser(self.globex, "charlie@globex.test", "account-manager", user_id=3)
        self.system = OrgUser(None, "system@dalgo.test", None, user_id=4)

    @property
    def paths(self) -> Any:
        return [(request.method, request.path) for request in self.server.requests]


class GetRecipients(DdpuiCase):
    def ids(self, *arguments: Any, **named: Any) -> Any:
        return ddpui.get_recipients(*arguments, **named)

    def test_audiences(self) -> None:
        alice, bob, charlie, system = self.alice.id, self.bob.id, self.charlie.id, self.system.id
        for arguments, named, expected in (
            (("all_users", None, None, False), {}, [alice, bob, charlie, system]),
            (("all_users", None, None, True), {}, [alice, charlie]),
            (("all_users", None, None, False, True), {}, [alice, bob]),
            (("all_org_users", "acme", None, False), {}, [alice, bob]),
            ((SentToEnum.ALL_ORG_USERS, "acme", None, True), {}, [alice]),
            (("all_org_users", None, None, True), {"org_slugs": ["acme", "globex"]}, [alice, charlie]),
            (("single_user", None, "bob@acme.test", True), {}, [bob]),
        ):
            self.assertEqual(self.ids(*arguments, **named), (None, expected))

    def test_errors(self) -> None:
        for arguments, expected in (
            (("all_org_users", None, None, False), "org_slug is required to sent notification to all org users."),
            (("all_org_users", "", None, False), "org_slug is required to sent notification to all org users."),
            (("single_user", None, None, False), "user email is required to sent notification to a user."),
            (("single_user", None, "nobody@acme.test", False), "No users found for the given information"),
            (("all_org_users", "unknown", None, False), "No users found for the given information"),
            (("somebody", None, None, False), "No users found for the given information"),
        ):
            self.assertEqual(self.ids(*arguments), (expected, None))


class CreateNotification(DdpuiCase):
    def data(self, **fields: Any) -> Any:
        """What the backend's schema holds, with all its defaults."""
        defaults = {"urgent": False, "scheduled_time": None, "skip_email": False, "cta_label": None}
        given = {"author": "System", "message": "The report was not sent.", "email_subject": "Report", **fields}
        return SimpleNamespace(**{**defaults, "recipients": [self.alice.id, self.charlie.id], **given})

    def test_sends_to_orgusers(self) -> None:
        error, result = ddpui.create_notification(self.data(urgent=True))
        self.assertIsNone(error)
        self.assertEqual(result and result["res"]["notification_id"], 12)
        self.assertEqual(
            self.server.last.body,
            {
                "author": "System",
                "message": "The report was not sent.",
                "email_subject": "Report",
                "urgent": True,
                "category": "system",
                "recipients": [{"org_slug": "acme", "user_id": "1"}, {"org_slug": "globex", "user_id": "3"}],
            },
        )

    def test_takes_a_dictionary_and_names_unknown_recipients(self) -> None:
        data = vars(self.data(recipients=[self.bob.id, 987_654, self.system.id], category="incident"))
        error, result = ddpui.create_notification(data)
        self.assertIsNone(error)
        self.assertEqual(
            result and result["errors"],
            [
                {"recipient": 987_654, "error": "OrgUser does not exist"},
                {"recipient": self.system.id, "error": "OrgUser belongs to no organisation"},
            ],
        )
        self.assertEqual(self.server.last.body["recipients"], [{"org_slug": "acme", "user_id": "2"}])
        self.assertEqual(self.server.last.body["category"], "incident")

    def test_recipients_that_are_no_ids_break_nothing(self) -> None:
        for odd in (None, "x", object()):
            error, result = ddpui.create_notification(self.data(recipients=[odd, str(self.bob.id), self.alice]))
            self.assertIsNone(error)
            self.assertEqual(result and result["errors"], [{"recipient": odd, "error": "OrgUser does not exist"}])
            self.assertEqual([each["user_id"] for each in self.server.last.body["recipients"]], ["1", "2"])

    def test_nobody(self) -> None:
        for recipients in ([], [987_654], [self.system.id]):
            self.assertEqual(
                ddpui.create_notification(self.data(recipients=recipients)),
                ("No users found for the given information", None),
            )
        self.assertEqual(self.paths, [])

    def test_mails_that_the_backend_sends_itself(self) -> None:
        ddpui.create_notification(self.data(skip_email=True))
        self.assertIs(self.server.last.body["skip_email"], True)
        ddpui.create_notification(self.data(send_email=False))
        self.assertIs(self.server.last.body["skip_email"], True)

    def link(self, **fields: Any) -> Any:
        with mock.patch.dict(os.environ, FRONTEND_URL="https://app.dalgo.test/"):
            ddpui.create_notification(self.data(**fields))
        return self.server.last.body.get("link")

    def test_the_button_of_the_mail(self) -> None:
        ours = "https://app.dalgo.test/reports/5"
        self.assertEqual(self.link(message=f"Ready.\n{ours}"), {"url": ours, "label": "View"})
        self.assertEqual(self.link(message=f"Ready.\n{ours}", cta_label="Share"), {"url": ours, "label": "Share"})
        self.assertEqual(self.link(cta_url=ours, cta_label="Share"), {"url": ours, "label": "Share"})
        for message in ("Ready.", f"{ours} is ready", "See https://elsewhere.test/a", "https://app.dalgo.test.elsewhere.test", ""):
            self.assertIsNone(self.link(message=message, cta_label="Share"))

    def test_a_refused_button_does_not_lose_the_message(self) -> None:
        self.server.answers = [Answer(422, {"detail": [{"loc": ["body", "link", "url"], "msg": "below FRONTEND_URL"}]}), sent()]
        self.assertIsNone(self.link(cta_url="https://app.dalgo.test/a"))
        self.assertEqual(len(self.server.requests), 2)

    def test_provisions_people_whom_the_service_does_not_know_and_sends_again(self) -> None:
        for refusal in (NOBODY, Answer(404, {"detail": "organisation not found"})):
            self.server.requests.clear()
            self.server.answers = [refusal, OK, OK, OK, OK, sent(5)]
            error, result = ddpui.create_notification(self.data())
            self.assertEqual((error, result and result["res"]["notification_id"]), (None, 5))
            self.assertEqual(
                self.paths,
                [
                    ("POST", "/api/notifications/"),
                    ("PUT", "/api/orgs/acme"),
                    ("PUT", "/api/orgs/acme/members"),
                    ("PUT", "/api/orgs/globex"),
                    ("PUT", "/api/orgs/globex/members"),
                    ("POST", "/api/notifications/"),
                ],
            )

    def test_some_whom_the_service_does_not_know_get_a_notification_of_their_own(self) -> None:
        first = Answer(200, {**sent(5).body, "errors": ["The person 1 is not a member of acme."]})
        self.server.answers = [first, OK, OK, sent(6)]
        error, result = ddpui.create_notification(self.data())
        self.assertEqual((error, result and (result["res"]["notification_id"], result["errors"])), (None, (5, [])))
        self.assertEqual(self.paths[1:3], [("PUT", "/api/orgs/acme"), ("PUT", "/api/orgs/acme/members")])
        self.assertEqual(self.server.last.body["recipients"], [{"org_slug": "acme", "user_id": "1"}])

    def test_who_stays_unknown_is_named(self) -> None:
        sentence = "There is no organisation globex."
        self.server.answers = [Answer(200, {**sent(5).body, "errors": [sentence]}), OK, OK, NOBODY]
        error, result = ddpui.create_notification(self.data())
        self.assertIsNone(error)
        self.assertEqual(result and result["errors"], [sentence])
        self.assertEqual(self.server.last.body["recipients"], [{"org_slug": "globex", "user_id": "3"}])

    def test_nobody_is_named_twice(self) -> None:
        again = OrgUser(self.acme, "bob@acme.test", "admin", user_id=2)
        ddpui.create_notification(self.data(recipients=[self.bob.id, again.id]))
        self.assertEqual(self.server.last.body["recipients"], [{"org_slug": "acme", "user_id": "2"}])

    def test_other_errors_are_the_first_of_the_pair_also_where_others_raise(self) -> None:
        self.server.answers = [Answer(422, {"detail": [{"loc": ["body", "category"], "msg": "unknown"}]})]
        client.configure(url=self.server.url, key=KEY, raise_errors=True)
        error, result = ddpui.create_notification(self.data(category="odd"))
        self.assertEqual((error, result), ("The notification service answered 422: body.category: unknown", None))
        self.assertEqual(len(self.server.requests), 1)

    def test_with_arguments_in_place_of_an_object(self) -> None:
        ddpui.create_categorized_notification("Dalgo", "m", "s", "late_run", [self.bob.id])
        self.assertEqual(self.server.last.body["category"], "late_run")


class Notify(DdpuiCase):
    def test_the_managers_of_an_organisation(self) -> None:
        self.assertIsNone(ddpui.notify_org_managers(self.acme, "It failed.", "Acme: Job failure for Nightly"))
        self.assertEqual(
            self.server.last.body,
            {
                "author": "Dalgo",
                "message": "It failed.",
                "email_subject": "Acme: Job failure for Nightly",
                "sent_to": "all_org_users",
                "org_slug": "acme",
                "manager_or_above": True,
                "urgent": False,
                "category": "job_failure",
            },
        )

    def test_the_category_is_in_the_subject(self) -> None:
        for subject, category, expected in (
            ("Acme: Schema changes detected in your Dalgo sources", None, "schema_change"),
            ("Hello", None, "system"),
            ("Acme: Job failure", "incident", "incident"),
            (None, None, "system"),
        ):
            ddpui.notify_org_managers(self.acme, "m", subject, category)
            self.assertEqual(self.server.last.body["category"], expected)

    def test_provisions_the_organisation(self) -> None:
        self.server.answers = [NOBODY, OK, OK, sent()]
        ddpui.notify_org_managers(self.acme, "m", "s")
        self.assertEqual([path for _, path in self.paths][1:3], ["/api/orgs/acme", "/api/orgs/acme/members"])

    def test_the_platform_admins(self) -> None:
        self.assertIsNone(ddpui.notify_platform_admins(self.acme, "run", "FAILED", "dbt run"))
        self.assertEqual(self.paths, [("POST", "/api/signals/platform-admins")])

    def test_a_service_that_is_away_is_logged(self) -> None:
        client.configure(url="http://127.0.0.1:1", key=KEY, attempts=1)
        with self.assertLogs("dalgo_notifications", "WARNING"):
            ddpui.notify_org_managers(self.acme, "m", "s")


class Reading(DdpuiCase):
    def test_one_persons_notifications(self) -> None:
        page = {"success": True, "res": [], "page": 1, "total_pages": 4, "total_notifications": 31}
        self.server.answers = [Answer(200, page)]
        self.assertEqual(ddpui.fetch_user_notifications_v1(self.bob, 1, 10, 0), (None, page))
        self.assertEqual(self.server.last.path, "/api/notifications/filtered?page=1&limit=10&read_status=0")
        self.assertEqual(self.server.last.headers["x-dalgo-user"], "2")
        self.assertEqual(ddpui.fetch_user_notifications(self.bob, 2, 10), (None, page))
        self.assertEqual(ddpui.get_unread_notifications_count(self.bob), (None, {"success": True, "res": 31}))

    def test_history_and_recipients(self) -> None:
        self.server.answers = [OK]
        self.assertEqual(ddpui.get_notification_history(1, 10)[0], None)
        self.assertEqual(self.server.last.path, "/api/notifications/history?page=1&limit=10")
        self.assertEqual(ddpui.get_notification_recipients(5)[0], None)
        self.assertEqual(self.server.last.path, "/api/notifications/recipients?notification_id=5")

    def test_deleting_has_the_texts_of_the_backend(self) -> None:
        text = "Notification has already been sent and cannot be deleted."
        self.server.answers = [Answer(400, {"detail": text})]
        self.assertEqual(ddpui.delete_scheduled_notification(5), (text, None))
        self.assertEqual(self.paths, [("DELETE", "/api/notifications/?notification_id=5")])


class Importing(DdpuiCase):
    def test_the_schemas_and_models_of_the_backend_are_found_when_they_are_used(self) -> None:
        modules = {}
        for name, members in (
            ("ddpui", {}),
            ("ddpui.models", {}),
            ("ddpui.models.org", {"Org": Org}),
            ("ddpui.models.org_user", {"OrgUser": OrgUser}),
            ("ddpui.schemas", {}),
            ("ddpui.schemas.notifications_api_schemas", {"SentToEnum": SentToEnum}),
        ):
            modules[name] = ModuleType(name)
            modules[name].__dict__.update(members)
        modules["ddpui.schemas"].__dict__["notifications_api_schemas"] = modules["ddpui.schemas.notifications_api_schemas"]
        with mock.patch.dict(sys.modules, modules), mock.patch.object(ddpui, "_models", None):
            self.assertIs(ddpui.SentToEnum, SentToEnum)
            self.assertEqual(ddpui.get_recipients("single_user", None, "bob@acme.test", False), (None, [self.bob.id]))
        with self.assertRaises(AttributeError):
            ddpui.nothing_of_this_name  # pylint: disable=pointless-statement

    def test_within_a_package_it_finds_the_client_beside_it(self) -> None:
        import importlib.util
        from pathlib import Path

        package = ModuleType("backend_package")
        package.__path__ = [str(Path(ddpui.__file__).parent)]
        with mock.patch.dict(sys.modules, {"backend_package": package}):
            spec = importlib.util.find_spec("backend_package.ddpui_notifications")
            assert spec and spec.loader
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            self.assertEqual(module.client.__name__, "backend_package.dalgo_notifications")


if __name__ == "__main__":
    unittest.main()
