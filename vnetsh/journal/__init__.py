"""What each run did, on disk before it is done: so that it can be undone, or finished after a crash."""

from vnetsh.journal.folder import JournalFailed as JournalFailed, folder as folder
from vnetsh.journal.journal import Journal as Journal
from vnetsh.journal.runs import (
    Run as Run,
    Step as Step,
    again as again,
    ask_to_end as ask_to_end,
    cut_off as cut_off,
    runs as runs,
    under_way as under_way,
)
