"""People's tokens: what an issuer signs counts, and nothing else does."""

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from adapters.access import oidc
from adapters.access.oidc import Issuer
from policy.access.callers import Role, Unauthenticated
from policy.problems import Problem

ISSUER, AUDIENCE = "https://people.example", "trivet"
SIGNERS = {
    "RS256": (rsa.generate_private_key(public_exponent=65537, key_size=2048), RSAAlgorithm),
    "ES256": (ec.generate_private_key(ec.SECP256R1()), ECAlgorithm),
    "EdDSA": (ed25519.Ed25519PrivateKey.generate(), OKPAlgorithm),
}


class Keys:
    """A server of keys on loopback that counts how often it is asked."""

    def __init__(self):
        self.keys, self.asked, self.status = [public(kind) for kind in SIGNERS], 0, 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked += 1
                self.send_response(outer.status)
                self.end_headers()
                self.wfile.write(json.dumps({"keys": outer.keys}).encode())

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/keys"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def public(kind, name=None):
    key, algorithm = SIGNERS[kind]
    return algorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": name or kind, "use": "sig", "alg": kind}


def token(kind="RS256", name=None, **changes):
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "alice",
        "exp": now + 60,
        "iat": now,
        "roles": ["reviewer"],
    }
    kept = {word: value for word, value in (claims | changes).items() if value is not None}
    return jwt.encode(kept, SIGNERS[kind][0], algorithm=kind, headers={"kid": name or kind})


@pytest.fixture
def keys():
    server = Keys()
    yield server
    server.stop()


@pytest.fixture
def issuer(keys):
    return Issuer(ISSUER, AUDIENCE, keys.url)


def refused(issuer, text):
    with pytest.raises(Unauthenticated) as error:
        issuer.read(text)
    return error.value.reason


@pytest.mark.parametrize("kind", SIGNERS)
def test_a_signed_token_tells_who_and_in_which_roles(issuer, kind):
    caller = issuer.read(token(kind, roles=["reviewer", "auditor", "director of something else"]))
    assert (caller.name, caller.roles) == ("alice", {Role.REVIEWER, Role.AUDITOR})
    assert caller.credential.startswith("oidc:")
    assert caller.credential == issuer.read(token(kind)).credential
    assert caller.credential != issuer.read(token(kind, sub="bob")).credential


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exp": 1}, "token-expired"),
        ({"exp": None}, "token-invalid"),
        ({"nbf": 4_000_000_000}, "token-too-early"),
        ({"iss": "https://others.example"}, "token-issuer"),
        ({"aud": "another service"}, "token-audience"),
        ({"aud": None}, "token-invalid"),
        ({"sub": None}, "token-invalid"),
        ({"sub": "local"}, "token-with-reserved-name"),
        ({"sub": "a\nb"}, "token-without-name"),
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(issuer, changes, reason):
    assert refused(issuer, token(**changes)) == reason


def part(told):
    return base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()


def test_nobody_chooses_the_algorithm(issuer, keys):
    claims = token().split(".")[1]
    assert refused(issuer, f"{part({'alg': 'none', 'kid': 'RS256'})}.{claims}.") == "token-algorithm"
    shared = jwt.encode({"sub": "alice"}, "x" * 32, algorithm="HS256", headers={"kid": "RS256"})
    assert refused(issuer, shared) == "token-algorithm"
    assert refused(issuer, token("ES256", name="RS256")) == "token-key-unknown"
    keys.keys.append({"kty": "oct", "k": "eHh4", "kid": "shared", "alg": "HS256"})
    assert issuer.read(token()).name == "alice"


def test_an_algorithm_that_is_no_word_is_refused_like_any_other(issuer):
    claims = token().split(".")[1]
    for kind in (["RS256"], {"RS256": 1}, 5, None):
        assert refused(issuer, f"{part({'alg': kind, 'kid': 'RS256'})}.{claims}.") == "token-algorithm"


def test_a_key_of_a_kind_that_is_not_known_here_costs_no_other(issuer, keys):
    keys.keys.insert(0, {"kty": "AKP", "alg": "ML-DSA-44", "pub": "eHh4", "kid": "later"})
    keys.keys.insert(0, {"kty": "EC", "crv": "P-256", "x": "eA", "y": "eA", "kid": "broken"})
    assert issuer.read(token()).name == "alice"
    assert refused(issuer, token(name="later")) == "token-key-unknown"


def test_a_token_that_was_changed_is_refused(issuer):
    head, claims, signature = token().split(".")
    other = token(sub="bob").split(".")[1]
    assert refused(issuer, f"{head}.{other}.{signature}") == "token-signature"
    assert refused(issuer, f"{head}.{claims}.") == "token-signature"
    assert refused(issuer, "a.b.c") == "token-invalid"


def test_a_key_that_is_not_there_yet_is_fetched_and_a_flood_fetches_nothing(issuer, keys, monkeypatch):
    issuer.read(token())
    for number in range(20):
        assert refused(issuer, token(name=f"made up {number}")) == "token-key-unknown"
    assert keys.asked == 1
    keys.keys = [public("ES256", "new")]
    monkeypatch.setattr(oidc, "REFETCH_SECONDS", 0.0)
    assert issuer.read(token("ES256", name="new")).name == "alice"
    assert refused(issuer, token("RS256")) == "token-key-unknown"  # its issuer does not list it any more


def test_known_keys_count_while_their_issuer_is_away_and_not_for_ever(issuer, keys, monkeypatch):
    issuer.read(token())
    keys.status = 500
    monkeypatch.setattr(oidc, "REFETCH_SECONDS", 0.0)
    monkeypatch.setattr(oidc, "FRESH_SECONDS", 0.0)
    assert issuer.read(token()).name == "alice"
    monkeypatch.setattr(oidc, "STALE_SECONDS", 0.0)
    with pytest.raises(Problem) as error:
        issuer.read(token())
    assert (error.value.status, error.value.slug) == (503, "issuer-unavailable")


def test_roles_and_names_may_lie_elsewhere(keys):
    issuer = Issuer(ISSUER, AUDIENCE, keys.url, "realm_access.roles", "email")
    told = token(realm_access={"roles": ["trader"]}, email="alice@people.example")
    caller = issuer.read(told)
    assert (caller.name, caller.roles) == ("alice@people.example", {Role.TRADER})
    assert issuer.read(token(realm_access=5, email="alice@people.example")).roles == frozenset()
    mixed = {"roles": ["trader", {"of": "another service"}, 7]}
    assert issuer.read(token(realm_access=mixed, email="a@people.example")).roles == {Role.TRADER}
    assert Issuer(ISSUER, AUDIENCE, keys.url).read(token(roles="trader auditor")).roles == {
        Role.TRADER,
        Role.AUDITOR,
    }
