"""What happens on the way: time-outs, retries, redirects, and answers that are none."""

import logging
import os
import socket
import threading
import time
import traceback
import unittest
import uuid
from email.utils import format_datetime
from datetime import datetime, timedelta, timezone
from typing import Any
from unittest import mock

import dalgo_notifications as client
from tests.fake_service import KEY, Answer, DrippingServer, FakeService, sent, slowly


class RequestsCase(unittest.TestCase):
    def setUp(self) -> None:
        # Every failure is logged; `assertLogs` still sees it.
        logging.getLogger("dalgo_notifications").addHandler(logging.NullHandler())
        patch = mock.patch.object(client, "_FIRST_DELAY_SECONDS", 0.01)
        patch.start()
        self.addCleanup(patch.stop)

    def serve(self, *answers: Any) -> FakeService:
        server = FakeService(*answers)
        self.addCleanup(server.close)
        return server

    def service(self, url: str, **options: Any) -> client.NotificationService:
        return client.NotificationService(url, KEY, **{"timeout": 10.0, "total_timeout": 30.0, **options})

    def send(self, url: str, **options: Any) -> client.Sent:
        return self.service(url, **options).create_notification(message="Hello", sent_to="all_users")


class Sending(RequestsCase):
    def test_sends_the_key_and_the_body_and_returns_the_answer(self) -> None:
        server = self.serve(sent(5))
        error, result = self.service(server.url + "/").create_notification(
            author="Asha", message="Hello", sent_to="all_org_users", org_slug="acme", urgent=True, email_subject="Hi"
        )
        self.assertIsNone(error)
        self.assertEqual(result and result["res"]["notification_id"], 5)
        request = server.last
        self.assertEqual((request.method, request.path), ("POST", "/api/notifications/"))
        self.assertEqual(request.headers["authorization"], f"Bearer {KEY}")
        self.assertEqual(
            request.body,
            {
                "author": "Asha",
                "message": "Hello",
                "sent_to": "all_org_users",
                "org_slug": "acme",
                "urgent": True,
                "category": "system",
                "email_subject": "Hi",
            },
        )

    def test_reports_have_the_arguments_of_dalgos_functions(self) -> None:
        server = self.serve(sent())
        service = self.service(server.url)
        org = mock.Mock(slug="acme")
        service.create_job_failure_notification(flow_run_id="run", org=org, error_message=ValueError("no source"))
        service.create_dbt_test_failure_notification(test_name="not_null", org=org, error_details="3 rows")
        service.create_late_run_notification(
            flow_name="Nightly", org="acme", expected_time="2026-11-28T02:00:00+05:30", delay_minutes=timedelta(hours=1)
        )
        service.create_schema_change_notification(org=org, source="KoboToolbox", changes="a\n\nb")
        service.notify_platform_admins(org, "run", "CRASHED")
        service.notify_platform_admins(org, "run", "CRASHED", "dbt run")
        self.assertEqual(
            [(request.path.rpartition("/")[2], request.body) for request in server.requests],
            [
                ("job-failure", {"flow_run_id": "run", "org_slug": "acme", "error_message": "no source"}),
                ("dbt-test-failure", {"test_name": "not_null", "org_slug": "acme", "error_details": "3 rows"}),
                (
                    "late-run",
                    {
                        "flow_name": "Nightly",
                        "org_slug": "acme",
                        "expected_time": "2026-11-27T20:30:00.000Z",
                        "delay_minutes": 60.0,
                    },
                ),
                ("schema-change", {"org_slug": "acme", "source": "KoboToolbox", "changes": ["a", "b"]}),
                ("platform-admins", {"org_slug": "acme", "flow_run_id": "run", "state": "CRASHED"}),
                (
                    "platform-admins",
                    {"org_slug": "acme", "flow_run_id": "run", "state": "CRASHED", "failed_step": "dbt run"},
                ),
            ],
        )

    def test_the_same_report_has_the_same_key_and_another_call_to_send_a_new_one(self) -> None:
        server = self.serve(sent())
        service = self.service(server.url)
        for details in ("a", "a", "b"):
            service.create_dbt_test_failure_notification("not_null", "acme", details)
        first, second, third = [request.headers["idempotency-key"] for request in server.requests]
        self.assertEqual(first, second)
        self.assertNotEqual(first, third)
        server.requests.clear()
        self.send(server.url)
        self.send(server.url)
        self.assertEqual(len({request.headers["idempotency-key"] for request in server.requests}), 2)

    def test_acts_for_one_person(self) -> None:
        preferences = {"email_notifications_enabled": True, "job_failure_notifications": False, "timezone": None}
        server = self.serve(Answer(200, {"success": True, "res": preferences}))
        orguser = mock.Mock(user_id=2, org=mock.Mock(slug="acme"))
        service = self.service(server.url)
        found = service.update_user_notification_preferences(orguser=orguser, job_failure_notifications=False)
        self.assertEqual((found.job_failure_notifications, found["timezone"], found.error), (False, None, None))
        self.assertEqual(server.last.body, {"job_failure_notifications": False})
        self.assertEqual((server.last.headers["x-dalgo-user"], server.last.headers["x-dalgo-org"]), ("2", "acme"))
        service.get_filtered_notifications(
            ("2", "acme"), category=["incident", "late_run"], urgent_only=True, read_status=False, limit=5
        )
        self.assertEqual(
            server.last.path,
            "/api/notifications/filtered?page=1&limit=5&category=incident%2Clate_run&urgent_only=true&read_status=0",
        )

    def test_urgent_notifications_are_a_list(self) -> None:
        server = self.serve(Answer(200, {"success": True, "res": [{"id": 1, "message": "m"}], "total": 70}))
        urgent = self.service(server.url).get_urgent_notifications_for_user(("2", "acme"))
        self.assertEqual(([each["id"] for each in urgent], urgent.total, urgent.error), ([1], 70, None))

    def test_threads_may_share_a_service(self) -> None:
        server = self.serve(lambda request: sent(int(request.body["message"])))
        service = self.service(server.url)
        found = {}

        def send(number: int) -> None:
            _, result = service.create_notification(message=str(number), sent_to="all_users")
            found[number] = result and result["res"]["notification_id"]

        threads = [threading.Thread(target=send, args=(number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(found, {number: number for number in range(12)})


class Retries(RequestsCase):
    def test_repeats_with_the_same_idempotency_key(self) -> None:
        refusals = [Answer(status) for status in (429, 502, 503)]
        server = self.serve(*refusals, sent(9))
        error, result = self.send(server.url)
        self.assertEqual((error, result and result["res"]["notification_id"]), (None, 9))
        self.assertEqual(len(server.requests), 4)
        self.assertEqual(len({request.headers["idempotency-key"] for request in server.requests}), 1)
        self.assertEqual(len({str(request.body) for request in server.requests}), 1)

    def test_repeats_after_a_dropped_connection_and_after_half_an_answer(self) -> None:
        half = Answer(200, b'{"res"', {"content-length": "100", "connection": "close"})
        server = self.serve(FakeService.drop, half, sent(9))
        error, result = self.send(server.url, timeout=0.5)
        self.assertEqual((error, result and result["res"]["notification_id"]), (None, 9))

    def test_gives_up_after_the_last_attempt(self) -> None:
        server = self.serve(Answer(503, {"detail": "not now"}))
        with self.assertLogs("dalgo_notifications", "WARNING") as logs:
            error, result = self.send(server.url, attempts=3)
        self.assertIsNone(result)
        self.assertEqual(error, "The notification service answered 503: not now")
        self.assertEqual(len(server.requests), 3)
        self.assertIn("503", logs.output[0])

    def test_does_not_repeat_what_is_refused_for_good(self) -> None:
        for status in (400, 401, 403, 404, 409, 422, 500):
            server = self.serve(Answer(status, {"detail": "no"}))
            error, _ = self.send(server.url)
            self.assertEqual((error, len(server.requests)), (f"The notification service answered {status}: no", 1))

    def test_waits_as_long_as_the_service_asks(self) -> None:
        server = self.serve(Answer(429, {}, {"retry-after": "1"}), sent())
        start = time.monotonic()
        error, _ = self.send(server.url)
        self.assertIsNone(error)
        self.assertGreaterEqual(time.monotonic() - start, 1.0)

    def test_understands_a_date_in_retry_after(self) -> None:
        at = datetime.now(timezone.utc) + timedelta(seconds=2)
        server = self.serve(Answer(503, {}, {"retry-after": format_datetime(at, usegmt=True)}), sent())
        start = time.monotonic()
        error, _ = self.send(server.url)
        self.assertIsNone(error)
        self.assertGreater(time.monotonic() - start, 0.5)

    def test_does_not_wait_beyond_its_time(self) -> None:
        server = self.serve(Answer(429, {"detail": "slow down"}, {"retry-after": "3600"}))
        start = time.monotonic()
        error, _ = self.send(server.url)
        self.assertLess(time.monotonic() - start, 6)
        self.assertEqual(error, "The notification service answered 429: slow down (try again in 3600 s)")
        self.assertEqual(len(server.requests), 1)

    def test_nonsense_in_retry_after_counts_as_none(self) -> None:
        for value in ("", "soon", "-5", "1e9", "Mon, 99 Foo 2026"):
            server = self.serve(Answer(503, {}, {"retry-after": value}), sent())
            self.assertIsNone(self.send(server.url).error)


class TimeLimits(RequestsCase):
    def limited(self, url: str, **options: Any) -> str:
        start = time.monotonic()
        error, result = self.send(url, **options)
        # Each of these would take 10 seconds or more. A busy machine takes some time as well.
        self.assertLess(time.monotonic() - start, 6)
        self.assertIsNone(result)
        return error or ""

    def test_a_silent_service(self) -> None:
        server = self.serve(slowly(10))
        self.assertIn("could not be reached", self.limited(server.url, timeout=0.5, total_timeout=2, attempts=9))
        self.assertGreater(len(server.requests), 1)

    def test_a_service_that_drips(self) -> None:
        server = DrippingServer()
        self.addCleanup(server.close)
        self.assertIn("no answer within", self.limited(server.url, timeout=0.3, attempts=2))

    def test_a_name_that_is_looked_up_for_ever(self) -> None:
        def hang(*_args: Any, **_named: Any) -> Any:
            time.sleep(10)
            raise socket.gaierror("too late")

        with mock.patch("socket.getaddrinfo", hang):
            self.assertIn("no answer within", self.limited("https://dalgo.invalid", timeout=0.3, attempts=2))

    def test_a_port_where_nobody_listens(self) -> None:
        probe = socket.create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        probe.close()
        self.assertIn("ConnectionRefusedError", self.limited(url))

    def test_a_signal_of_the_caller_is_not_swallowed(self) -> None:
        class SoftTimeLimitExceeded(Exception):
            """What Celery raises in the thread that waits."""

        thread_join = threading.Thread.join

        def interrupted(thread: threading.Thread, timeout: Any = None) -> None:
            if thread.name == "dalgo-notifications":
                raise SoftTimeLimitExceeded()
            thread_join(thread, timeout)

        server = self.serve(slowly(0.2))
        with mock.patch.object(threading.Thread, "join", interrupted), self.assertRaises(SoftTimeLimitExceeded):
            self.send(server.url)


class WhatIsNoAnswer(RequestsCase):
    def test_redirects_are_not_followed(self) -> None:
        elsewhere = self.serve(sent())
        for status in (301, 302, 303, 307, 308):
            server = self.serve(Answer(status, {}, {"location": f"{elsewhere.url}/api/notifications/?a={KEY}"}))
            error, _ = self.send(server.url)
            self.assertRegex(error or "", rf"answered {status}, a redirect to 127\.0\.0\.1:\d+, which is not followed")
            self.assertEqual(len(server.requests), 1)
        self.assertEqual(elsewhere.requests, [])

    def test_html_and_other_answers(self) -> None:
        for body in (b"<html>Sign in to the network</html>", b"[]", b"", b"\xff\xfe", b"[" * 100_000):
            server = self.serve(Answer(200, body))
            self.assertIn("not JSON of the notification service", self.send(server.url).error or "")
            server = self.serve(Answer(403, body))
            self.assertEqual(self.send(server.url).error, "The notification service answered 403")

    def test_an_endless_answer(self) -> None:
        with mock.patch.object(client, "_MAX_ANSWER_BYTES", 1_000):
            server = self.serve(Answer(200, b"a" * 5_000))
            self.assertIn("too large", self.send(server.url).error or "")

    def test_fields_that_do_not_fit_are_named(self) -> None:
        issues = [{"loc": ["body", "category"], "msg": "Invalid option", "type": "invalid"}]
        server = self.serve(Answer(422, {"detail": issues}))
        self.assertEqual(
            self.send(server.url).error, "The notification service answered 422: body.category: Invalid option"
        )


class Failures(RequestsCase):
    def test_are_raised_only_if_asked(self) -> None:
        server = self.serve(Answer(400, {"detail": "No users found for the given information"}))
        with self.assertRaises(client.NotificationError) as caught:
            self.send(server.url, raise_errors=True)
        self.assertEqual(caught.exception.status, 400)
        self.assertEqual(caught.exception.detail, "No users found for the given information")

    def test_reading_gives_something_empty(self) -> None:
        server = self.serve(Answer(404, {"detail": "person not found"}))
        service = self.service(server.url)
        preferences = service.get_user_notification_preferences(("9", "acme"))
        self.assertEqual((dict(preferences), preferences.job_failure_notifications), ({}, None))
        self.assertEqual(preferences.error, "The notification service answered 404: person not found")
        urgent = service.get_urgent_notifications_for_user(("9", "acme"))
        self.assertEqual((list(urgent), urgent.total), ([], 0))
        self.assertIsNotNone(urgent.error)

    def test_people_and_organisations_that_are_none(self) -> None:
        service = self.service("http://127.0.0.1:1")
        for orguser in (None, 7, "2", (), mock.Mock(user_id=2, org=None), mock.Mock(user_id=None), ("", "acme")):
            self.assertIsNotNone(service.get_user_notification_preferences(orguser).error)
        for org in (None, 7, "", "  ", object()):
            self.assertEqual(service.create_job_failure_notification("run", org).error, "The organisation has no slug.")
        self.assertIn("x-dalgo-user", service.get_user_notification_preferences(("2\r\nx: y", "acme")).error or "")

    def test_odd_arguments_are_errors_and_not_exceptions(self) -> None:
        service = self.service("http://127.0.0.1:1")
        odd: Any = 7
        bob = ("2", "acme")
        for error in (
            service.create_notification(message="m", recipients=odd).error,
            service.create_notification(message="m", sent_to="all_users", link=odd).error,
            service.create_notification(message="m", sent_to="all_users", scheduled_time=odd).error,
            service.create_late_run_notification("f", "acme", odd, 5).error,
            service.create_schema_change_notification("acme", "s", odd).error,
            service.get_filtered_notifications(bob, category=odd).error,
            service.get_filtered_notifications(bob, from_time=odd).error,
            service.get_filtered_notifications(bob, read_status="unread").error,  # type: ignore[arg-type]
            service.sync_members("acme", odd).error,
            service.sync_members("acme", [{"email": "a@acme.test"}]).error,
            service.sync_member(None).error,
            service.sync_member(bob).error,
        ):
            self.assertRegex(error or "", r"^An argument cannot be used \(\w+Error: .+\)$")
        with self.assertRaises(client.NotificationError):
            self.service("http://127.0.0.1:1", raise_errors=True).create_notification(message="m", recipients=odd)

    def test_a_failing_database_behind_an_argument_is_an_error(self) -> None:
        class DatabaseError(Exception):
            __module__ = "django.db.utils"

        class OrgUser:
            user_id = 2

            @property
            def org(self) -> Any:
                raise DatabaseError("gone")

        service = self.service("http://127.0.0.1:1")
        self.assertIn("DatabaseError: gone", service.get_user_notification_preferences(OrgUser()).error or "")
        self.assertIn("DatabaseError: gone", service.create_notification(message="m", recipients=[OrgUser()]).error or "")

    def test_an_exception_of_the_caller_is_not_swallowed(self) -> None:
        class TimeLimitExceeded(Exception):
            """What Celery raises wherever the task is."""

        def recipients() -> Any:
            yield ("2", "acme")
            raise TimeLimitExceeded

        with self.assertRaises(TimeLimitExceeded):
            self.service("http://127.0.0.1:1").create_notification(message="m", recipients=recipients())

    def test_an_idempotency_key_may_be_a_uuid(self) -> None:
        server = self.serve(sent())
        key: Any = uuid.uuid4()
        self.service(server.url).create_notification(message="m", sent_to="all_users", idempotency_key=key)
        self.assertEqual(server.last.headers["idempotency-key"], str(key))

    def test_filters_may_come_from_a_query(self) -> None:
        server = self.serve(Answer(200, {"success": True, "res": []}))
        self.service(server.url).get_filtered_notifications(("2", "acme"), read_status="0", q="")  # type: ignore[arg-type]
        self.assertEqual(server.last.path, "/api/notifications/filtered?page=1&limit=10&read_status=0")

    def test_numbers_of_configure_are_checked_at_once(self) -> None:
        options: Any = {"timeout": "2.5", "total_timeout": "5", "attempts": "2"}
        service = client.NotificationService(**options)
        self.assertEqual((service.timeout, service.total_timeout, service.attempts), (2.5, 5.0, 2))
        with self.assertRaises(TypeError):
            client.configure(timeout=None)

    def test_values_that_are_no_json(self) -> None:
        service = self.service("http://127.0.0.1:1")
        circle: Any = {}
        circle["circle"] = circle
        for channels in ({"incident": object()}, {"incident": float("nan")}, circle):
            error = service.update_user_notification_preferences(("2", "acme"), channels=channels).error
            self.assertIn("cannot be sent as JSON", error or "")
        for delay in ("long", None, float("nan"), float("inf")):
            self.assertIn("delay_minutes", service.create_late_run_notification("f", "acme", "now", delay).error or "")  # type: ignore[arg-type]

    def test_the_key_is_shown_nowhere(self) -> None:
        server = self.serve(Answer(401, {"detail": f"Bearer {KEY} is wrong"}))
        shown = [repr(self.service(server.url)), str(vars(self.service(server.url)))]
        for key in (KEY, f"{KEY}\r\nx-other: 1", f"{KEY} ü"):
            service = client.NotificationService(server.url, key, raise_errors=True)
            try:
                service.create_notification(message="m", sent_to="all_users")
                self.fail("the call should fail")
            except client.NotificationError as error:
                # The first frame is this test.
                frames = traceback.walk_tb(error.__traceback__ and error.__traceback__.tb_next)
                summary = traceback.StackSummary.extract(frames, capture_locals=True)
                shown += [str(error), repr(error), *summary.format()]
        with self.assertLogs("dalgo_notifications") as logs:
            self.send(server.url)
        self.assertEqual([text for text in [*shown, *logs.output] if KEY in text], [])


class Configuration(RequestsCase):
    def error_for(self, url: Any, key: Any = KEY) -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DALGO_")}
        with mock.patch.dict(os.environ, environment, clear=True):
            return client.NotificationService(url, key).create_notification(message="m", sent_to="all_users").error or ""

    def test_only_https_leaves_this_machine(self) -> None:
        for url in ("http://notifications.dalgo.org", "http://10.0.0.7", "http://127.0.0.1.example.org", "http://0.0.0.0"):
            self.assertIn("must begin with https://", self.error_for(url))
        for url in ("http://localhost:1", "http://127.0.0.9:1", "http://[::1]:1"):
            self.assertIn("could not be reached", self.error_for(url))

    def test_other_addresses(self) -> None:
        for url in ("", None):
            self.assertEqual(self.error_for(url), "DALGO_NOTIFICATIONS_URL is not set.")
        for url in ("dalgo.org", "ftp://dalgo.org", "https://", "https://a:b@dalgo.org", "https://dalgo.org?a", "https://x:y", "https://dalgo.org/a b"):
            self.assertRegex(self.error_for(url), "DALGO_NOTIFICATIONS_URL (must be|is not) an address")

    def test_keys(self) -> None:
        self.assertEqual(self.error_for("https://dalgo.org", ""), "DALGO_NOTIFICATIONS_KEY is not set.")
        self.assertIn("printable ASCII", self.error_for("https://dalgo.org", "a key"))

    def test_a_proxy_of_the_environment_does_not_see_what_stays_on_this_machine(self) -> None:
        proxy, server = self.serve(sent()), self.serve(sent(3))
        with mock.patch.dict(os.environ, {"http_proxy": proxy.url, "no_proxy": ""}):
            self.assertIsNone(self.send(server.url).error)
        self.assertEqual((len(proxy.requests), len(server.requests)), (0, 1))

    def test_the_environment_and_arguments_of_configure(self) -> None:
        server, other = self.serve(sent()), self.serve(sent())
        environment = {"DALGO_NOTIFICATIONS_URL": server.url, "DALGO_NOTIFICATIONS_KEY": f" {KEY}\n"}
        with mock.patch.dict(os.environ, environment):
            self.assertIsNone(client.create_job_failure_notification(flow_run_id="r", org="acme").error)
            self.assertEqual(server.last.headers["authorization"], f"Bearer {KEY}")
            client.configure(url=other.url, key="another-key")
            self.addCleanup(client.configure)
            client.create_notification(message="m", sent_to="all_users")
        self.assertEqual(other.last.headers["authorization"], "Bearer another-key")
        with self.assertRaises(TypeError):
            client.configure(adress="https://dalgo.org")


if __name__ == "__main__":
    unittest.main()
