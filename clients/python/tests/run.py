"""Runs all tests. With an argument, writes the counts to that file, in the form of vitest's JSON report.

    python3 -m tests.run [report.json]
"""

import json
import sys
import unittest
from pathlib import Path
from typing import Any, Set


class CountingResult(unittest.TextTestResult):
    """Counts each test once, also if several of its subtests fail."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.failed: Set[str] = set()

    def addError(self, test: Any, err: Any) -> None:
        super().addError(test, err)
        self.failed.add(test.id())

    def addFailure(self, test: Any, err: Any) -> None:
        super().addFailure(test, err)
        self.failed.add(test.id())

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.failed.add(test.id())

    def addUnexpectedSuccess(self, test: Any) -> None:
        super().addUnexpectedSuccess(test)
        self.failed.add(test.id())


def main() -> int:
    folder = Path(__file__).parent
    suite = unittest.defaultTestLoader.discover(str(folder), top_level_dir=str(folder.parent))
    result: Any = unittest.TextTestRunner(resultclass=CountingResult, verbosity=1).run(suite)
    skipped = len(result.skipped) + len(result.expectedFailures)
    # A class whose set-up fails has no test of its own that ran.
    total = max(result.testsRun, len(result.failed))
    report = {
        "numTotalTests": total,
        "numPassedTests": max(0, total - len(result.failed) - skipped),
        "numFailedTests": len(result.failed),
        "numPendingTests": skipped,
    }
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(json.dumps(report), "utf-8")
    return 0 if total > 0 and not result.failed and skipped == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
