"""The report of a run or a simulation: one page that a person rather looks at than reads.

- `chronicle` notes what strikes and who raises an alarm while a story runs; everything else comes
  from what is left behind, so that nothing is asked of the agents for the sake of a picture.
- `books` reads the agents' journals, `collecting` makes a `Picture` of them and of the ledger's
  log: plain values, which may cross from one process to another.
- `axes` and `charts` draw SVG, `plots` and `lanes` say what is drawn of a picture, `words` and
  `transcripts` put values into words, `tables` and `page` make one file of it that loads nothing.
"""

from scenarios.reporting.books import Book, Page, read_book
from scenarios.reporting.chronicle import Chronicle
from scenarios.reporting.collecting import picture_of_run, session_pictures
from scenarios.reporting.file import check_report_file, result_file, write_report
from scenarios.reporting.page import page_of
from scenarios.reporting.picture import Line, Moment, Picture, Piece, Point, SessionPicture
from scenarios.reporting.simulated import picture_of_world

__all__ = [
    "Book",
    "Chronicle",
    "Line",
    "Moment",
    "Page",
    "Picture",
    "Piece",
    "Point",
    "SessionPicture",
    "check_report_file",
    "page_of",
    "picture_of_run",
    "picture_of_world",
    "read_book",
    "result_file",
    "session_pictures",
    "write_report",
]
