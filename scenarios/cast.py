"""The cast: one table of all processes of a run, and the files that each of them starts from.

Everything in here follows from the story and its seed: keys, accounts, chance. So two runs of one
seed have the same accounts. That also means that everybody who knows the story knows its keys:
tokens of a story are play money, and its keys are worth nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent_runtime import AgentSettings, BrokerSettings, ClockSettings, LedgerSettings
from configuration import dump, write_key
from ledger_core import KeyPair, genesis
from ledger_node import FollowedNode, NodeSettings, write_genesis, write_policy
from scenarios.child import Part
from scenarios.demo_keys import demo_key
from scenarios.funding import Grant
from scenarios.happenings import RunBegan
from scenarios.operators import VALIDATOR, Operator, policy_of
from scenarios.ports import HOST
from scenarios.roster import NODE, Agent, Roster, roster
from scenarios.story import Story

TREASURY = "treasury"
"""Owner of the supply; it fills the wallets when the story begins."""

SETTINGS_FILE = "settings.toml"
KEY_FILE = "key.hex"
JOURNAL_FILE = "journal.db"
GENESIS_FILE = "genesis.bin"
LEDGER_FOLDER = "ledger"
POLICY_FILE = "policy.toml"
"""Names within a run's folder; each agent has a folder under its own name."""

FOLDER_MODE = 0o700
"""A key lies in it."""

US_PER_S = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the processes of a run reach each other."""

    ledger: str
    """The node's endpoint for requests."""
    events: str
    """The node's endpoint for events."""
    broker: str
    """The broker's URL."""

    @classmethod
    def on_ports(cls, ledger: int, events: int, broker: str) -> "Addresses":
        """Return the addresses of a node on two ports of this machine, and a broker's URL."""
        return cls(ledger=f"tcp://{HOST}:{ledger}", events=f"tcp://{HOST}:{events}", broker=broker)


class Cast:
    """All processes of one run, and their files.

    Args:
        story: What is played, its seed included.
        folder: The run's folder; it exists.
        addresses: Where the processes reach each other.
    """

    def __init__(self, story: Story, *, folder: Path, addresses: Addresses) -> None:
        self.story = story
        self.folder = folder
        self.addresses = addresses
        self.agents: Roster = roster(story)
        self.operators = tuple(
            Operator(story, table, run_folder=folder) for table in story.validator
        )
        self.treasury = demo_key(story, TREASURY)
        self.node_key = demo_key(story, NODE).public_key

    @property
    def node(self) -> Part:
        """The ledger's process."""
        return Part(
            name=NODE,
            role=NODE,
            agents=(NODE,),
            module="ledger_node",
            configurations=(self._path(LEDGER_FOLDER, SETTINGS_FILE),),
        )

    @property
    def validators(self) -> tuple[Part, ...]:
        """The operators' processes."""
        return tuple(operator.part for operator in self.operators)

    @property
    def sellers(self) -> tuple[Part, ...]:
        """The processes that serve until they are told to stop."""
        return self._parts(ends_by_itself=False)

    @property
    def vehicles(self) -> tuple[Part, ...]:
        """The processes that end when their work is done."""
        return self._parts(ends_by_itself=True)

    @property
    def beginning(self) -> RunBegan:
        """What a watcher is told first."""
        operators = ((VALIDATOR, operator.name) for operator in self.operators)
        agents = ((agent.kind.name, agent.name) for agent in self.agents)
        return RunBegan(
            title=self.story.title,
            agents=(*operators, *agents),
            names={self.key(agent).public_key.hex(): agent.name for agent in self.agents},
            processes=1 + len(self.operators) + len(self.sellers) + len(self.vehicles),
            folder=self.folder,
        )

    def key(self, agent: Agent) -> KeyPair:
        """Return an agent's key pair."""
        return demo_key(self.story, agent.name)

    def grants(self) -> list[Grant]:
        """Return what each wallet begins with."""
        return [Grant(self.key(agent).public_key, agent.funds) for agent in self.agents]

    def journal(self, agent: Agent) -> Path:
        """Return an agent's journal."""
        return self._path(agent.name, JOURNAL_FILE)

    @property
    def ledger_data(self) -> Path:
        """The node's data directory."""
        return self._path(LEDGER_FOLDER, "data")

    @property
    def policy_file(self) -> Path:
        """Whom a receipt of this run is checked against."""
        return self._path(POLICY_FILE)

    def write_node(self, now_us: int) -> None:
        """Write the network's genesis, the policy, and the node's key and settings.

        Args:
            now_us: When the network begins. [µs]
        """
        network = self.story.network
        folder = self._folder(LEDGER_FOLDER)
        record = genesis(
            demo_key(self.story, "network"),
            network=network.number,
            target=self.treasury.public_key,
            amount=network.supply,
            issued_at=now_us,
        )
        write_genesis(folder / GENESIS_FILE, record)
        write_key(folder / KEY_FILE, demo_key(self.story, NODE))
        settings = NodeSettings(
            network=network.name,
            key_file=KEY_FILE,
            genesis_file=GENESIS_FILE,
            data="data",
            settle_by_payee=network.settle_by_payee,
            engine="sodium",  # a story has some payments a second, and lanes take 90 MB
            policy_file=f"../{POLICY_FILE}",
            bind=self.addresses.ledger,
            publish=self.addresses.events,
        )
        (folder / SETTINGS_FILE).write_text(dump(settings), "utf-8")
        write_policy(self.policy_file, policy_of(self.story, self.node_key))

    def write_validators(self) -> None:
        """Write each operator's key and settings; the node's files are there."""
        addresses = self.addresses
        node = FollowedNode(
            endpoint=addresses.ledger, publish=addresses.events, node_key=self.node_key.hex()
        )
        for operator in self.operators:
            operator.write(node, self._path(LEDGER_FOLDER, GENESIS_FILE))

    def write_agents(self, epoch_us: int) -> None:
        """Write every agent's key and settings.

        Args:
            epoch_us: The real time at which the story's clock shows midnight. [µs]
        """
        for agent in self.agents:
            folder = self._folder(agent.name)
            write_key(folder / KEY_FILE, self.key(agent))
            settings = self.settings(agent, epoch_us)
            (folder / SETTINGS_FILE).write_text(dump(settings), "utf-8")

    def settings(self, agent: Agent, epoch_us: int) -> AgentSettings:
        """Return an agent's settings: those of every agent, and its own."""
        common: dict[str, Any] = {
            "name": agent.name,
            "network": self.story.network.name,
            "key_file": KEY_FILE,
            "journal": JOURNAL_FILE,
            "seed": agent.seed,
            "ledger": LedgerSettings(
                endpoint=self.addresses.ledger,
                publish=self.addresses.events,
                node_key=self.node_key.hex(),
                policy_file=f"../{POLICY_FILE}" if self.operators else None,
                final_from=self.story.policy.final_from,
            ),
            "broker": BrokerSettings(url=self.addresses.broker),
            "clock": ClockSettings(speed=self.story.speed, epoch_us=epoch_us),
        }
        return agent.kind.settings(**common, **agent.own)

    def _parts(self, *, ends_by_itself: bool) -> tuple[Part, ...]:
        """Return the processes of all agents that end by themselves, or of all others."""
        chosen = [agent for agent in self.agents if agent.kind.ends_by_itself is ends_by_itself]
        return tuple(self._part(members) for members in _by_process(chosen))

    def _part(self, members: list[Agent]) -> Part:
        """Return the process of agents that share one."""
        first = members[0]
        return Part(
            name=first.process,
            role=first.kind.name,
            agents=tuple(agent.name for agent in members),
            module=first.module,
            configurations=tuple(self._path(agent.name, SETTINGS_FILE) for agent in members),
            ends_by_itself=first.kind.ends_by_itself,
        )

    def _folder(self, name: str) -> Path:
        """Make and return a folder within the run's."""
        folder = self._path(name)
        folder.mkdir(mode=FOLDER_MODE)
        return folder

    def _path(self, *names: str) -> Path:
        """Return a path within the run's folder."""
        return self.folder.joinpath(*names)


def _by_process(agents: list[Agent]) -> Iterator[list[Agent]]:
    """Yield the agents of each process, in the order in which the processes are first named."""
    shared: dict[str, list[Agent]] = {}
    for agent in agents:
        shared.setdefault(agent.process, []).append(agent)
    yield from shared.values()
