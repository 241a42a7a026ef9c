"""A process that stores activities as fast as it can and says so after each; a test kills it meanwhile.

Each number N is stored with a ring and a notice, both named after N: state and outbox can be compared.
"""

import sys
from dataclasses import replace
from itertools import count
from pathlib import Path

from quorate.activity.effects import Notice, Ring, TellOrganiser
from quorate.model.address import xmpp
from quorate.store.open import open_store
from tests.store.samples import activity


def write(where: str) -> None:
    store = open_store(where if "://" in where else Path(where))
    for row in store.outbox.pending():  # as after every restart: what was not handed over goes first
        if isinstance(row.effect, Ring) and row.dispatched_to is None:
            store.outbox.dispatched(row.effect.id, "agent-a")
    stored = store.activities.find("Q7")
    for serial in count(1 if stored is None else stored.serial + 1):
        ring = Ring(id=f"Q7-{serial}", invitation=f"Q7-{serial}", person="bob", via=xmpp("bob@example.org"))
        notice = TellOrganiser(id=f"Q7-n{serial}", notice=Notice.TALLY)
        store.activities.save(replace(activity(), serial=serial, notices=serial), [ring, notice])
        store.outbox.dispatched(ring.id, "agent-a")
        sys.stdout.write(f"{serial}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    write(sys.argv[1])
