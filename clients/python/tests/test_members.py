"""Django's people, as members of an organisation in the service."""

import logging
import unittest
from typing import Any
from unittest import mock

import dalgo_notifications as client
from tests.fake_service import KEY, Answer, FakeService
from tests.stand_ins import FakeDjango, Org, OrgUser, Table

COUNTS = {"added": 0, "changed": 0, "removed": 0, "unchanged": 0}
OK = Answer(200, {"success": True, "res": COUNTS, "errors": []})


class MembersCase(unittest.TestCase):
    def setUp(self) -> None:
        logging.getLogger("dalgo_notifications").addHandler(logging.NullHandler())
        Table.rows.clear()
        self.server = FakeService(OK)
        self.addCleanup(self.server.close)
        self.service = client.NotificationService(self.server.url, KEY)
        self.acme = Org("acme", "Acme Foundation")

    @property
    def seen(self) -> Any:
        return [(request.method, request.path, request.body) for request in self.server.requests]


class SyncMembers(MembersCase):
    def test_sends_the_organisation_and_all_its_members(self) -> None:
        OrgUser(self.acme, "alice@acme.test", "account-manager", user_id=1, first_name="Alice", last_name="A")
        OrgUser(self.acme, "bob@acme.test", "guest", user_id=2)
        OrgUser(Org("globex"), "charlie@globex.test", "admin", user_id=3)
        error, result = self.service.sync_members(self.acme)
        self.assertEqual((error, result and result["res"]), (None, COUNTS))
        members = [
            {"user_id": "1", "email": "alice@acme.test", "name": "Alice A", "role": "admin"},
            {"user_id": "2", "email": "bob@acme.test", "name": None, "role": "member"},
        ]
        self.assertEqual(
            self.seen,
            [("PUT", "/api/orgs/acme", {"name": "Acme Foundation"}), ("PUT", "/api/orgs/acme/members", members)],
        )

    def test_roles(self) -> None:
        roles = ("super-admin", "admin", "analyst", "member", "account-manager", "pipeline-manager", "guest", "odd", None)
        for number, role in enumerate(roles):
            OrgUser(self.acme, f"{number}@acme.test", role)
        self.service.sync_members(self.acme)
        expected = ["super-admin", "admin", "analyst", "member", "admin", "admin", "member", "member", "member"]
        self.assertEqual([each["role"] for each in self.server.last.body], expected)

    def test_leaves_out_who_is_inactive_or_has_no_address_and_counts_nobody_twice(self) -> None:
        OrgUser(self.acme, "a@acme.test", "member", user_id=1)
        OrgUser(self.acme, "a@acme.test", "admin", user_id=1)
        OrgUser(self.acme, "", "member", user_id=2)
        OrgUser(self.acme, "c@acme.test", "admin", user_id=3, is_active=False)
        self.service.sync_members(self.acme)
        self.assertEqual([(each["user_id"], each["role"]) for each in self.server.last.body], [("1", "admin")])

    def test_an_organisation_without_members_is_not_emptied(self) -> None:
        error, _ = self.service.sync_members(self.acme)
        self.assertIn("has no members", error or "")
        self.assertEqual(self.seen, [])
        self.assertIsNone(self.service.sync_members(self.acme, allow_empty=True).error)

    def test_names_the_people_whom_the_service_refuses(self) -> None:
        OrgUser(self.acme, "a@acme.test", user_id=41)
        OrgUser(self.acme, "no address", user_id=42)
        issue = {"loc": ["body", 1, "email"], "msg": "not an e-mail address", "type": "invalid"}
        self.server.answers = [OK, Answer(422, {"detail": [issue]})]
        error, _ = self.service.sync_members(self.acme)
        self.assertEqual(error, "The notification service answered 422: user 42.email: not an e-mail address")

    def test_a_failing_database_is_an_error_like_others(self) -> None:
        class Broken:
            slug = "acme"

            class orguser_set:
                @staticmethod
                def select_related(*_fields: str) -> None:
                    raise RuntimeError("the database is away")

        self.assertEqual(self.service.sync_members(Broken()).error, "The members could not be read (RuntimeError).")

    def test_takes_a_slug_with_members(self) -> None:
        member = OrgUser(self.acme, "a@acme.test", user_id=1)
        self.assertIsNone(self.service.sync_members("acme", [member]).error)
        self.assertEqual(self.server.requests[0].body, {"name": "acme"})
        self.assertIsNotNone(self.service.sync_members("acme").error)


class SyncMember(MembersCase):
    def test_creates_an_organisation_that_is_unknown(self) -> None:
        bob = OrgUser(self.acme, "bob@acme.test", user_id=2)
        self.server.answers = [Answer(404, {"detail": "organisation not found"}), OK]
        self.assertIsNone(self.service.sync_member(bob).error)
        self.assertEqual([method for method, _, _ in self.seen], ["PATCH", "PUT", "PATCH"])

    def test_reports_a_refused_row(self) -> None:
        bob = OrgUser(self.acme, "bob", user_id=2)
        self.server.answers = [Answer(200, {"success": True, "res": COUNTS, "errors": [{"user_id": "2", "msg": "no address"}]})]
        self.assertEqual(self.service.sync_member(bob).error, "The service refused the member: 2: no address")

    def test_removing_who_is_gone_is_no_error(self) -> None:
        bob = OrgUser(self.acme, "bob@acme.test", user_id=2)
        self.server.answers = [Answer(404, {"detail": "member not found"})]
        self.assertIsNone(self.service.sync_member(bob, is_member=False).error)
        self.assertEqual(self.seen, [("DELETE", "/api/orgs/acme/members/2", None)])

    def test_a_removal_is_counted_as_in_a_sync(self) -> None:
        bob = OrgUser(self.acme, "bob@acme.test", user_id=2)
        for answer, removed in ((Answer(200, {"success": True, "message": "removed"}), 1), (Answer(404, {}), 0)):
            self.server.answers = [answer]
            result = self.service.sync_member(bob, is_member=False).result
            self.assertEqual(result and result["res"], {**COUNTS, "removed": removed})


class Signals(MembersCase):
    def setUp(self) -> None:
        super().setUp()
        self.django = FakeDjango()
        context = self.django.installed()
        context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def connect(self, **options: Any) -> None:
        client.connect_signals(OrgUser, service=self.service, **options)

    def saved(self, orguser: OrgUser, **named: Any) -> None:
        self.django.post_save.send(OrgUser, instance=orguser, using="default", **named)

    def test_saving_adds_a_member_after_the_commit(self) -> None:
        self.connect()
        self.saved(OrgUser(self.acme, "bob@acme.test", user_id=2))
        self.assertEqual(self.seen, [])
        self.django.commit()
        row = {"user_id": "2", "email": "bob@acme.test", "name": None, "role": "member"}
        self.assertEqual(self.seen, [("PATCH", "/api/orgs/acme/members", [row])])

    def test_sends_what_the_database_says_at_the_commit(self) -> None:
        self.connect()
        bob = OrgUser(self.acme, "bob@acme.test", user_id=2)
        self.saved(bob)
        bob.delete()
        self.django.post_delete.send(OrgUser, instance=bob, using="default")
        self.django.commit()
        self.assertEqual([method for method, _, _ in self.seen], ["DELETE", "DELETE"])

    def test_of_two_rows_of_one_user_the_other_stays(self) -> None:
        self.connect()
        OrgUser(self.acme, "bob@acme.test", "admin", user_id=2)
        second = OrgUser(self.acme, "bob@acme.test", user_id=2)
        second.delete()
        self.django.post_delete.send(OrgUser, instance=second, using="default")
        self.django.commit()
        self.assertEqual([(method, body and body[0]["role"]) for method, _, body in self.seen], [("PATCH", "admin")])

    def test_an_inactive_user_is_removed(self) -> None:
        user_model = object()
        self.connect(User=user_model)
        bob = OrgUser(self.acme, "bob@acme.test", user_id=2)
        bob.user.is_active = False
        self.django.post_save.send(user_model, instance=bob.user, using="default")
        self.django.commit()
        self.assertEqual(self.seen, [("DELETE", "/api/orgs/acme/members/2", None)])

    def test_members_of_a_deleted_organisation_are_removed(self) -> None:
        self.connect()
        bob = OrgUser(None, "bob@acme.test", user_id=2)
        # Django reads the organisation once, and keeps it.
        reads: Any = []
        deleted = type("Deleted", (), {"org": property(lambda _: reads.append(1) or self.acme), "org_id": 7, "user_id": 2})()
        self.django.pre_delete.send(OrgUser, instance=deleted, using="default")
        self.assertEqual(len(reads), 1)
        bob.delete()
        self.django.post_delete.send(OrgUser, instance=deleted, using="default")
        self.django.commit()
        self.assertEqual(self.seen, [("DELETE", "/api/orgs/acme/members/2", None)])

    def test_an_organisation_that_cannot_be_read_breaks_nothing(self) -> None:
        self.connect()

        def missing(_: Any) -> None:
            raise LookupError("there is no such organisation")

        broken = type("Broken", (), {"org": property(missing), "org_id": 7, "user_id": 2})()
        for signal in (self.django.pre_delete, self.django.post_delete, self.django.post_save):
            with self.assertLogs("dalgo_notifications", "WARNING"):
                signal.send(OrgUser, instance=broken, using="default")

    def test_a_renamed_organisation_is_renamed(self) -> None:
        self.connect(Org=Org)
        self.django.post_save.send(Org, instance=Org("globex", "Globex Trust"), using="default")
        self.django.commit()
        self.assertEqual(self.seen, [("PUT", "/api/orgs/globex", {"name": "Globex Trust"})])

    def test_fixtures_and_people_without_an_organisation_send_nothing(self) -> None:
        self.connect()
        self.saved(OrgUser(self.acme, "bob@acme.test"), raw=True)
        self.saved(OrgUser(None, "system@dalgo.test"))
        self.django.commit()
        self.assertEqual(self.seen, [])

    def test_a_failure_never_breaks_the_saving(self) -> None:
        for failing in (
            client.NotificationService("no address", KEY),
            client.NotificationService("http://127.0.0.1:1", KEY, attempts=1, raise_errors=True),
        ):
            client.connect_signals(OrgUser, service=failing)
            self.saved(OrgUser(self.acme, "bob@acme.test"))
            with self.assertLogs("dalgo_notifications", "WARNING"):
                self.django.commit()

    def test_a_time_limit_of_celery_reaches_its_task(self) -> None:
        class SoftTimeLimitExceeded(Exception):
            pass

        self.connect()
        self.saved(OrgUser(self.acme, "bob@acme.test", user_id=2))
        with mock.patch.object(self.service, "sync_member", side_effect=SoftTimeLimitExceeded):
            with self.assertRaises(SoftTimeLimitExceeded):
                self.django.commit()
        with mock.patch.object(OrgUser.objects, "filter", side_effect=SoftTimeLimitExceeded):
            with self.assertRaises(SoftTimeLimitExceeded):
                self.service.sync_members(self.acme)

    def test_runs_where_it_is_told(self) -> None:
        jobs: Any = []
        self.connect(run=jobs.append)
        self.saved(OrgUser(self.acme, "bob@acme.test"))
        self.django.commit()
        self.assertEqual(self.seen, [])
        jobs[0]()
        self.assertEqual(len(self.seen), 1)


if __name__ == "__main__":
    unittest.main()
