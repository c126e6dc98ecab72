"""What all tests share: a fixed day for the calendars, so that a test of today is a test of next year too."""

import os

os.environ["OYIFLOW_TODAY"] = "2026-07-01"
