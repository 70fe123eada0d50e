"""trivet regress as a person, a build and a machine use it."""

import json
from datetime import timedelta

import pytest

from tests.adapters.regress.parts import EDITS, base_pack, edited, signals, written
from tests.first_rules import first_rules
from tests.trivet import answer, trivet

FEW = ("--examples", 0)  # each way to move costs a query
VERSIONS = ("--base", "trading-core@1.0.0", "--head", "trading-core")
PACK = "trading-core/pack.yaml"
AGE, LIQUIDITY = "market_context.data_age_seconds", "market_context.liquidity_score"
CALM = dict(base_pack().cast["calm_buy"])
HOUSE = [
    CALM | {AGE: 25.0},
    CALM | {AGE: 12.0},
    {name: value for name, value in (CALM | {AGE: 25.0}).items() if name != LIQUIDITY},
]


@pytest.fixture
def rules(tmp_path):
    return first_rules(tmp_path / "rules")


@pytest.fixture
def file(tmp_path):
    return written(tmp_path / "history.parquet", signals(300))


@pytest.fixture
def run(tmp_path, rules):
    def told(*arguments):
        done = trivet(tmp_path / "var", "regress", *arguments, TRIVET_RULES=str(rules))
        out, err = (text.replace(f"{tmp_path}/", "") for text in (done.stdout, done.stderr))
        return done._replace(stdout=out, stderr=err)

    return told


@pytest.fixture
def edit(rules):
    def change(*edits):
        (rules / PACK).write_text(edited(*edits, text=(rules / PACK).read_text("utf-8")), "utf-8")

    return change


def test_what_moved_is_told_and_without_a_baseline_nothing_may(run, edit, file, snapshot):
    edit(*EDITS[:3])
    done = run(*VERSIONS, "--signals", file, "--examples", 1)
    assert done.returncode == 1
    assert done.stdout == snapshot


def test_a_version_that_changes_nothing_needs_no_baseline(run, file):
    done = run(*VERSIONS, *FEW, "--signals", file)
    assert done.returncode == 0
    assert "beyond the baseline" not in done.stdout


def test_what_was_accepted_may_move_again_and_no_further(run, edit, rules, file):
    edit(EDITS[0])
    accepted = run(*VERSIONS, *FEW, "--signals", file, "--accept")
    assert accepted.returncode == 0
    kept = json.loads((rules / "trading-core" / "regressions" / "history.json").read_text("utf-8"))
    assert list(kept["moved"]["rules"]) == ["stale-data objects to more"]
    assert kept["signals"] == {"source": "history.parquet", "count": 300}
    assert run(*VERSIONS, *FEW, "--signals", file).returncode == 0

    edit(("value: 20, unit: seconds", "value: 25, unit: seconds"))  # nearer to what stands
    assert run(*VERSIONS, *FEW, "--signals", file).returncode == 0

    edit(("value: 25, unit: seconds", "value: 15, unit: seconds"))
    further = run(*VERSIONS, *FEW, "--signals", file)
    assert further.returncode == 1
    assert "beyond the baseline: APPROVE -> REJECT" in further.stdout
    assert "stale-data objects to more" in further.stdout


def test_what_moves_at_another_place_than_was_accepted_is_beyond_it(run, edit, tmp_path):
    edit(EDITS[0])
    rows = [row | {"symbol": "AAPL"} for row in signals(120)]
    assert (
        run(*VERSIONS, *FEW, "--signals", written(tmp_path / "s.parquet", rows), "--accept").returncode == 0
    )
    moved = [row | {"symbol": "IBM"} if number % 2 else row for number, row in enumerate(rows)]
    done = run(*VERSIONS, *FEW, "--signals", written(tmp_path / "s.parquet", moved))
    assert done.returncode == 1
    lines = [line for line in done.stdout.splitlines() if line.startswith("beyond")]
    assert lines
    assert all(" on IBM: " in line for line in lines)
    page = next((tmp_path / "var" / "regress").glob("*.html")).read_text("utf-8")
    assert '<tr class="further"><td>APPROVE &rarr; REJECT on IBM</td>' in page

    later = [row | {"at": row["at"] + timedelta(days=90)} for row in rows]
    done = run(*VERSIONS, *FEW, "--signals", written(tmp_path / "s.parquet", later))
    assert done.returncode == 1
    assert "APPROVE -> REJECT in 2012-08" in done.stdout
    assert " on AAPL" not in done.stdout


def test_packs_that_judge_together_are_compared_together(run, edit, rules, tmp_path):
    edit(EDITS[0])
    rows = [{"signal_id": f"s{number}", **row} for number, row in enumerate(HOUSE)]
    file = written(tmp_path / "house.parquet", rows)
    sides = "trading-core@1.0.0,house-measurements@1.0.0", "trading-core, house-measurements"
    found = answer(run("--base", sides[0], "--head", sides[1], "--signals", file, "--json"))
    assert [pack["pack"] for pack in found["head"]] == ["trading-core", "house-measurements"]
    moved = {(one["from"], one["to"]): one["count"] for one in found["transitions"] if one["count"]}
    assert moved == {("APPROVE", "APPROVE"): 1, ("APPROVE", "REJECT"): 1, ("REVIEW", "REJECT"): 1}
    assert found["moved"]["rules"] == {"trading-core/stale-data objects to more": 2}
    said = {
        one["before"]["objections"][0]["rule"] for one in found["examples"] if one["before"]["objections"]
    }
    assert said == {"house-measurements/unmeasured-liquidity"}
    repeated = ("--head", "trading-core", "--head", "house-measurements@1.0.0")
    assert run("--base", sides[0], *repeated, *FEW, "--signals", file, "--accept").returncode == 0
    kept = rules / "trading-core" / "regressions" / "house-with-house-measurements.json"
    assert len(json.loads(kept.read_text("utf-8"))["base"]) == 2


def test_a_baseline_counts_for_no_other_base(run, edit, rules, file):
    edit(EDITS[0])
    assert run(*VERSIONS, *FEW, "--signals", file, "--accept").returncode == 0
    other = rules / "other.yaml"
    other.write_text(edited(("value: 0.03", "value: 0.05"), text=(rules / PACK).read_text("utf-8")), "utf-8")
    done = run("--base", other, "--head", "trading-core", *FEW, "--signals", file)
    assert done.returncode == 1
    assert "none may" in done.stdout


def test_a_machine_reads_the_whole_summary(run, edit, file):
    edit(*EDITS[:3])
    done = run(*VERSIONS, "--signals", file, "--json", "--examples", 2)
    found = answer(done)
    assert sum(one["count"] for one in found["transitions"]) == found["signals"]["count"] == 300
    moved = [one for one in found["by_symbol_and_month"] if one["from"] != one["to"]]
    assert sum(one["count"] for one in moved) == sum(found["moved"]["verdicts"].values())
    assert {one["month"] for one in moved} <= {"2012-05", "2012-06"}
    assert found["examples"][0]["before"]["decision"] != found["examples"][0]["after"]["decision"]
    assert found["beyond_baseline"]


def test_the_page_is_whole_without_a_network_and_the_same_every_time(run, edit, tmp_path, file):
    edit(*EDITS[:3])
    pages = [tmp_path / name for name in ("one.html", "other.html")]
    for page in pages:
        run(*VERSIONS, "--signals", file, "--page", page, "--examples", 1)
    text = pages[0].read_text("utf-8")
    assert text == pages[1].read_text("utf-8")
    assert "vegaEmbed" in text
    for outside in ("<script src", "<link", "@import", "url(http"):
        assert outside not in text
    assert "Moved further than the baseline allows" in text


def test_words_of_signals_are_no_markup_on_the_page(run, edit, tmp_path):
    edit(EDITS[0], ("[AAPL, FB", "[AAPL, '<b>bold</b>', FB"))
    rows = [row | {"symbol": "<b>bold</b>"} for row in signals(40)]
    run(*VERSIONS, "--signals", written(tmp_path / "s.parquet", rows), "--page", tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text("utf-8").partition("<h2>Examples</h2>")[2]
    assert "&lt;b&gt;bold" in text
    assert "<b>bold" not in text


def test_the_sample_bars_signals_are_judged(run, edit):
    edit(*EDITS[:3])
    days = ("--from", "2012-05-18", "--to", "2012-06-01")
    found = answer(run(*VERSIONS, *FEW, "--signals", "sample", *days, "--json"))
    assert found["signals"]["count"] > 20
    assert found["moved"]["sizes"]["larger size"] > 0
    assert {one["month"] for one in found["by_symbol_and_month"]} == {"2012-05", "2012-06"}


def test_recorded_decisions_are_judged_as_they_were(run, tmp_path, rules):
    days = ("--from", "2012-06-04", "--to", "2012-06-08")
    home = tmp_path / "var"
    played = answer(trivet(tmp_path, "replay", *days, "--store", home, "--json", TRIVET_RULES=str(rules)))
    found = answer(run(*VERSIONS, *FEW, "--signals", "decisions", "--json"))
    assert found["signals"]["count"] == played["signals"] > 0
    rejects = sum(one["count"] for one in found["transitions"] if one["to"] == "REJECT")
    assert rejects == played["decisions"]["REJECT"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--signals", "decisions"), "nothing was decided yet"),
        (("--signals", "nowhere.parquet"), "there are no Parquet files at nowhere.parquet"),
        (("--signals", "decisions", "--from", "2012-06-04"), "choose days of the sample bars"),
        (("--signals", "decisions", "--head", "trading-core@1.0.0"), "trading-core stands twice on one side"),
        (("--signals", "decisions", "--head", "nothing"), "nothing/pack.yaml cannot be read"),
    ],
)
def test_what_cannot_be_compared_is_exit_2_in_plain_words(run, arguments, words):
    failed = run(*VERSIONS, *arguments)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert words in " ".join(failed.stderr.replace("│", " ").split())
    assert "Traceback" not in failed.stderr


def test_a_broken_baseline_allows_nothing(run, edit, tmp_path, file):
    edit(EDITS[0])
    (tmp_path / "baseline.json").write_text('{"base": {}, "moved": []}')
    failed = run(*VERSIONS, "--signals", file, "--baseline", tmp_path / "baseline.json")
    assert failed.returncode == 2
    assert "baseline.json is no baseline; restore it or write a new one with --accept" in failed.stderr
