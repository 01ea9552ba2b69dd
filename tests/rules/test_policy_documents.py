"""One small policy document and those it extends: what it becomes, and exactly what is said of each fault in it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest

from hadir.rules import Fault, PolicyFileError, PolicySet, parse_policies
from hadir.rules.policy import Certainty, Dated
from tests.rules.conftest import POLICIES, documents_in

NAME = "permentan-68-2012"
ENTRY: dict[str, Any] = {
    "from": "2013-01-01",
    "value": {"from_minutes": 1, "percent": 0.5},
    "article": "Pasal 7 ayat (1)",
    "source": "Permentan 68/2012",
    "certainty": "S",
}
LATER = {**ENTRY, "from": "2024-01-01"}


def small(name: str = "kecil", **other: object) -> dict[str, Any]:
    """A foundation with one value."""
    title = {"id": "Kecil", "en": "Small"}
    return {"policy": name, "title": title, "base": True, "values": {"late": {"TL1": [ENTRY]}}, **other}


def late(*entries: object) -> dict[str, Any]:
    return {"late": {"TL1": list(entries)}}


def absent(percent: int) -> dict[str, Any]:
    return {"absent": [{**ENTRY, "value": {"code": "TK", "percent": percent}}]}


def faults_of(*documents: dict[str, Any]) -> list[Fault]:
    with pytest.raises(PolicyFileError) as error:
        parse_policies({document["policy"]: document for document in documents})
    return list(error.value.faults)


def test_a_document_becomes_a_set_of_dated_values() -> None:
    policy = parse_policies({"kecil": small(sources={"a": 1}, values=late({**ENTRY, "note": "-"}, LATER))})["kecil"]
    assert (policy.name, policy.title, policy.rules) == ("kecil", {"id": "Kecil", "en": "Small"}, "4")
    first = Dated(
        from_date=date(2013, 1, 1),
        value=(1, Decimal("0.5"), None),
        article="Pasal 7 ayat (1)",
        source="Permentan 68/2012",
        certainty=Certainty("S"),
        said_by="kecil",
    )
    assert [entry.from_date for entry in policy.values["late.TL1"]] == [date(2013, 1, 1), date(2024, 1, 1)]
    assert policy.values["late.TL1"][0] == first


A_LIST = "must be a list of dated entries"
AN_ENTRY = "must have from, value, article, source and certainty"
IN_ORDER = "the entries must stand in the order of their days, each day once"

MISSPELT = {**LATER, "artikel": "-"}
ARTIKEL = "'artikel' is not known here; did you mean article?"

FAULTS: list[tuple[dict[str, Any], Fault]] = [
    ({"policy": "besar"}, Fault("kecil: policy", "must be 'kecil', like the file's name")),
    ({"title": {"id": "Kecil"}}, Fault("kecil: title", "must have id and en")),
    ({"title": {"en": "Small"}}, Fault("kecil: title", "must have id and en")),
    ({"title": ["id", "en"]}, Fault("kecil: title", "must have id and en")),
    ({"vaules": {}}, Fault("kecil", "'vaules' is not known here; did you mean values?")),
    ({"values": [ENTRY]}, Fault("kecil: values", "must be a mapping of values")),
    ({"values": {"late": {"TL 1": [ENTRY]}}}, Fault("kecil: values.late.TL 1", "no such value is known")),
    ({"values": {"late": {"TL1": []}}}, Fault("kecil: values.late.TL1", A_LIST)),
    ({"values": {"late": {"TL1": "0.5"}}}, Fault("kecil: values.late.TL1", A_LIST)),
    ({"values": late("0.5")}, Fault("kecil: values.late.TL1[0]", AN_ENTRY)),
    ({"values": late(ENTRY, MISSPELT)}, Fault("kecil: values.late.TL1[1]", ARTIKEL)),
    ({"values": late(LATER, ENTRY)}, Fault("kecil: values.late.TL1", IN_ORDER)),
    ({"values": late(ENTRY, ENTRY)}, Fault("kecil: values.late.TL1", IN_ORDER)),
    ({"extends": "dasar"}, Fault("kecil: extends", "'dasar' is not a policy that can be extended here")),
    ({"extends": "kecil"}, Fault("kecil: extends", "'kecil' is not a policy that can be extended here")),
    ({"extends": 68}, Fault("kecil: extends", "'68' is not a policy that can be extended here")),
]  # fmt: skip


@pytest.mark.parametrize(("said", "fault"), FAULTS, ids=lambda part: str(part) if isinstance(part, Fault) else "")
def test_a_faulty_document_is_told_where_and_what(said: dict[str, Any], fault: Fault) -> None:
    with pytest.raises(PolicyFileError) as error:
        parse_policies({"kecil": small(**said)})
    assert error.value.faults == (fault,)


def test_a_file_that_holds_no_mapping_is_told_so() -> None:
    with pytest.raises(PolicyFileError) as error:
        parse_policies({"kecil": None, "besar": small("besar")})
    assert error.value.faults == (Fault("kecil", "the file holds no mapping"),)


def test_an_entry_with_several_faults_tells_them_all() -> None:
    entry = {"from": "then", "value": 5, "article": "", "source": "-"}
    assert [fault.place for fault in faults_of(small(values=late(entry)))] == [
        f"kecil: values.late.TL1[0].{key}" for key in ("article", "certainty", "from", "value")
    ]


# A set that is judged by.


@pytest.mark.parametrize("base", [False, "yes", None])
def test_only_a_declared_foundation_need_not_be_complete(base: object) -> None:
    missing = faults_of(small(base=base))
    assert {fault.place for fault in missing} == {"kecil: values"}
    assert {"absent is missing", "grades.A is missing", "pairing.phone is missing", "codes.free is missing"} <= {
        fault.message for fault in missing
    }
    assert not any("TL1" in fault.message for fault in missing)


def shipped(*path: str, value: object) -> list[Fault]:
    """What is said of the shipped documents with another value; None takes it away."""
    documents = documents_in(POLICIES)
    owner = next(documents[name] for name in (NAME, "national-base") if path[0] in documents[name]["values"])
    at = owner["values"]
    for step in path[:-1]:
        at = at[step]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]][0]["value"] = value
    return [fault for fault in faults_of(*documents.values()) if fault.place.startswith(NAME)]


@pytest.mark.parametrize(
    ("missing", "code", "classes"), [("no_arrival", "PSW1", "late"), ("no_departure", "TL1", "early")]
)
def test_a_missing_tap_must_fall_in_a_class_of_its_own_side(missing: str, code: str, classes: str) -> None:
    sentence = f"{missing} names {code}, which {classes} does not have"
    assert shipped(missing, value=code) == [Fault(f"{NAME}: values", sentence)]


@pytest.mark.parametrize("side", ["arrive", "depart"])
def test_hours_without_a_window_in_which_to_tap_do_not_load(side: str) -> None:
    faults = shipped("duties", "office-6-day", "windows", "every_day", side, value=None)
    assert Fault(f"{NAME}: values", f"duties.office-6-day.windows.saturday.{side} is missing") in faults
    assert not any("sunday" in fault.message or "office-5-day" in fault.message for fault in faults)


# Several documents.


def chain(**others: dict[str, Any]) -> dict[str, PolicySet]:
    """Three documents, each on the one before it."""
    documents = {
        "dasar": small("dasar", values=absent(3)),
        "tengah": small("tengah", extends="dasar", values=absent(4)),
        "kecil": small(extends="tengah"),
    }
    return parse_policies({**documents, **others})


def test_what_a_document_does_not_say_is_said_by_the_nearest_that_it_extends() -> None:
    values = chain()["kecil"].values
    assert values["absent"][0].value == ("TK", Decimal(4))
    assert values["late.TL1"][0].value == (1, Decimal("0.5"), None)
    nearer = small(extends="tengah", values=absent(5))
    assert chain(kecil=nearer)["kecil"].values["absent"][0].value == ("TK", Decimal(5))


def test_the_hash_of_a_set_is_that_of_all_it_stands_on() -> None:
    one = chain()
    lower = chain(dasar=small("dasar", values=absent(2)))
    assert one["kecil"].sha256 != lower["kecil"].sha256
    assert len({policy.sha256 for policy in one.values()}) == 3


def test_the_hash_of_a_set_stays_while_its_document_says_the_same_whatever_the_order_of_its_keys() -> None:
    document = small(values={**late(ENTRY, LATER), **absent(3)}, sources={2: "b", "1": ["x", {"y": date(2013, 1, 1)}]})
    turned = {key: document[key] for key in reversed(document)}
    turned["values"] = {"absent": document["values"]["absent"], **late(dict(reversed(ENTRY.items())), LATER)}
    turned["sources"] = {"1": ["x", {"y": date(2013, 1, 1)}], 2: "b"}
    one, other = parse_policies({"kecil": document})["kecil"], parse_policies({"kecil": turned})["kecil"]
    assert one.sha256 == other.sha256
    turned["sources"]["1"].reverse()
    assert parse_policies({"kecil": turned})["kecil"].sha256 != one.sha256


def test_a_hash_that_stands_in_verdicts_never_changes_with_the_code() -> None:
    document = small(values={})
    spelt = '{"base": true, "policy": "kecil", "title": {"en": "Small", "id": "Kecil"}, "values": {}}'
    of_the_document = sha256(spelt.encode()).hexdigest()
    assert parse_policies({"kecil": document})["kecil"].sha256 == sha256(of_the_document.encode()).hexdigest()
