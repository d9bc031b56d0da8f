"""The client against the real service: `npm run test:python` starts a local instance and says where it is."""

import json
import os
import time
import unittest
import urllib.request
import uuid
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, List

import dalgo_notifications as client
import ddpui_notifications as ddpui
from tests.stand_ins import Org, OrgUser, Table

ALICE = (1, "acme")
BOB = (2, "acme")
CHARLIE = (3, "globex")


def require_instance() -> None:
    if not os.environ.get("DALGO_NOTIFICATIONS_URL"):
        raise AssertionError("These tests need a local instance: npm run test:python")


def inbox(orguser: Any, **filters: Any) -> List[Any]:
    error, page = client.get_filtered_notifications(orguser, limit=100, **filters)
    if error is not None or page is None:
        raise AssertionError(error)
    return list(page["res"])


def mails_to(address: str) -> List[Any]:
    with urllib.request.urlopen(f"{os.environ['MAIL_CATCHER_URL']}/messages", timeout=5) as response:
        return [mail for mail in json.load(response) if address in mail["to"]]


def eventually(check: Callable[[], Any], seconds: float = 20) -> Any:
    deadline = time.monotonic() + seconds
    while True:
        found = check()
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.2)


class LocalInstanceCase(unittest.TestCase):
    def setUp(self) -> None:
        require_instance()
        # A machine that also runs an instance of this service is slower than the network.
        client.configure(timeout=20.0, total_timeout=60.0)
        self.addCleanup(client.configure)
        self.mark = uuid.uuid4().hex[:12]

    def sent(self, answer: client.Sent) -> Any:
        self.assertIsNone(answer.error)
        assert answer.result is not None
        return answer.result["res"]

    def found_in(self, orguser: Any, text: str = "") -> List[Any]:
        return [item for item in inbox(orguser) if (text or self.mark) in item["message"]]


class Sending(LocalInstanceCase):
    def test_a_notification_reaches_an_organisation_and_nobody_else(self) -> None:
        res = self.sent(
            client.create_notification(
                author="Asha", message=f"Hello {self.mark}", sent_to="all_org_users", org_slug="acme", category="incident"
            )
        )
        self.assertEqual((res["author"], res["category"], res["scheduled_time"]), ("Asha", "incident", None))
        for orguser, expected in ((ALICE, 1), (BOB, 1), (CHARLIE, 0)):
            self.assertEqual(len(self.found_in(orguser)), expected)

    def test_the_same_key_is_the_same_notification(self) -> None:
        first, second = [
            self.sent(client.create_notification(message=self.mark, sent_to="single_user", user_email="bob@acme.test", idempotency_key=self.mark))
            for _ in range(2)
        ]
        self.assertEqual(first["notification_id"], second["notification_id"])
        self.assertEqual(len(self.found_in(BOB)), 1)

    def test_recipients_of_several_organisations_without_mails_of_ours(self) -> None:
        res = self.sent(client.create_notification(message=self.mark, recipients=[BOB, CHARLIE], skip_email=True))
        self.assertIsNotNone(res["sent_time"])
        self.assertEqual([len(self.found_in(each)) for each in (ALICE, BOB, CHARLIE)], [0, 1, 1])
        self.sent(client.create_notification(message=f"After {self.mark}", recipients=[BOB, CHARLIE]))
        later = eventually(lambda: [mail for mail in mails_to("bob@acme.test") if f"After {self.mark}" in mail["text"]])
        self.assertEqual(len(later), 1)
        all_mails = [mail for mail in mails_to("bob@acme.test") if self.mark in mail["text"]]
        self.assertEqual(len(all_mails), 1)

    def test_a_link_is_the_button_of_the_mail(self) -> None:
        link = {"url": f"{os.environ['DALGO_NOTIFICATIONS_URL']}/reports/{self.mark}", "label": "Open the report"}
        self.sent(client.create_notification(message="Ready.", recipients=[BOB], link=link))
        self.assertTrue(
            eventually(lambda: [mail for mail in mails_to("bob@acme.test") if link["url"] in json.dumps(mail)]),
            "no mail with the link",
        )

    def test_a_scheduled_notification_can_be_deleted(self) -> None:
        at = datetime.now(timezone.utc) + timedelta(hours=1)
        res = self.sent(client.create_notification(message=self.mark, sent_to="all_org_users", org_slug="acme", scheduled_time=at))
        self.assertIsNone(res["sent_time"])
        self.assertEqual(datetime.fromisoformat(res["scheduled_time"].replace("Z", "+00:00")).minute, at.minute)
        self.assertIsNone(ddpui.delete_scheduled_notification(res["notification_id"])[0])
        self.assertEqual(ddpui.delete_scheduled_notification(res["notification_id"]), ("Notification does not exist.", None))

    def test_texts_at_the_limit_are_taken(self) -> None:
        for message in ("word " * 5_000, "😀" * 9_000, f"half \ud83d {self.mark} \0"):
            self.sent(client.create_notification(author="a" * 300, message=message, recipients=[BOB], email_subject="s\n" * 300))

    def test_refusals_are_told(self) -> None:
        for answer, expected in (
            (client.create_notification(message="m", sent_to="all_org_users"), "org_slug is required to sent notification to all org users."),
            (client.create_notification(message="m", sent_to="single_user"), "user email is required to sent notification to a user."),
            (client.create_notification(message="m", sent_to="single_user", user_email="no@acme.test"), "No users found for the given information"),
            (client.create_notification(message="m", sent_to="all_users", category="odd"), "answered 422: body.category"),
            (client.create_job_failure_notification("run", "unknown"), "answered 404"),
        ):
            self.assertIn(expected, answer.error or "")
        client.configure(key="not-a-key-of-the-service")
        self.assertIn("answered 401", client.create_notification(message="m", sent_to="all_users").error or "")


class Reporting(LocalInstanceCase):
    def test_a_failed_run_is_told_once_in_plain_words(self) -> None:
        run = uuid.uuid4()
        report = {"flow_run_id": run, "org": Org("acme"), "error_message": f"RuntimeError: {self.mark}"}
        first, second = [self.sent(client.create_job_failure_notification(**report)) for _ in range(2)]
        self.assertEqual((first["notification_id"], first["category"]), (second["notification_id"], "job_failure"))
        self.assertIn(first["notification_id"], [item["id"] for item in inbox(BOB, category="job_failure")])
        self.assertNotIn(first["notification_id"], [item["id"] for item in inbox(CHARLIE)])

    def test_a_long_traceback_is_taken(self) -> None:
        log = "\n".join(["Traceback (most recent call last):", *['  File "a.py", line 1, in run'] * 2_000, "ValueError: no table"])
        self.sent(client.create_job_failure_notification(uuid.uuid4(), "acme", log))

    def test_dbt_tests_late_runs_and_schema_changes(self) -> None:
        for answer, category in (
            (client.create_dbt_test_failure_notification(test_name=f"not_null_{self.mark}", org="acme"), "dbt_test_failure"),
            (
                client.create_late_run_notification(
                    flow_name=self.mark, org="acme", expected_time=datetime.now(timezone.utc), delay_minutes=timedelta(minutes=45)
                ),
                "late_run",
            ),
            (client.create_schema_change_notification(org="acme", source=self.mark, changes="Column age was removed"), "schema_change"),
        ):
            res = self.sent(answer)
            self.assertEqual(res["category"], category)
            self.assertIn(res["notification_id"], [item["id"] for item in inbox(ALICE, category=category)])

    def test_the_same_report_is_told_once_a_day(self) -> None:
        ids = {
            self.sent(client.create_dbt_test_failure_notification(self.mark, "acme", "3 rows"))["notification_id"]
            for _ in range(2)
        }
        self.assertEqual(len(ids), 1)


class OnePerson(LocalInstanceCase):
    def test_preferences_are_read_and_changed(self) -> None:
        before = client.get_user_notification_preferences(BOB)
        self.assertIsNone(before.error)
        changed = client.update_user_notification_preferences(
            orguser=BOB, late_run_notifications=False, channels={"incident": {"push": False}}, timezone="Asia/Kolkata"
        )
        self.addCleanup(
            client.update_user_notification_preferences,
            BOB,
            late_run_notifications=True,
            channels={"incident": {"push": True}},
            timezone="",
        )
        self.assertEqual((changed.late_run_notifications, changed.timezone), (False, "Asia/Kolkata"))
        self.assertFalse(changed.channels["incident"]["push"])
        self.assertEqual(client.get_user_notification_preferences(BOB), changed)
        self.assertEqual(client.get_user_notification_preferences(ALICE).late_run_notifications, True)

    def test_urgent_notifications_are_in_the_bar_until_they_are_read(self) -> None:
        self.sent(client.create_notification(message=self.mark, recipients=[BOB], urgent=True))
        self.assertIn(self.mark, [item["message"] for item in client.get_urgent_notifications_for_user(BOB)])
        self.assertNotIn(self.mark, [item["message"] for item in client.get_urgent_notifications_for_user(ALICE)])

    def test_filters(self) -> None:
        self.sent(client.create_notification(message=f"{self.mark} one", recipients=[BOB], category="incident", urgent=True))
        self.sent(client.create_notification(message=f"{self.mark} two", recipients=[BOB], category="system"))
        for filters, expected in (
            ({}, 2),
            ({"category": "incident"}, 1),
            ({"category": ["incident", "system"]}, 2),
            ({"urgent_only": True}, 1),
            ({"read_status": 0}, 2),
            ({"read_status": True}, 0),
            ({"from_time": datetime.now(timezone.utc) - timedelta(hours=1), "to_time": datetime.now(timezone.utc).date()}, 2),
        ):
            self.assertEqual(len(inbox(BOB, q=self.mark, **filters)), expected, filters)
        error, page = client.get_filtered_notifications(BOB, limit=1, q=self.mark)
        assert page is not None
        _, rest = client.get_filtered_notifications(BOB, limit=1, q=self.mark, cursor=page["next_cursor"])
        self.assertEqual([item["message"] for item in (rest or {}).get("res", [])], [f"{self.mark} one"])

    def test_people_who_are_not_there(self) -> None:
        for orguser in ((999, "acme"), (2, "globex"), (2, "unknown")):
            self.assertRegex(client.get_user_notification_preferences(orguser).error or "", "answered 40[34]")


class People(LocalInstanceCase):
    def setUp(self) -> None:
        super().setUp()
        Table.rows.clear()
        ddpui.use_models(OrgUser, Org)
        self.org = Org(f"org-{self.mark}", "Initech Trust")
        self.ivy = OrgUser(self.org, f"ivy-{self.mark}@initech.test", "account-manager", first_name="Ivy")
        self.jack = OrgUser(self.org, f"jack-{self.mark}@initech.test", "guest")
        # Users of the demo have small ids.
        for orguser in (self.ivy, self.jack):
            orguser.user_id += 1_000_000

    def synced(self, answer: client.Synced) -> Any:
        self.assertIsNone(answer.error)
        assert answer.result is not None
        return answer.result["res"]

    def test_members_are_added_changed_and_removed(self) -> None:
        self.assertEqual(self.synced(client.sync_members(self.org))["added"], 2)
        self.assertEqual(self.synced(client.sync_members(self.org))["unchanged"], 2)
        self.assertEqual(inbox(self.jack), [])
        self.jack.user.email = f"jack-two-{self.mark}@initech.test"
        self.assertEqual(self.synced(client.sync_member(self.jack))["changed"], 1)
        self.jack.delete()
        self.assertEqual(self.synced(client.sync_members(self.org))["removed"], 1)
        self.assertIsNotNone(client.get_user_notification_preferences(self.jack).error)

    def test_one_bad_address_is_named(self) -> None:
        self.synced(client.sync_members(self.org))
        self.jack.user.email = "no address"
        self.assertIn(str(self.jack.user_id), client.sync_members(self.org).error or "")
        self.assertIsNotNone(client.sync_member(self.jack).error)
        self.assertEqual(inbox(self.ivy), [])

    def test_one_member_of_an_unknown_organisation(self) -> None:
        self.assertEqual(self.synced(client.sync_member(self.ivy))["added"], 1)
        self.assertIsNone(client.sync_member(self.ivy, is_member=False).error)
        self.assertIsNone(client.sync_member(self.ivy, is_member=False).error)

    def test_the_backends_functions_provision_whom_the_service_does_not_know(self) -> None:
        error, ids = ddpui.get_recipients("all_org_users", self.org.slug, None, manager_or_above=False)
        self.assertIsNone(error)
        data = {"author": "System", "message": self.mark, "email_subject": "s", "recipients": ids}
        error, result = ddpui.create_notification(data)
        self.assertEqual((error, result and result["errors"]), (None, []))
        self.assertEqual([len(self.found_in(each)) for each in (self.ivy, self.jack)], [1, 1])

    def test_one_of_several_whom_the_service_does_not_know(self) -> None:
        self.synced(client.sync_member(self.ivy))
        data = {"author": "System", "message": self.mark, "email_subject": "s", "recipients": [self.ivy.id, self.jack.id]}
        error, result = ddpui.create_notification(data)
        self.assertEqual((error, result and result["errors"]), (None, []))
        self.assertEqual([len(self.found_in(each)) for each in (self.ivy, self.jack)], [1, 1])

    def test_the_managers_of_an_unknown_organisation(self) -> None:
        ddpui.notify_org_managers(self.org, f"It failed. {self.mark}", "Initech: Job failure for Nightly")
        [item] = self.found_in(self.ivy)
        self.assertEqual((item["author"], item["category"], item["urgent"]), ("Dalgo", "job_failure", False))
        self.assertEqual(self.found_in(self.jack), [])
        self.assertEqual(ddpui.get_unread_notifications_count(self.ivy), (None, {"success": True, "res": 1}))

    def test_platform_admins_without_an_address_is_a_warning(self) -> None:
        self.synced(client.sync_members(self.org))
        with self.assertLogs("dalgo_notifications", "WARNING") as logs:
            ddpui.notify_platform_admins(self.org, str(uuid.uuid4()), "FAILED", "dbt run")
        self.assertIn("ADMIN_EMAIL", logs.output[0])

    def test_history(self) -> None:
        self.sent(client.create_notification(message=self.mark, recipients=[BOB]))
        error, history = ddpui.get_notification_history(1, 20)
        self.assertIsNone(error)
        [item] = [each for each in (history or {})["res"] if each["message"] == self.mark]
        error, recipients = ddpui.get_notification_recipients(item["id"])
        self.assertEqual((error, (recipients or {})["res"]), (None, [{"username": "bob@acme.test", "read_status": False}]))


if __name__ == "__main__":
    unittest.main()
