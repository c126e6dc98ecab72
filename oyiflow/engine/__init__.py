"""The durable shell around the kernel: `Engine`, `Worker`, and what they answer with."""

from oyiflow.engine.directory import Directory
from oyiflow.engine.engine import Engine
from oyiflow.engine.handlers import Handler
from oyiflow.engine.views import Deployed, Instance, JournalEntry, Notice, TaskView, Waiting
from oyiflow.engine.worker import Worker

__all__ = ["Deployed", "Directory", "Engine", "Handler", "Instance", "JournalEntry", "Notice", "TaskView", "Waiting", "Worker"]
