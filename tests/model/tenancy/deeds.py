"""What tenants do, with what is theirs, what is others', and what is nobody's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from application.ports.spend_store import SpendAccount
from entrypoints.testing import SHOPS
from model.tenancy.tenants import BROWSER_COOKIE, Person
from model.tenancy.walk import Walk, query_of
from model.tenancy.worlds import NOON, Ask
from support.stored_spend import read_into, spent

SPAN = {"from": "2026-11-01", "to": "2026-12-31"}
SELECT, CANCEL = "/dashboard/platforms/tiktok/select", "/dashboard/platforms/tiktok/cancel"


def begin(walk: Walk) -> None:
    """Sometimes to reconnect a connection, perhaps another's."""
    person, query = walk.person(), {}
    if walk.chance.random() < 0.3:
        query = {"connectionId": walk.anybodys(connections, person)[0]}
    begin_by(walk, person, query)


def begin_by(walk: Walk, person: Person, query: dict[str, str]) -> bool:
    browser = [f"{BROWSER_COOKIE}={walk.chance.choice(person.browsers)}"] if person.browsers else []
    told = walk.by(person, Ask("GET", "/api/auth/tiktok", query, cookies=(*walk.cookies(person), *browser)))
    if told.status == 307 and "state" in (there := query_of(told.location)):
        person.states.append(there["state"])
        person.browsers.append(dict(told.headers)["set-cookie"].partition(";")[0].partition("=")[2])
    return told.status == 307


def come_back(walk: Walk) -> None:
    """With a state, a browser's cookie and a session that may each be another's."""
    person = walk.person()
    state, whose = walk.anybodys(lambda one: one.states, person)
    browser, _ = walk.anybodys(lambda one: one.browsers, person)
    if whose.browsers and walk.chance.random() < 0.5:
        state, browser = whose.states[-1], whose.browsers[-1]
    come_back_as(walk, person, state, browser)


def come_back_as(walk: Walk, person: Person, state: str, browser: str) -> None:
    query = {"state": state}
    if walk.chance.random() < 0.9:
        query["auth_code"] = code = f"code-{walk.step}"
        accounts = tuple(shop.id for shop in SHOPS if walk.chance.random() < 0.6)
        for world in (walk.together, person.alone):
            world.application.platform.approve(code, accounts)
    cookies = (*walk.cookies(person), f"{BROWSER_COOKIE}={browser}")
    told = walk.by(person, Ask("GET", "/api/auth/tiktok/callback", query, cookies=cookies))
    if "pendingTokenId" in (there := query_of(told.location)):
        person.offers.append(there["pendingTokenId"])


def connect(walk: Walk) -> None:
    """The whole journey."""
    person = walk.person()
    offers = len(person.offers)
    if begin_by(walk, person, {}) and person.states:
        come_back_as(walk, person, person.states[-1], person.browsers[-1])
    if len(person.offers) > offers and walk.chance.random() < 0.5:
        choose(walk, person, person.offers[-1])


def select(walk: Walk) -> None:
    """What is on offer, or anything."""
    person = walk.person()
    choose(walk, person, walk.anybodys(lambda one: one.offers, person)[0])


def choose(walk: Walk, person: Person, offer: str) -> None:
    told = walk.by(person, Ask("GET", "/api/auth/tiktok/pending", {"id": offer}, cookies=walk.cookies(person)))
    offered = [one["accountId"] for one in told.json["accounts"]] if told.status == 200 else []
    if not offered or walk.chance.random() < 0.2:
        offered = [shop.id for shop in SHOPS]
    chosen = walk.chance.sample(offered, walk.chance.randint(1, min(3, len(offered))))
    body = {"pendingTokenId": offer, "accountIds": chosen}
    walk.by(person, Ask("POST", "/api/auth/tiktok/select-account", body=body, cookies=walk.cookies(person)))


def select_on_the_page(walk: Walk) -> None:
    person = walk.person()
    offer, _ = walk.anybodys(lambda one: one.offers, person)
    chosen = walk.chance.sample([shop.id for shop in SHOPS], walk.chance.randint(1, 2))
    form = (("pendingTokenId", offer), *(("accountIds", account) for account in chosen))
    walk.by(person, Ask("POST", SELECT, form=form, cookies=walk.cookies(person), accept="text/html"))


def look_at_offer(walk: Walk) -> None:
    person = walk.person()
    offer, _ = walk.anybodys(lambda one: one.offers, person)
    walk.by(person, Ask("GET", "/api/auth/tiktok/pending", {"id": offer}, cookies=walk.cookies(person)))
    walk.by(person, Ask("GET", SELECT, {"pendingTokenId": offer}, cookies=walk.cookies(person), accept="text/html"))


def cancel(walk: Walk) -> None:
    person = walk.person()
    offer, _ = walk.anybodys(lambda one: one.offers, person)
    form = (("pendingTokenId", offer),)
    walk.by(person, Ask("POST", CANCEL, form=form, cookies=walk.cookies(person), accept="text/html"))


def look(walk: Walk) -> None:
    """At the connections, as a page and as JSON."""
    person = walk.person()
    told = walk.by(person, Ask("GET", "/api/platforms", cookies=walk.cookies(person)))
    if told.status == 200:
        listed = [one["id"] for one in told.json["connections"]]
        person.connections = [*(one for one in person.connections if one not in listed), *listed]
    walk.by(person, Ask("GET", "/dashboard/platforms", cookies=walk.cookies(person), accept="text/html"))


def refresh(walk: Walk) -> None:
    person = walk.person()
    body = {"connectionId": walk.anybodys(connections, person)[0]}
    walk.by(person, Ask("POST", "/api/auth/tiktok/refresh", body=body, cookies=walk.cookies(person)))


def disconnect(walk: Walk) -> None:
    person = walk.person()
    connection, _ = walk.anybodys(connections, person)
    if walk.chance.random() < 0.5:
        walk.by(person, Ask("DELETE", f"/api/platforms/{connection}", cookies=walk.cookies(person)))
    else:
        path = f"/dashboard/platforms/{connection}/disconnect"
        walk.by(person, Ask("POST", path, form=(("x", ""),), cookies=walk.cookies(person), accept="text/html"))


def look_at_spend(walk: Walk) -> None:
    person = walk.person()
    query = SPAN | walk.chance.choice(
        ({}, {"by": "day"}, {"by": "account"}, {"connectionId": walk.anybodys(connections, person)[0]})
    )
    walk.by(person, Ask("GET", "/api/spend", query, cookies=walk.cookies(person)))
    walk.by(person, Ask("GET", "/dashboard/platforms/tiktok/spend", cookies=walk.cookies(person), accept="text/html"))


def read_spend(walk: Walk) -> None:
    """An import reads a day of an account that its owner connects."""
    person = walk.person()
    views = person.alone.application.container.list_connections()(person.owner)
    if views:
        account = walk.chance.choice(views).connection.advertiser.id
        day = NOON.date() - timedelta(days=walk.chance.randint(0, 20))
        row = spent(account, day, f"{walk.chance.randint(1, 99)}", campaign=f"{walk.chance.randint(1, 3)}")
        for world in (walk.together, person.alone):
            read_into(world.application.container.spend_store(), SpendAccount(person.owner, account), [row], at=walk.clock.now())


def vend(walk: Walk) -> None:
    """By either of the two services that may; perhaps a token is rejected that is another's."""
    service = walk.chance.choice(walk.services[:2])
    body, person = target(walk)
    if walk.chance.random() < 0.3:
        body["rejectedToken"] = walk.anybodys(lambda one: one.tokens, person)[0]
    told = walk.by_other(service, Ask("POST", "/api/internal/tiktok/access-token", body=body, bearer=service.secret), person)
    if told.status == 200:
        person.tokens.append(told.json["accessToken"])


def target(walk: Walk) -> tuple[dict[str, object], Person]:
    """Somebody's connection, by its id or by user and account."""
    person = walk.person()
    if walk.chance.random() < 0.5:
        connection, whose = walk.anybodys(connections, person)
        return {"connectionId": connection}, whose
    return {"userId": person.owner, "accountId": walk.chance.choice(SHOPS).id}, person


def spend_for_service(walk: Walk) -> None:
    service, person = walk.chance.choice(walk.services[1:3]), walk.person()
    query = SPAN | {"userId": str(person.owner)}
    if walk.chance.random() < 0.5:
        connection, person = walk.anybodys(connections, person)
        query = SPAN | {"connectionId": connection}
    walk.by_other(service, Ask("GET", "/api/internal/spend", query, bearer=service.secret), person)


def erase(walk: Walk) -> None:
    """By the service that may, or by one that may not. Afterwards the person comes back as another user, once noticed."""
    person, [service] = walk.person(), walk.chance.choices(walk.services[-2:], weights=(1, 4))
    told = walk.by_other(service, Ask("DELETE", f"/api/internal/users/{person.owner}", bearer=service.secret), person)
    if told.status == 202:
        walk.by(person, Ask("GET", "/api/platforms", cookies=walk.cookies(person)))
        walk.compare()
        person.lives += 1


def come_back_without_session(walk: Walk) -> None:
    """Whoever has a state may use it up; two sessions at once are none."""
    person = walk.person()
    state, whose = walk.anybodys(lambda one: one.states, person)
    both = (*walk.cookies(person), walk.cookies(walk.person())[0]) if walk.chance.random() < 0.5 else ()
    if len(set(both)) == 1:
        return
    asked = Ask("GET", "/api/auth/tiktok/callback", {"state": state, "auth_code": "stolen"}, cookies=both)
    walk.by_other(walk.stranger, asked, whose)
    walk.by_other(walk.stranger, Ask("GET", "/api/platforms", cookies=both), None)


def flood(walk: Walk) -> None:
    """Somebody asks until they are refused for a while."""
    person, service = walk.person(), walk.services[0]
    garbage = {"connectionId": "99999999-9999-4999-8999-999999999999"}

    def vends() -> bool:
        asked = Ask("POST", "/api/internal/tiktok/access-token", body=garbage, bearer=service.secret)
        return walk.by_other(service, asked, None).status == 429

    def refreshes() -> bool:
        asked = Ask("POST", "/api/auth/tiktok/refresh", body=garbage, cookies=walk.cookies(person))
        return walk.by(person, asked).status == 429

    def strange() -> bool:
        return walk.by_other(walk.stranger, Ask("GET", "/api/auth/tiktok"), None).status == 429

    def begins() -> bool:
        return not begin_by(walk, person, {})

    refused = walk.chance.choices((vends, refreshes, strange, begins), weights=(1, 2, 2, 5))[0]
    for _ in range(600):
        if refused():
            return


def let_time_pass(walk: Walk) -> None:
    walk.let_time_pass(
        walk.chance.choice((timedelta(seconds=5), timedelta(minutes=4), timedelta(minutes=20), timedelta(hours=7)))
    )


def connections(person: Person) -> list[str]:
    return person.connections


DEEDS: dict[Callable[[Walk], None], float] = {
    begin: 6,
    come_back: 12,
    connect: 6,
    select: 8,
    select_on_the_page: 4,
    look_at_offer: 4,
    cancel: 3,
    look: 8,
    refresh: 6,
    disconnect: 4,
    look_at_spend: 4,
    read_spend: 4,
    vend: 10,
    spend_for_service: 5,
    erase: 1.5,
    come_back_without_session: 4,
    flood: 0.5,
    let_time_pass: 8,
}
"""Each with how often it is done."""


def go(walk: Walk, steps: int) -> None:
    """So many deeds. Raises Leak."""
    for _ in range(steps):
        walk.step += 1
        [deed] = walk.chance.choices(list(DEEDS), weights=list(DEEDS.values()))
        walk.deeds[deed.__name__] += 1
        deed(walk)
        walk.compare()
