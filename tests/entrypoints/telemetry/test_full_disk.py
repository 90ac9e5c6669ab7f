from __future__ import annotations

import io
import logging

from entrypoints.telemetry.logs import LogStream


class FullDisk(io.StringIO):
    def write(self, _: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_log_that_takes_no_line_is_nobodys_failure() -> None:
    handler = LogStream(FullDisk())
    handler.handle(logging.makeLogRecord({"msg": "holding on"}))
