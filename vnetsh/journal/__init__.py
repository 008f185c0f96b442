"""What each run did, on disk before it is done: so that it can be undone, or finished after a crash."""

from vnetsh.journal.folder import JournalFailed as JournalFailed, folder as folder
from vnetsh.journal.journal import Copying as Copying, Journal as Journal
from vnetsh.journal.listing import (
    again as again,
    ask_to_end as ask_to_end,
    cut_off as cut_off,
    of_all as of_all,
    of_others as of_others,
    runs as runs,
    under_way as under_way,
    when as when,
)
from vnetsh.journal.runs import Run as Run, Step as Step
