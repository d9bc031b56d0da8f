"""The examples of the documentation, pasted into a `python3` shell."""

import ast
import code
import contextlib
import io
import logging
import re
import unittest
from pathlib import Path
from typing import Any, Dict, List

import dalgo_notifications as client
from tests.test_local_instance import require_instance

ROOT = Path(__file__).parents[3]


def examples(name: str) -> List[str]:
    return re.findall(r"^```python\n(.*?)^```$", (ROOT / name).read_text("utf-8"), re.MULTILINE | re.DOTALL)


def needs_django(example: str) -> bool:
    return "ddpui" in example


def paste(example: str, namespace: Dict[str, Any]) -> str:
    """The errors that a shell prints."""
    shell = code.InteractiveConsole(namespace)
    err = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(err):
        for line in [*example.splitlines(), ""]:
            shell.push(line)
    return err.getvalue()


class Documentation(unittest.TestCase):
    def setUp(self) -> None:
        require_instance()
        client.configure(timeout=20.0, total_timeout=60.0)
        self.addCleanup(client.configure)
        self.warnings: List[str] = []
        handler = logging.Handler()
        handler.emit = lambda record: self.warnings.append(record.getMessage())  # type: ignore[method-assign]
        logger = logging.getLogger("dalgo_notifications")
        logger.addHandler(handler)
        self.addCleanup(logger.removeHandler, handler)

    def test_every_example_runs_against_the_local_instance(self) -> None:
        for name, least in (("README.md", 3), ("docs/python.md", 2)):
            namespace: Dict[str, Any] = {}
            found = [example for example in examples(name) if not needs_django(example)]
            self.assertGreaterEqual(len(found), least)
            for example in found:
                with self.subTest(file=name, example=example.splitlines()[0]):
                    self.warnings.clear()
                    self.assertEqual((paste(example, namespace), self.warnings), ("", []))

    def test_the_examples_for_django_are_python(self) -> None:
        found = [example for example in examples("docs/python.md") if needs_django(example)]
        self.assertGreaterEqual(len(found), 3)
        for example in found:
            ast.parse(example, feature_version=(3, 9))


if __name__ == "__main__":
    unittest.main()
