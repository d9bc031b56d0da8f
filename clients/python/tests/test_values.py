"""How the values of a program become what the service takes."""

import ast
import unittest
from datetime import date, datetime, timedelta, timezone
from enum import Enum
from pathlib import Path
from unittest import mock

import dalgo_notifications as client
from tests.stand_ins import FakeDjango

FOLDER = Path(__file__).parents[1]


class Texts(unittest.TestCase):
    def test_halves_of_characters_and_nul(self) -> None:
        for given, expected in (
            ("a\ud83d", "a\ufffd"),
            ("\ude00b", "\ufffdb"),
            ("\ud83d\ude00", "😀"),
            ("a\0b", "ab"),
            ("नमस्ते", "नमस्ते"),
        ):
            self.assertEqual(client._clean(given), expected)

    def test_what_is_no_text(self) -> None:
        class Category(str, Enum):
            LATE = "late_run"

        class Broken:
            def __str__(self) -> str:
                raise ValueError("no text")

        self.assertEqual(client._clean(Category.LATE), "late_run")
        self.assertEqual(client._clean(KeyError("id")), "'id'")
        self.assertEqual(client._clean(Broken()), "(Broken)")
        self.assertEqual(client._clean("é".encode() + b"\xff"), "é\ufffd")
        self.assertIsNone(client._clean(None))

    def test_long_texts_are_cut_between_words_within_the_limit(self) -> None:
        for text in ("word " * 5_000, "x" * 20_000, "😀" * 9_000, "a 😀" * 5_000, "ü" * 10_001):
            cut = client._clean(text, 10_000) or ""
            self.assertLessEqual(len(cut.encode("utf-16-le")) // 2, 10_000)
            self.assertGreater(len(cut.encode("utf-16-le")) // 2, 9_990)
            self.assertTrue(cut.endswith("…"))
        self.assertEqual(client._cut("the password is abc", 17), "the password is…")
        self.assertEqual(client._clean("x" * 10_000, 10_000), "x" * 10_000)

    def test_a_long_log_keeps_its_last_line(self) -> None:
        log = "\n".join(["Traceback (most recent call last):", *["  File a.py, line 1"] * 900, "ValueError: no such table"])
        cut = client._clean_log(log)
        self.assertLessEqual(len(cut), 8_000)
        self.assertTrue(cut.startswith("Traceback (most"))
        self.assertTrue(cut.endswith("…\nValueError: no such table"))
        key = "-----BEGIN KEY-----\n" + "\n".join(["QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="] * 400)
        self.assertTrue(client._clean_log(f"wrong key\n{key}").endswith("…"))
        self.assertEqual(client._clean_log("  short \n"), "short")

    def test_lists_of_changes(self) -> None:
        self.assertEqual(client._changes("column a is gone\n\n"), ["column a is gone"])
        self.assertEqual(client._changes(["a", "  ", "x" * 600]), ["a", "x" * 499 + "…"])
        many = client._changes(str(number) for number in range(1_500))
        self.assertEqual((len(many), many[-1]), (1_000, "and 501 more"))

    def test_long_changes_fit_into_a_body_and_are_counted(self) -> None:
        long = client._changes(["column removed " * 40] * 900)
        self.assertEqual((len(long), {len(text) for text in long[20:]}), (900, {7}))
        self.assertGreater(len(long[19]), 480)
        for text in ("x" * 600, "अ" * 600, "\x01" * 600, '"' * 600):
            changes = client._changes([text] * 1_000)
            self.assertLess(len(client._json(changes)), 60 * 1024)
            self.assertGreater(len(changes), 10)

    def test_a_subject_is_one_line(self) -> None:
        self.assertEqual(client._subject("Acme:\r\nBcc: all"), "Acme: Bcc: all")
        self.assertIsNone(client._subject(" \n"))


class Times(unittest.TestCase):
    def test_are_sent_in_utc(self) -> None:
        india = timezone(timedelta(hours=5, minutes=30))
        for given, expected in (
            (datetime(2026, 11, 28, 2, 0, tzinfo=india), "2026-11-27T20:30:00.000Z"),
            (datetime(2026, 11, 28, 2, 0, 0, 123456, tzinfo=timezone.utc), "2026-11-28T02:00:00.123Z"),
            ("2026-11-28T02:00:00Z", "2026-11-28T02:00:00.000Z"),
            ("2026-11-28 02:00:00+05:30", "2026-11-27T20:30:00.000Z"),
            (date(2026, 11, 28), "2026-11-28"),
            ("2026-11-28", "2026-11-28"),
            ("tomorrow", "tomorrow"),
        ):
            self.assertEqual(client._iso(given), expected)

    def test_without_a_zone_is_utc_without_django(self) -> None:
        with mock.patch.dict("sys.modules"):
            import sys

            sys.modules.pop("django.utils.timezone", None)
            self.assertEqual(client._iso(datetime(2026, 11, 28, 2, 0)), "2026-11-28T02:00:00.000Z")
            self.assertEqual(client._iso("2026-11-28T02:00:00"), "2026-11-28T02:00:00.000Z")

    def test_without_a_zone_is_in_djangos_zone(self) -> None:
        django = FakeDjango()
        django.make_aware = lambda value: value.replace(tzinfo=timezone(timedelta(hours=5, minutes=30)))
        with django.installed():
            self.assertEqual(client._iso(datetime(2026, 11, 28, 2, 0)), "2026-11-27T20:30:00.000Z")

    def test_out_of_range(self) -> None:
        with self.assertRaises(client.NotificationError):
            client._iso(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))))


class Settings(unittest.TestCase):
    def test_come_from_django_where_the_environment_has_none(self) -> None:
        with FakeDjango(DALGO_NOTIFICATIONS_KEY="from-django").installed(), mock.patch.dict("os.environ", clear=True):
            self.assertEqual(client.setting("DALGO_NOTIFICATIONS_KEY"), "from-django")
            self.assertIsNone(client.setting("DALGO_NOTIFICATIONS_URL"))
            with mock.patch.dict("os.environ", DALGO_NOTIFICATIONS_KEY="from-environment"):
                self.assertEqual(client.setting("DALGO_NOTIFICATIONS_KEY"), "from-environment")

    def test_an_unconfigured_django_has_none(self) -> None:
        class Unconfigured:
            def __getattr__(self, name: str) -> str:
                raise RuntimeError("settings are not configured")

        django = FakeDjango()
        django.settings = Unconfigured()  # type: ignore[assignment]
        with django.installed(), mock.patch.dict("os.environ", clear=True):
            self.assertIsNone(client.setting("DALGO_NOTIFICATIONS_URL"))


class Language(unittest.TestCase):
    FILES = ("dalgo_notifications.py", "ddpui_notifications.py")

    def test_is_python_3_9(self) -> None:
        for name in self.FILES:
            tree = ast.parse((FOLDER / name).read_text("utf-8"), feature_version=(3, 9))
            # `int | None` parses in 3.9, and fails when it is evaluated.
            unions = [
                ast.unparse(annotation)
                for node in ast.walk(tree)
                for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None))
                if annotation is not None and any(isinstance(part, ast.BitOr) for part in ast.walk(annotation))
            ]
            self.assertEqual(unions, [])

    def test_imports_the_standard_library_only(self) -> None:
        import sys

        for name in self.FILES:
            tree = ast.parse((FOLDER / name).read_text("utf-8"))
            modules = {
                module.partition(".")[0]
                for node in tree.body
                if isinstance(node, (ast.Import, ast.ImportFrom))
                for module in ([each.name for each in node.names] if isinstance(node, ast.Import) else [node.module or ""])
            }
            if hasattr(sys, "stdlib_module_names"):
                self.assertEqual(modules - set(sys.stdlib_module_names), set())

    def test_every_public_function_has_types(self) -> None:
        for name in self.FILES:
            for node in ast.walk(ast.parse((FOLDER / name).read_text("utf-8"))):
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                    arguments = [*node.args.args, *node.args.kwonlyargs]
                    untyped = [each.arg for each in arguments if each.annotation is None and each.arg != "self"]
                    self.assertEqual((untyped, node.returns is None), ([], False), node.name)


if __name__ == "__main__":
    unittest.main()
