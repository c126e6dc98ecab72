"""A definition in words: the manual of a process (`explain`), what changed between two versions
(`differences`), and which articles of a manual processes carry (module `trace`).

Pure functions from definitions to text and to data; nothing here reads a file, prints or knows the time.
"""

from oyiflow.words.change import GROUPS as GROUPS
from oyiflow.words.change import Change as Change
from oyiflow.words.compare import differences as differences
from oyiflow.words.manual import explain as explain
