"""The operators of a story: each runs a validator with a key, settings and books of its own.

An operator's folder holds all that is its own, its copy of the genesis record included, so that it
could be carried to another machine as it is.
"""

from pathlib import Path
from shutil import copyfile

from configuration import dump, write_key
from ledger_core import KeyPair, Policy, log_key, quorum_size, validator_key
from ledger_node import FollowedNode, ValidatorSettings
from scenarios.child import Part
from scenarios.demo_keys import demo_key
from scenarios.story import Story
from scenarios.trust_tables import ValidatorTable

VALIDATOR = "validator"
"""Role of an operator's process."""

VALIDATORS_FOLDER = "validators"
"""Where the operators' folders lie within a run's."""

MODULES = {False: "ledger_node.validator", True: "scenarios.lying_validator"}
"""What runs as an honest validator, and as one who lies."""

SETTINGS_FILE = "settings.toml"
KEY_FILE = "key.hex"
GENESIS_FILE = "genesis.bin"
DATA_FOLDER = "data"
LIE_FILE = "lie"
"""Names within an operator's folder. Once the last one is there, one who lies does."""


class Operator:
    """One operator of a story, and its folder.

    Args:
        story: What is played.
        table: What the story says of its validator.
        run_folder: The run's folder.
    """

    def __init__(self, story: Story, table: ValidatorTable, *, run_folder: Path) -> None:
        self.table = table
        self.folder = run_folder / VALIDATORS_FOLDER / table.name
        self._story = story

    @property
    def name(self) -> str:
        """Its validator's name."""
        return self.table.name

    @property
    def key_pair(self) -> KeyPair:
        """The keys that sign its cosignatures and nothing else."""
        return operator_key(self._story, self.table)

    @property
    def data(self) -> Path:
        """Its own books."""
        return self.folder / DATA_FOLDER

    @property
    def part(self) -> Part:
        """Its process."""
        return Part(
            name=self.name,
            role=VALIDATOR,
            agents=(self.name,),
            module=MODULES[self.table.lies],
            configurations=(self.folder / SETTINGS_FILE,),
        )

    def write(self, node: FollowedNode, genesis_file: Path) -> None:
        """Write its key, its settings and its copy of the genesis record.

        Args:
            node: Whose log it judges.
            genesis_file: The network's genesis record.
        """
        self.folder.mkdir(mode=0o700, parents=True)
        write_key(self.folder / KEY_FILE, self.key_pair)
        copyfile(genesis_file, self.folder / GENESIS_FILE)
        settings = ValidatorSettings(
            name=self.name,
            network=self._story.network.name,
            key_file=KEY_FILE,
            genesis_file=GENESIS_FILE,
            data=DATA_FOLDER,
            engine="sodium",
            node=node,
        )
        (self.folder / SETTINGS_FILE).write_text(dump(settings), "utf-8")

    def begin_to_lie(self) -> None:
        """Let one who lies begin to, and lie after a restart as well."""
        assert self.table.lies, "an honest operator has no lie to tell"
        (self.folder / LIE_FILE).touch()


def operator_key(story: Story, table: ValidatorTable) -> KeyPair:
    """Return the keys of a validator; no agent's name has a slash, so nobody else has them."""
    return demo_key(story, f"{VALIDATOR}/{table.name}")


def policy_of(story: Story, node_key: bytes) -> Policy:
    """Return whom a run's receipts are checked against: the log and the story's quorum.

    Args:
        story: What is played.
        node_key: The node's public key, 32 bytes.

    Raises:
        PolicyError: Nobody could follow it, as more have to agree than there are.
    """
    tables = story.validator
    keys = tuple(validator_key(one.name, operator_key(story, one).public_key) for one in tables)
    quorum = story.policy.quorum or quorum_size(len(tables))
    return Policy(log=log_key(story.network.name, node_key), validators=keys, quorum=quorum)
