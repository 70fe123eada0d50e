"""The HTTP interface: what is answered, and how everything that is wrong is told."""

import json
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from policy.api import create_app
from policy.store import reading
from policy.tables import policy_evaluations, refusals
from tests.policy.parts import House, Texts, body, build_house, serving, signal_id

EVALUATE = "/v1/policy/evaluate"
JSON = {"content-type": "application/json"}


def problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """The problem body of ``answer``, which must be this one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["type"] == f"urn:trivet:problem:{slug}"
    assert told["status"] == status
    assert told["title"]
    assert told["detail"]
    return told


def pointers(told: dict[str, Any]) -> set[str]:
    return {fault["pointer"] for fault in told["errors"]}


def count_of(house: House, table: Any) -> int:
    with reading(house.service.store) as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def test_example_request_is_answered_as_specified(api: httpx.Client) -> None:
    answer = api.post(EVALUATE, json=body(reasoning=None)).json()
    assert answer["decision"] == "APPROVE"
    assert answer["reasons"] == []
    assert answer["approved_size_pct"] == 0.01
    assert answer["expires_at"] == "2012-06-01T16:01:00Z"
    assert answer["review_id"] is None
    assert [pack["pack"] for pack in answer["packs"]] == ["trading-core"]
    assert answer["packs"][0]["logic"].startswith("sha256:")
    assert "rules" not in answer


def test_repeated_request_gets_the_same_bytes(api: httpx.Client) -> None:
    first = api.post(EVALUATE, json=body(confidence=0.5))
    again = api.post(EVALUATE, json=body(confidence=0.5))
    assert again.content == first.content


def test_explain_adds_every_rule(api: httpx.Client) -> None:
    rules = api.post(EVALUATE, params={"explain": "true"}, json=body(reasoning=None)).json()["rules"]
    results = {rule["rule"].partition("/")[2]: rule["result"] for rule in rules}
    assert len(results) == 12
    assert results["oversized"] == "hit"
    assert results["stale-data"] == "miss"
    assert results["blocking-memo"] == "unknown"
    stale = next(rule for rule in rules if rule["rule"].endswith("stale-data"))
    assert stale["values"] == {"market_context.data_age_seconds": 12, "limits.max_data_age": 30}
    assert stale["margins"] == [{"fact": "market_context.data_age_seconds", "limit": 30, "room": 18}]


def test_explain_nearest_says_what_would_have_to_change(api: httpx.Client) -> None:
    blocked = body(confidence=0.5, reasoning={"status": "OK", "recommendation": "BLOCK"})
    decision = api.post(EVALUATE, params={"explain": "nearest"}, json=blocked).json()
    approval, review = decision["nearest"]
    memo = {"fact": "reasoning.recommendation", "now": "BLOCK", "then": "ALLOW"}
    assert approval["changes"] == [{"fact": "confidence", "now": 0.5, "then": 0.6}, memo]
    assert (review["verdict"], review["changes"]) == ("REVIEW", [memo])
    assert approval["fixed"] == ["symbol", "candidate_action"]
    assert len(decision["rules"]) == 12
    detail = f"/v1/policy/decisions/{decision['decision_id']}"
    assert api.get(detail, params={"explain": "nearest"}).json()["nearest"] == decision["nearest"]
    assert api.get(detail).json()["nearest"] is None


@pytest.mark.parametrize("word", ["yes", "", "TRUE"])
def test_unknown_word_for_explain_is_refused(api: httpx.Client, word: str) -> None:
    refused = api.post(EVALUATE, params={"explain": word}, json=body())
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/explain"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"not json",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1, "a": 1}',
        b'{"facts": {"x": 1, "x": 2}}',
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"a":' * 65 + b"1" + b"}" * 65,
        b'{"a": 01}',
        b'{"a": "\x01"}',
        b"{} {}",
        rb'{"symbol": "\ud800"}',
    ],
)
def test_body_that_is_not_strict_json_is_malformed(strict: httpx.Client, text: bytes) -> None:
    problem(strict.post(EVALUATE, content=text, headers=JSON), 400, "malformed-json")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"market_context__data_age_seconds": "12"}, "/market_context/data_age_seconds"),
        ({"market_context__data_age_seconds": -1}, "/market_context/data_age_seconds"),
        ({"market_context__market_open": 1}, "/market_context/market_open"),
        ({"market_context__market_open": "true"}, "/market_context/market_open"),
        ({"market_context__surprise": 1}, "/market_context/surprise"),
        ({"confidence": 1.5}, "/confidence"),
        ({"confidence": True}, "/confidence"),
        ({"size_pct": None}, "/size_pct"),
        ({"symbol": ""}, "/symbol"),
        ({"symbol": "A" * 33}, "/symbol"),
        ({"candidate_action": "HOLD"}, "/candidate_action"),
        ({"signal_id": "not-a-uuid"}, "/signal_id"),
        ({"portfolio_context__correlation": 2}, "/portfolio_context/correlation"),
        ({"reasoning": {"status": "OK"}}, "/reasoning"),
        ({"reasoning": {"status": "FAILED", "recommendation": "ALLOW"}}, "/reasoning"),
        ({"facts": {"x": None}}, "/facts/x"),
        ({"facts": {"x": {"deep": 1}}}, "/facts/x"),
        ({"facts": {"unheard": 1}}, "/facts/unheard"),
        ({"facts": {"symbol": "AAPL"}}, "/facts/symbol"),
        ({"extra": 1}, "/extra"),
    ],
)
def test_faulty_field_is_refused_at_its_place(
    strict: httpx.Client, changes: dict[str, Any], pointer: str
) -> None:
    told = problem(strict.post(EVALUATE, json=body(**changes)), 422, "invalid-request")
    assert pointers(told) == {pointer}
    assert strict.get("/v1/policy/decisions").json()["items"] == []


def test_number_beyond_all_doubles_is_a_fault(strict: httpx.Client) -> None:
    for number in ("1e400", "-1e400", "9" * 5000):
        text = json.dumps(body()).replace('"size_pct": 0.02', f'"size_pct": {number}')
        told = problem(strict.post(EVALUATE, content=text, headers=JSON), 422, "invalid-request")
        assert pointers(told) == {"/size_pct"}


def test_every_fault_is_named_at_once(strict: httpx.Client) -> None:
    sent = body(confidence=2, symbol="", market_context__data_age_seconds=-1)
    told = problem(strict.post(EVALUATE, json=sent), 422, "invalid-request")
    assert pointers(told) == {"/confidence", "/symbol", "/market_context/data_age_seconds"}


def test_what_cannot_be_read_is_on_record(api: httpx.Client, house: House) -> None:
    api.post(EVALUATE, json=body(confidence=2))
    api.post(EVALUATE, content=b"{", headers=JSON)
    house.service.stop()
    assert count_of(house, refusals) == 2


@pytest.mark.parametrize("number", ["1e-05", "9.3e18", "1E2", "0.1e1"])
def test_numbers_in_any_spelling_are_judged(api: httpx.Client, number: str) -> None:
    text = json.dumps(body()).replace('"data_age_seconds": 12', f'"data_age_seconds": {number}')
    answer = api.post(EVALUATE, content=text, headers=JSON)
    assert answer.json()["decision"] == ("APPROVE" if float(number) <= 30 else "REJECT")


@pytest.mark.parametrize("symbol", ['A"B', "A\\B", "A'B", "Ä☃", "A\u0000B", "\u2028", "🙂", "NO", "\\0"])
def test_any_text_is_an_ordinary_symbol(api: httpx.Client, symbol: str) -> None:
    decision = api.post(EVALUATE, json=body(symbol=symbol)).json()
    assert [reason["rule"] for reason in decision["reasons"]] == ["trading-core/symbol-not-allowed"]
    listed = api.get("/v1/policy/decisions", params={"symbol": symbol}).json()["items"]
    assert [one["symbol"] for one in listed] == [symbol]


def test_body_over_a_mebibyte_is_too_large(api: httpx.Client) -> None:
    def chunks() -> Any:
        for _ in range(20):
            yield b" " * 65_536

    problem(api.post(EVALUATE, content=b" " * 1_048_577, headers=JSON), 413, "content-too-large")
    problem(api.post(EVALUATE, content=chunks(), headers=JSON), 413, "content-too-large")
    padded = json.dumps(body()).encode().ljust(1_048_576)
    assert api.post(EVALUATE, content=padded, headers=JSON).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"])
def test_post_of_another_kind_is_refused(strict: httpx.Client, kind: str) -> None:
    for path in (
        EVALUATE,
        f"/v1/policy/decisions/{signal_id(1)}/replay",
        f"/v1/reviews/{signal_id(1)}/approve",
    ):
        answer = strict.post(path, content=b"{}", headers={"content-type": kind})
        problem(answer, 415, "unsupported-media-type")


def test_charset_beside_the_media_type_is_welcome(api: httpx.Client) -> None:
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    assert api.post(EVALUATE, content=json.dumps(body()), headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("headers", "slug"),
    [
        ({"host": "trivet.evil.example"}, "foreign-host"),
        ({"host": "127.0.0.1.evil.example:80"}, "foreign-host"),
        ({"host": "[::bad"}, "foreign-host"),
        ({"origin": "https://evil.example"}, "foreign-origin"),
        ({"origin": "null"}, "foreign-origin"),
        ({"origin": "http://127.0.0.1:1"}, "foreign-origin"),
        ({"origin": "http://[bad"}, "foreign-origin"),
    ],
)
def test_other_sites_cannot_ask(strict: httpx.Client, headers: dict[str, str], slug: str) -> None:
    problem(strict.get("/v1/reviews", headers=headers), 403, slug)
    problem(strict.post(EVALUATE, json=body(), headers=headers), 403, slug)


def test_own_origin_may_ask(strict: httpx.Client) -> None:
    origin = str(strict.base_url).rstrip("/")
    assert strict.get("/v1/reviews", headers={"origin": origin}).status_code == 200


def test_unknown_path_and_method_are_problems_too(strict: httpx.Client) -> None:
    problem(strict.get("/v1/nowhere"), 404, "not-found")
    problem(strict.post("/v1/nowhere", json={}), 404, "not-found")
    answer = strict.delete(EVALUATE)
    problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"
    problem(strict.post("/v1/policy/decisions", content=b"x"), 405, "method-not-allowed")


def test_decisions_are_listed_newest_first_and_page_by_page(api: httpx.Client) -> None:
    made = [api.post(EVALUATE, json=body(number)).json()["decision_id"] for number in range(5)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        params: dict[str, Any] = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = api.get("/v1/policy/decisions", params=params).json()
        seen += [one["decision_id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == made[::-1]


def test_decisions_are_filtered(api: httpx.Client, house: House) -> None:
    api.post(EVALUATE, json=body(1))
    house.clock.pass_by(minutes=5)
    api.post(EVALUATE, json=body(2, confidence=0.5))
    api.post(EVALUATE, json=body(3, symbol="ZZZ"))

    def symbols(**params: str) -> list[str]:
        return [one["symbol"] for one in api.get("/v1/policy/decisions", params=params).json()["items"]]

    assert symbols(decision="REVIEW") == ["AAPL"]
    assert symbols(symbol="ZZZ") == ["ZZZ"]
    assert symbols(since="2012-06-01T16:05:00Z") == ["ZZZ", "AAPL"]
    assert symbols(since="2012-06-01T16:05:00Z", decision="REJECT", symbol="AAPL") == []


@pytest.mark.parametrize(
    "query",
    ["decision=MAYBE", "limit=0", "limit=501", "cursor=x", "since=yesterday", "since=2012-06-01T16:05:00"],
)
def test_filter_that_cannot_be_meant_is_refused(strict: httpx.Client, query: str) -> None:
    told = problem(strict.get(f"/v1/policy/decisions?{query}"), 422, "invalid-request")
    assert pointers(told) == {"/" + query.partition("=")[0]}


def test_one_decision_shows_its_evidence(api: httpx.Client) -> None:
    made = api.post(EVALUATE, json=body(reasoning=None)).json()
    found = api.get(f"/v1/policy/decisions/{made['decision_id']}").json()
    assert found["facts"]["market_context.data_age_seconds"] == 12
    assert found["facts_source"]["market_context"] == "caller"
    assert len(found["rules"]) == 12
    assert {key: found[key] for key in made} == made


def test_unknown_ids_are_not_found(strict: httpx.Client) -> None:
    nobody = signal_id(99)
    problem(strict.get(f"/v1/policy/decisions/{nobody}"), 404, "decision-not-found")
    problem(strict.post(f"/v1/policy/decisions/{nobody}/replay", json={}), 404, "decision-not-found")
    problem(strict.get(f"/v1/reviews/{nobody}"), 404, "review-not-found")
    for verb in ("approve", "reject"):
        problem(strict.post(f"/v1/reviews/{nobody}/{verb}", json={"note": "n"}), 404, "review-not-found")
    problem(strict.get("/v1/policy/packs/trading-core/9.9.9"), 404, "pack-not-found")
    problem(strict.get("/v1/policy/decisions/x"), 422, "invalid-request")


def test_packs_in_force_and_their_rules_are_told(api: httpx.Client) -> None:
    items = api.get("/v1/policy/packs").json()["items"]
    assert {(one["set"], one["pack"], one["version"]) for one in items} == {
        ("callers", "trading-core", "1.0.0"),
        ("house", "trading-core", "2.0.0"),
        ("house", "house-measurements", "1.0.0"),
        ("house", "house-stops", "1.0.0"),
    }
    pack = api.get("/v1/policy/packs/trading-core/1.0.0").json()
    assert len(pack["rules"]) == 12
    assert pack["limits"]["max_data_age"] == {"value": 30, "unit": "seconds"}
    assert pack["text"].lstrip("# ").find("trading-core") >= 0
    assert len(api.get("/v1/policy/activations").json()["items"]) == 4


def test_service_without_packs_is_not_ready(store: Any) -> None:
    house = build_house(store, Texts(shelf={"callers": (), "house": ()}))
    house.service.start()
    with serving(create_app(house.service)) as client:
        problem(client.get("/readyz"), 503, "no-active-pack")
        assert client.get("/healthz").status_code == 200
        assert client.post(EVALUATE, json=body()).json()["decision"] == "REJECT"
    house.service.stop()


def test_metrics_count_decisions_and_refusals(api: httpx.Client) -> None:
    api.post(EVALUATE, json=body())
    api.post(EVALUATE, json=body())
    api.post(EVALUATE, json=body(confidence=2))
    text = api.get("/metrics").text
    assert 'trivet_evaluations_total{source="callers",verdict="APPROVE"} 1.0' in text
    assert 'trivet_refusals_total{code="invalid-request"} 1.0' in text


def test_internal_failure_tells_nothing_of_our_insides(house: House) -> None:
    def broken(*_: object) -> None:
        raise LookupError("secret")

    object.__setattr__(house.service.shelf, "standing", broken)
    house.service.start()
    with serving(create_app(house.service)) as client:
        answer = client.get("/v1/policy/packs")
    problem(answer, 500, "internal-error")
    assert "secret" not in answer.text


def test_failure_while_judging_is_never_an_approval(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the engine fell over")

    monkeypatch.setattr("policy.judge.evaluate", broken)
    house.service.start()
    with serving(create_app(house.service)) as client:
        answer = client.post(EVALUATE, json=body())
    problem(answer, 503, "evaluation-failed")
    assert answer.headers["retry-after"] == "1"
    assert count_of(house, policy_evaluations) == 0


def test_stopped_writer_accepts_nothing_more(house: House) -> None:
    house.service.start()
    with serving(create_app(house.service)) as client:
        assert client.post(EVALUATE, json=body(1)).status_code == 200
        house.service.stop()
        problem(client.post(EVALUATE, json=body(2)), 503, "shutting-down")
