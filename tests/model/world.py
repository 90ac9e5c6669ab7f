"""What there is in the model of the rotation protocol: the database, the processes, their journals, the provider. Values only."""

from typing import Literal, NamedTuple

DEAD = -1
"""In place of a family's live token: nothing of this consent lives."""

Health = Literal["absent", "active", "degraded", "probed", "dead", "needs_reauth", "revoked", "superseded"]
"""`degraded`: refused, the probe is still to come; `probed`: refused, and the access token works; `dead`: it does not, and nobody
is asked yet; `absent`: not yet stored."""

Answer = int | Literal["refused", "silence", "busy", "works"] | None
"""What a call came to: a token is the pair that it belongs to; `busy` is a definite answer by which nothing was spent."""


class Row(NamedTuple):
    """A grant in the database."""

    family: int = 0
    token: int | None = 0
    generation: int = 0
    health: Health = "active"
    reason: Literal["", "refused", "in doubt"] = ""
    attempt: int = 0
    """The last claim, 0 once it was settled or given back."""
    leased: bool = False
    """Nobody else may claim yet. After a settled silence too: such a grant is due again just after its lease."""
    in_doubt: bool = False
    refusals: int = 0
    """How often this generation was refused; two stands for more."""
    asked: bool = False
    """Whether a person was asked to authorise again."""
    outlived: bool = False
    """Whether its access token has ended."""
    ended: bool = False
    """It was erased once: nobody's any more, whatever its columns say."""

    @property
    def doubtful(self) -> bool:
        return self.in_doubt or self.attempt != 0


class Record(NamedTuple):
    """A pair in a host's journal, and what it settles against."""

    row: int
    generation: int
    attempt: int
    token: int
    excused: bool
    """Whether it may be late: its host died or was cut off alone, or its process was paused beyond its lease."""


class Worker(NamedTuple):
    """A process, and the one claim that it may be at."""

    host: int
    step: Literal["idle", "claimed", "answered", "reloaded", "dead"] = "idle"
    row: int = 0
    generation: int = 0
    token: int = 0
    attempt: int = 0
    doubted: bool = False
    """As the claim came: after an attempt without outcome."""
    probes: bool = False
    permitted: bool = False
    late: Literal["", "waited", "paused", "cut off", "alone"] = ""
    """Why the lease ran out under this claim, if it did."""
    answer: Answer = None
    alone: bool = False
    """This process alone has lost the database."""
    stopping: bool = False
    wary: bool = False
    """It saw the database go away, and waits for others to drain."""

    @property
    def at_work(self) -> bool:
        return self.step in {"claimed", "answered", "reloaded"}

    @property
    def excused(self) -> bool:
        """Whether others need not know what it holds: it paused beyond its lease, or it alone had lost the database."""
        return self.alone or self.late in {"paused", "alone"}

    @property
    def lives(self) -> bool:
        return self.step != "dead"

    def done(self) -> "Worker":
        return Worker(self.host, alone=self.alone, stopping=self.stopping, wary=self.wary)


class Family(NamedTuple):
    """The provider's side of one consent. Tokens count up: the answer to token n is n + 1."""

    live: int = 0
    gone: bool = False
    """The live token reached nobody who lives (its reply was lost, its holder died), or was let go with good reason."""
    withdrawn: bool = False
    slandered: int | None = None
    """The last token that was refused while it lived: the provider was wrong."""
    underway: int | None = None
    """A refresh that we gave up waiting for, and that the provider may still carry out."""
    judged: bool = False
    """Whether that one was a second use when it was sent already, and so was judged then."""


class Chances(NamedTuple):
    """How often what may happen may still happen."""

    claims: int = 3
    deaths: int = 0
    """kill -9 of a process, between any two steps."""
    losses: int = 0
    """Calls without an answer: the reply is lost, or the request, or it arrives when we no longer wait."""
    busy: int = 0
    dawdles: int = 0
    """A claimed grant waits for its turn beyond its lease, unsent."""
    pauses: int = 0
    """A process pauses beyond its lease between send and settle. The one thing that excuses a token sent twice."""
    outages: int = 0
    """The database goes away, for all."""
    partitions: int = 0
    """The database goes away, for one process alone."""
    stops: int = 0
    """SIGTERM."""
    incidents: int = 0
    """The provider refuses everybody for a while."""
    withdrawals: int = 0
    """The person withdraws the authorisation at the provider."""
    disconnects: int = 0
    consents: int = 0


class World(NamedTuple):
    """Everything at one moment."""

    workers: tuple[Worker, ...]
    left: Chances
    rows: tuple[Row, ...] = (Row(),)
    families: tuple[Family, ...] = (Family(),)
    journals: tuple[tuple[Record, ...], ...] = ((), ())
    database: bool = True
    refusing: bool = False
    """The provider has an incident, and refuses everything."""
    permits: int | None = None
    """What is left of the window's budget; None: without bounds."""
    sent: int = 0
    queue: frozenset[tuple[int, int]] = frozenset()
    """Tokens (family, token) to be revoked."""
    announced: tuple[int, int] | None = None
    """The revocation that says it is under way, and has not been looked into."""
    revoking: tuple[int, int] | None = None
    """The revocation that was looked into and is about to be sent."""
    consent: Literal["", "consumed", "cleared", "exchanged", "stored"] = ""
    """How far the callback of a new consent has come."""
    sin: str = ""
    """The rule that the last step broke, if it did."""

    def reached_by(self, w: Worker) -> bool:
        """Whether this process can talk to the database."""
        return self.database and not w.alone

    def put(self, i: int, w: Worker) -> "World":
        return self._replace(workers=(*self.workers[:i], w, *self.workers[i + 1 :]))

    def put_row(self, r: int, row: Row) -> "World":
        return self._replace(rows=(*self.rows[:r], row, *self.rows[r + 1 :]))

    def put_family(self, f: int, family: Family) -> "World":
        return self._replace(families=(*self.families[:f], family, *self.families[f + 1 :]))

    def put_journal(self, h: int, records: tuple[Record, ...]) -> "World":
        return self._replace(journals=(*self.journals[:h], records, *self.journals[h + 1 :]))
