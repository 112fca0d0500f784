"""Stories: casts of agents that run as real processes, and what must hold when they are over.

- *The story*: `find_story`, `load_story`, `Story`: one strict TOML file with a cast, a map, a
  clock and what must hold. `story_files` lists those at hand.
- *The run*: `run_story` writes the cast's files into the run's folder (`cast`), starts the node,
  fills the wallets, starts sellers and vehicles, restarts what dies (`supervisor`), and stops all.
  What happens is told as values (`Happening`) to whoever watches.
- *The books*: `Evidence` is what a run leaves behind, `check_all` holds the invariants against it:
  pure functions that a simulation can use as well.
- *The operators*, where a story has some (`operators`, `lying_validator`): each a process with a
  store of its own. `mishaps` kills one and lets one lie; `FinalityWatch` measures how long records
  wait for a quorum, and `check_trust` holds `TrustEvidence` against what must be.
- *The report* (`scenarios.reporting`): a page with plots, made of what a run left behind.
- *The result*: `RunResult`, the document `tangleway.run/1`, and `write_result`.
"""

from scenarios.child import Part
from scenarios.diary import Alarm, Outage
from scenarios.errors import (
    BrokerAwayError,
    DataFolderError,
    FundingError,
    PortInUseError,
    ProcessFailedError,
    ResultFileError,
    StoryError,
)
from scenarios.evidence import Account, Evidence, LedgerRecord, OpenHold, Side, Totals
from scenarios.finality import FinalityWatch, Wait
from scenarios.happenings import (
    AgentSaid,
    AlarmRaised,
    FinalityMoved,
    Happening,
    LedgerMoved,
    LieBegan,
    ProcessDied,
    ProcessEnded,
    ProcessReady,
    ProcessRestarts,
    ProcessStruck,
    RunBegan,
    StepBegan,
    Tell,
    TimeIsUp,
)
from scenarios.invariants import CHECKS, Finding, check_all
from scenarios.loading import StoryFile, find_story, load_story, story_files
from scenarios.result import (
    Delivered,
    DialogueRow,
    Finality,
    Latency,
    ProcessRow,
    RunResult,
    SessionRow,
    Supply,
    ValidatorRow,
    check_result_file,
    write_result,
)
from scenarios.roster import Agent, Kind, Roster, road_map, roster
from scenarios.run_folder import (
    FOLDER_MODE,
    check_run_folder,
    fresh_run_folder,
    state_folder,
)
from scenarios.runner import RunOptions, run_story
from scenarios.story import Story
from scenarios.supervisor import Keeper
from scenarios.trust_evidence import Books, ReceiptTrial, TrustEvidence
from scenarios.trust_invariants import TRUST_CHECKS, check_trust

__all__ = [
    "CHECKS",
    "FOLDER_MODE",
    "TRUST_CHECKS",
    "Account",
    "Agent",
    "AgentSaid",
    "Alarm",
    "AlarmRaised",
    "Books",
    "BrokerAwayError",
    "DataFolderError",
    "Delivered",
    "DialogueRow",
    "Evidence",
    "Finality",
    "FinalityMoved",
    "FinalityWatch",
    "Finding",
    "FundingError",
    "Happening",
    "Keeper",
    "Kind",
    "Latency",
    "LedgerMoved",
    "LedgerRecord",
    "LieBegan",
    "OpenHold",
    "Outage",
    "Part",
    "PortInUseError",
    "ProcessDied",
    "ProcessEnded",
    "ProcessFailedError",
    "ProcessReady",
    "ProcessRestarts",
    "ProcessRow",
    "ProcessStruck",
    "ReceiptTrial",
    "ResultFileError",
    "Roster",
    "RunBegan",
    "RunOptions",
    "RunResult",
    "SessionRow",
    "Side",
    "StepBegan",
    "Story",
    "StoryError",
    "StoryFile",
    "Supply",
    "Tell",
    "TimeIsUp",
    "Totals",
    "TrustEvidence",
    "ValidatorRow",
    "Wait",
    "check_all",
    "check_result_file",
    "check_run_folder",
    "check_trust",
    "find_story",
    "fresh_run_folder",
    "load_story",
    "road_map",
    "roster",
    "run_story",
    "state_folder",
    "story_files",
    "write_result",
]
