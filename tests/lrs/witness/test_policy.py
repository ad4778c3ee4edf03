"""Trust policies, as c2sp.org/tlog-policy writes them."""

from itertools import combinations

import pytest

from lrs.audit.cosignatures import Cosigner
from lrs.audit.notes import ML_DSA_44, Note, NoteInvalid, Signer
from lrs.audit.policy import Policy, PolicyInvalid, judge, satisfied
from tests.lrs.witness.growing import GrowingLog

LOG = GrowingLog(9)
NAMES = ("X1", "X2", "X3", "Y1", "Y2", "Y3")
WITNESSES = {name: Cosigner.generate(f"{name.lower()}.example") for name in NAMES}
LINES = "\n".join(f"witness {name} {it.vkey}" for name, it in WITNESSES.items())
SPACED = LINES.replace("Y1 ", "Y1\t ")
TWO_LEVELS = f"""\
# the example of the specification
log {LOG.signer.vkey}

  {SPACED}
group X-witnesses 2 X1 X2 X3
\tgroup Y-witnesses any Y1 Y2 Y3
group X-and-Y all X-witnesses Y-witnesses
 # another comment
quorum X-and-Y
"""


def note(*names: str, log: GrowingLog = LOG) -> Note:
    signed = Note.parse(log.note(9))
    lines = (WITNESSES[name].sign(signed.text, 1_700_000_000 + i) for i, name in enumerate(names))
    return signed.signed_by(*lines)


def test_two_levels_of_groups_count_as_the_specification_says():
    policy = Policy.parse(TWO_LEVELS)
    for count in range(len(NAMES) + 1):
        for names in combinations(NAMES, count):
            xs = sum(name.startswith("X") for name in names)
            expected = xs >= 2 and len(names) > xs
            assert satisfied(note(*names), policy) == expected, names
            assert satisfied(str(note(*names)), policy) == expected


def test_a_judgement_tells_who_signed_and_when():
    judged = judge(note("X2", "Y1"), Policy.parse(TWO_LEVELS))
    assert judged.logs == (LOG.signer.name,)
    assert judged.witnesses == {"X2": 1_700_000_000, "Y1": 1_700_000_001}
    assert not judged.satisfied


@pytest.mark.parametrize(
    ("quorum", "witnesses", "expected"),
    [("none", (), True), ("X1", (), False), ("X1", ("X1",), True), ("X1", ("X2",), False)],
)
def test_a_quorum_may_be_one_witness_or_none(
    quorum: str, witnesses: tuple[str, ...], expected: bool
):
    policy = Policy.parse(f"log {LOG.signer.vkey}\n{LINES}\nquorum {quorum}")
    assert satisfied(note(*witnesses), policy) is expected


def test_the_log_must_have_signed_unless_the_policy_names_none():
    stranger = GrowingLog(9)
    policy = Policy.parse(TWO_LEVELS)
    everybody = note(*NAMES, log=stranger)
    assert not satisfied(everybody, policy)
    assert satisfied(everybody, policy._replace(logs=()))
    elsewhere = GrowingLog(9, "other.example/log", LOG.signer)  # the key is right, the log another
    assert not satisfied(note(*NAMES, log=elsewhere), policy)
    epoch = GrowingLog(9, f"{LOG.origin}/epoch/2", LOG.signer)
    assert satisfied(note(*NAMES, log=epoch), policy)


def test_a_signature_of_a_known_key_that_does_not_hold_condemns_the_note():
    policy = Policy.parse(TWO_LEVELS)
    good = note("X1", "X2", "Y1")
    other = WITNESSES["Y2"].sign(LOG.checkpoint(8).text, 1_700_000_000)
    assert satisfied(good, policy)
    assert not satisfied(good.signed_by(other), policy)
    with pytest.raises(NoteInvalid, match=r"y2\.example does not hold"):
        judge(good.signed_by(other), policy)
    unknown = Cosigner.generate("unknown.example").sign(LOG.checkpoint(8).text, 1_700_000_000)
    assert satisfied(good.signed_by(unknown), policy)
    assert not satisfied("no note", policy)


def test_witnesses_may_sign_with_ml_dsa_and_so_may_the_log():
    witness, log = (Cosigner.generate(it, ML_DSA_44) for it in ("w.example", LOG.signer.name))
    policy = Policy.parse(
        f"log {log.vkey} https://log.example/\nwitness w {witness.vkey}\nquorum w"
    )
    signed = note().signed_by(log.sign(note().text, 5), witness.sign(note().text, 6))
    assert judge(signed, policy)[:2] == ((LOG.signer.name,), {"w": 6})
    assert satisfied(signed, policy)
    assert not satisfied(note().signed_by(witness.sign(note().text, 6)), policy)


def test_addresses_are_kept():
    w1, w2 = WITNESSES["X1"].vkey, WITNESSES["X2"].vkey
    policy = Policy.parse(f"witness a {w1} http://127.0.0.1:8090/x/\nwitness b {w2}\nquorum a\n")
    assert [known.url for known in policy.witnesses] == ["http://127.0.0.1:8090/x", None]


W1, W2, KEY = WITNESSES["X1"].vkey, WITNESSES["X2"].vkey, LOG.signer.vkey
INVALID = {
    "": "no quorum line",
    "quorum none\nquorum none": "line 2: a policy has one quorum line",
    "quorum": "line 1: write: quorum",
    "quorum w": "line 1: w: no witness or group",
    "nonsense x": "line 1: nonsense: a line begins with log, witness, group, quorum or #",
    "quorum none # not a comment": "line 1: write: quorum",
    "quorum none\r\n": "line 1: a control character",
    "# \x00\nquorum none\n\x0b": "line 3: a control character",
    "log": "line 1: write: log VKEY",
    "log x+y": "line 1: not a vkey",
    f"log {W1}": "line 1: the key of x1.example is a witness's",
    f"log {KEY}\nlog {KEY}": "line 2: the key of lrs.example/log has a log line already",
    f"log {KEY} ftp://x": "line 1: ftp://x: a URL begins with",
    f"log {KEY} http://": "line 1: http://: a URL begins with",
    f"log {KEY} http://x:99999": "a URL begins with",
    f"witness w {KEY}": "line 1: the key of lrs.example/log is a log's",
    f"witness w {W1}\nwitness v {W1}": "line 2: the key of x1.example has a witness line already",
    f"witness w {W1}\nwitness w {W2}": "line 2: w: the name is taken",
    f"witness none {W1}": "line 1: none: the name is taken",
    f"witness w {W1}\ngroup w any w": "line 2: w: the name is taken",
    f"witness w {W1}\ngroup g any": "line 2: write: group",
    f"witness w {W1}\ngroup g 0 w": "line 2: 0: write all, any, or a number from 1",
    f"witness w {W1}\ngroup g 2 w": "line 2: 2 of 1 members: write 1 to 1",
    f"witness w {W1}\ngroup g ２ w": "write all, any, or a number from 1",
    f"witness w {W1}\ngroup g 01 w": "write all, any, or a number from 1",
    f"witness w {W1}\ngroup g any w w": "line 2: w is a member already",
    f"witness w {W1}\ngroup g any w\ngroup h any w": "line 3: w is a member already",
    f"witness w {W1}\ngroup g any h\ngroup h any w": "line 2: h: no witness or group",
    f"witness w {W1}\ngroup g any g": "line 2: g: no witness or group",
    f"witness w {W1}\ngroup g any none": "line 2: none: no witness or group",
    f"quorum w\nwitness w {W1}": "line 1: w: no witness or group",
}


@pytest.mark.parametrize(("text", "said"), INVALID.items(), ids=range(len(INVALID)))
def test_what_is_no_policy_is_refused_at_its_line(text: str, said: str):
    with pytest.raises(PolicyInvalid) as refused:
        Policy.parse(text)
    assert said in str(refused.value)


def test_names_are_octets_that_only_equal_themselves():
    kelvin = f"witness \u212a {W1}\nwitness K {W2}\nquorum \u212a\n"
    policy = Policy.parse(kelvin)
    assert satisfied(note("X1"), policy)
    assert not satisfied(note("X2"), policy)
    latin = f"witness \u00e9 {W1}\nquorum \u00e9\n".encode("latin-1")
    assert satisfied(note("X1"), Policy.parse(latin))
    with pytest.raises(PolicyInvalid):
        Policy.parse(f"witness \u00e9 {W1}\n".encode("latin-1") + "quorum \u00e9\n".encode())


def test_32_of_each_and_many_levels_are_taken():
    keys = [Cosigner.generate(f"w{i}.example") for i in range(32)]
    logs = [Signer.generate(f"log{i}.example") for i in range(32)]
    lines = [f"log {it.vkey}" for it in logs]
    lines += [f"witness w{i} {it.vkey}" for i, it in enumerate(keys)]
    lines += ["group g0 all w0"]
    lines += [f"group g{i} all g{i - 1} w{i}" for i in range(1, 32)]
    policy = Policy.parse("\n".join((*lines, "quorum g31")))
    tall = GrowingLog(3, "log7.example", logs[7])
    signed = Note.parse(tall.note(3))
    signed = signed.signed_by(*(it.sign(signed.text, 1) for it in keys))
    assert satisfied(signed, policy)
    assert not satisfied(signed._replace(signatures=signed.signatures[:-1]), policy)
