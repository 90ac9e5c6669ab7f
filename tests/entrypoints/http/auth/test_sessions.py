from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from domain.ids import OwnerId
from domain.tokens import Secret
from entrypoints.http.auth.authjs import PLAIN_NAME, SECURE_NAME
from entrypoints.http.auth.demo_sessions import COOKIE_NAME, DEMO_SESSION_LIFE, DemoSessions
from entrypoints.http.auth.jwt_claims import Unauthenticated
from entrypoints.http.auth.request_headers import RequestHeaders
from entrypoints.http.auth.sessions import Session, Sessions
from entrypoints.settings import EncryptionKey, Settings, load_settings
from support.environ import an_environ
from support.session_cookies import AUTH_SECRET, NOW, a_session_cookie

SHARED = "a-shared-secret-of-more-than-32-characters"


def request(*fields: tuple[str, str]) -> RequestHeaders:
    return RequestHeaders.from_scope((name.encode(), value.encode("latin-1")) for name, value in fields)


def token(subject: str) -> str:
    claims = {"sub": subject, "exp": int((NOW + timedelta(minutes=1)).timestamp())}
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SHARED))


@pytest.fixture
def sessions() -> Sessions:
    environ = an_environ(
        AUTH_SECRET=AUTH_SECRET.reveal(),
        AUTH_JWT_KEY=SHARED,
        DASHBOARD_URL="http://localhost:3000",
        TIKTOK_REDIRECT_URI="http://localhost:3000/api/auth/tiktok/callback",
    )
    return Sessions.from_settings(load_settings(environ))


def refusal(sessions: Sessions, *fields: tuple[str, str]) -> str:
    with pytest.raises(Unauthenticated) as refused:
        sessions.authenticate(request(*fields), now=NOW)
    return refused.value.reason


def test_a_cookie_and_a_bearer_token_both_sign_in(sessions: Sessions) -> None:
    with_cookie = request(("cookie", f"theme=dark; {PLAIN_NAME}={a_session_cookie(id='ann')}; a=b"))
    assert sessions.authenticate(with_cookie, now=NOW) == Session(OwnerId("ann"), via="cookie")
    with_token = request(("Authorization", f"bearer  {token('bob')}"))
    assert sessions.authenticate(with_token, now=NOW) == Session(OwnerId("bob"), via="bearer")


@pytest.mark.parametrize(
    "authorization", ("", "Bearer", "Bearer ", "Bearer x", "Basic YTpi", "Bearer a b", "Bearer a,b", "Token x")
)
def test_an_authorization_header_that_fails_never_falls_back_to_the_cookie(sessions: Sessions, authorization: str) -> None:
    cookie = ("cookie", f"{PLAIN_NAME}={a_session_cookie()}")
    assert sessions.authenticate(request(cookie), now=NOW).via == "cookie"
    assert "cookie" not in refusal(sessions, cookie, ("authorization", authorization))


def test_two_authorization_headers_are_refused(sessions: Sessions) -> None:
    good = ("authorization", f"Bearer {token('ann')}")
    assert refusal(sessions, good, good) == "several Authorization headers"


def test_without_a_key_no_bearer_token_counts() -> None:
    sessions = Sessions.from_settings(load_settings(an_environ(AUTH_SECRET=AUTH_SECRET.reveal())))
    assert refusal(sessions, ("authorization", f"Bearer {token('ann')}")) == "bearer tokens are not configured"


def test_nothing_at_all_is_no_session(sessions: Sessions) -> None:
    assert refusal(sessions) == "no session cookie"
    assert refusal(sessions, ("cookie", ";;=; x; " + "a=b;" * 1000)) == "no session cookie"


def test_a_dashboard_on_https_reads_the_secure_name_only() -> None:
    sessions = Sessions.from_settings(load_settings(an_environ(AUTH_SECRET=AUTH_SECRET.reveal())))
    assert refusal(sessions, ("cookie", f"{PLAIN_NAME}={a_session_cookie()}")) == "no session cookie"
    secure = request(("cookie", f"{SECURE_NAME}={a_session_cookie(name=SECURE_NAME)}"))
    assert sessions.authenticate(secure, now=NOW).owner_id == "ann"


def demo_settings() -> Settings:
    return Settings.for_demo(
        address="http://127.0.0.1:8000",
        simulator_address="http://127.0.0.1:9000",
        folder=Path(),
        encryption_key=EncryptionKey("demo", Secret("00" * 32)),
        session_key=Secret(SHARED),
        sweep_interval=timedelta(seconds=5),
    )


def test_the_demos_local_session_signs_in_until_it_ends() -> None:
    sessions = Sessions.from_settings(demo_settings())
    assert sessions.demo is not None
    headers = request(("cookie", f"{COOKIE_NAME}={sessions.demo.issue(OwnerId('demo-ann'), now=NOW)}"))
    assert sessions.authenticate(headers, now=NOW) == Session(OwnerId("demo-ann"), via="cookie")
    with pytest.raises(Unauthenticated):
        sessions.authenticate(headers, now=NOW + DEMO_SESSION_LIFE + timedelta(seconds=15))


def test_the_demos_local_session_means_nothing_outside_the_demo(sessions: Sessions) -> None:
    value = DemoSessions(Secret(SHARED)).issue(OwnerId("demo-ann"), now=NOW)
    assert refusal(sessions, ("cookie", f"{COOKIE_NAME}={value}")) == "no session cookie"


def test_only_what_the_demo_issued_is_its_session() -> None:
    sessions = Sessions.from_settings(demo_settings())
    demo = DemoSessions(Secret(SHARED))
    forged = DemoSessions(Secret("another-key-of-more-than-32-characters"))
    for values in (
        [forged.issue(OwnerId("ann"), now=NOW)],
        [token("ann")],
        [""],
        ["x" * 100_000],
        [demo.issue(OwnerId("ann"), now=NOW), demo.issue(OwnerId("bob"), now=NOW)],
    ):
        assert "demo session" in refusal(sessions, ("cookie", "; ".join(f"{COOKIE_NAME}={value}" for value in values)))


def test_cookies_on_several_lines_all_count(sessions: Sessions) -> None:
    mallory = ("cookie", f"{PLAIN_NAME}={a_session_cookie(id='mallory')}")
    assert refusal(sessions, ("cookie", f'{PLAIN_NAME}="{a_session_cookie()}"'), mallory) == "session cookies of different users"
