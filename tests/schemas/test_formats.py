"""The formats xAPI borrows, value by value."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.formats import (
    LONGEST_REMEMBERED,
    is_duration,
    is_iri,
    is_mbox,
    is_media_type,
    is_sha1,
    is_sha2,
    is_statement_version,
    is_timestamp,
    is_uuid,
    microseconds,
    parse_timestamp,
    utc_timestamp,
)
from tests.schemas.strategies import timestamps_of_1_0


@pytest.mark.parametrize(
    "iri",
    [
        "http://www.ics.uci.edu/pub/ietf/uri/#Related",
        "ftp://ftp.is.co.za/rfc/rfc1808.txt",
        "ldap://[2001:db8::7]/c=GB?objectClass?one",
        "mailto:John.Doe@example.com",
        "news:comp.infosystems.www.servers.unix",
        "tel:+1-816-555-1212",
        "telnet://192.0.2.16:80/",
        "urn:oasis:names:specification:docbook:dtd:xml:4.1.2",
        "http://user:pass@example.org:8080/a;b=1,2?q=a/b?c#d/e?f",
        "http://résumé.example.org",
        "http://example.com/فعل/خواندن",
        "https://ví-dụ.example/học?tên=\U0001f600",
        "uuid://7d4f3c70-1e79-4243-9b7d-166076ce8bfb",
        "http://a/%C3%A9",
        "http:",
        "http://",
        "x:",
        "file:///etc/hosts",
        "a:/b",
    ],
)
def test_an_iri(iri: str):
    assert is_iri(iri)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.org",
        "//example.org/a",
        "/a",
        "#a",
        ":a",
        "1a:b",
        "é:b",
        "http://a b",
        "http://a/b c",
        " http://a",
        "http://a\n",
        "http://a/<b>",
        'http://a/"b"',
        "http://a/{b}",
        "http://a/b|c",
        "http://a/b^c",
        "http://a/b`c",
        "http://a/b\\c",
        "http://a/%",
        "http://a/%4",
        "http://a/%zz",
        "http://a:b/",
        "http://[::1",
        "http://a]/",
        "http://a#b#c",
        "http://a/\ue000",
        "http://a/\ud800",
        "http://a/\x00",
        "http://a/\x7f",
        "http://a/\ufdd0",
    ],
    ids=ascii,
)
def test_no_iri(text: str):
    assert not is_iri(text)


@pytest.mark.parametrize("value", [None, 1, b"http://a", ["http://a"], {}], ids=repr)
def test_only_text_has_a_format(value: object):
    assert not any(
        check(value) for check in (is_iri, is_uuid, is_timestamp, is_duration, is_mbox, is_sha2)
    )


@pytest.mark.parametrize("length", [LONGEST_REMEMBERED, LONGEST_REMEMBERED + 1, 1_000_000])
def test_long_iris_are_judged_like_short_ones(length: int):
    iri = "http://a/".ljust(length, "x")
    assert (is_iri(iri), is_iri(iri + " ")) == (True, False)


@pytest.mark.parametrize(
    "text",
    ["12345678-1234-5678-1234-567812345678", "FFFFFFFF-ffff-FFFF-ffff-FFFFFFFFFFFF"],
)
def test_a_uuid(text: str):
    assert is_uuid(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "wrong",
        "12345678123456781234567812345678",
        "{12345678-1234-5678-1234-567812345678}",
        "urn:uuid:12345678-1234-5678-1234-567812345678",
        "12345678-1234-5678-1234-567812345678\n",
        "12345678-1234-5678-1234-56781234567",
        "１2345678-1234-5678-1234-567812345678",
    ],
    ids=ascii,
)
def test_no_uuid(text: str):
    assert not is_uuid(text)


RFC_3339 = [
    "1985-04-12T23:20:50.52Z",
    "1996-12-19T16:39:57-08:00",
    "1990-12-31T23:59:60Z",
    "1990-12-31T15:59:60-08:00",
    "1937-01-01T12:00:27.87+00:20",
    "2026-03-14t09:30:00z",
    "2024-02-29T00:00:00.123456789Z",
    "2026-03-14T09:30:00+23:59",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
]
ISO_8601_ONLY = [
    "2026-03-14T09:30:00",
    "2026-03-14T09:30",
    "2026-03-14T09:30Z",
    "2026-03-14T09:30:00,5Z",
    "2026-03-14T09:30:00+07",
    "2026-03-14T09:30:00+0700",
    "20260314T093000Z",
    "20260314T0930",
]
NO_TIMESTAMP = [
    "",
    "1368855154",
    "2026",
    "2026-03-14",
    "09:30:00Z",
    "2026-03-14 09:30:00Z",
    "2026-3-14T09:30:00Z",
    "2026-02-29T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-03-14T24:00:00Z",
    "2026-03-14T09:60:00Z",
    "2026-03-14T09:30:61Z",
    "2026-03-14T09:30:00.Z",
    "2026-03-14T09:30:00ZZ",
    "2026-03-14T09:30:00Z\n",
    "2026-03-14T09:30:00+24:00",
    "2026-03-14T09:30:00+07:60",
    "2026-03-14T09:30:00-00:00",
    "2026-03-14T09:30:00-0000",
    "2026-03-14T09:30:00-00",
    "2026-W11-6T09:30:00Z",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "9999-12-31T23:59:60Z",
]


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("text", RFC_3339)
def test_a_timestamp_of_rfc_3339(text: str, version):
    assert is_timestamp(text, version)


@pytest.mark.parametrize("text", ISO_8601_ONLY)
def test_a_timestamp_of_iso_8601_is_one_in_1_0_only(text: str):
    assert (is_timestamp(text), is_timestamp(text, "2.0")) == (True, False)


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("text", NO_TIMESTAMP, ids=ascii)
def test_no_timestamp(text: str, version):
    assert not is_timestamp(text, version)


@pytest.mark.parametrize("text", NO_TIMESTAMP, ids=ascii)
def test_what_is_no_timestamp_cannot_be_parsed(text: str):
    with pytest.raises(ValueError, match=rf"\A{re.escape(text)}\Z"):
        parse_timestamp(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.000001Z", 1),
        ("1970-01-01T00:00:00.0000019Z", 1),
        ("1970-01-01T07:00:00+07:00", 0),
        ("1969-12-31T23:59:59.999Z", -1000),
        ("1970-01-01T00:00:00", 0),
        ("1970-01-01T00:01", 60_000_000),
        ("19700101T000001,5Z", 1_500_000),
        ("1970-01-01t00:00:01z", 1_000_000),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
        ("2016-12-31T23:59:60.5Z", 1_483_228_800_500_000),
        ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
    ],
)
def test_a_timestamp_is_microseconds_since_1970(text: str, moment: int):
    assert parse_timestamp(text) == moment


@given(st.integers(-(10**16), 10**17), st.integers(1 - 24 * 60, 24 * 60 - 1))
def test_every_moment_comes_back(since_1970: int, offset_in_minutes: int):
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=since_1970)
    offset = timezone(timedelta(minutes=offset_in_minutes or 1))
    assert parse_timestamp(moment.astimezone(offset).isoformat()) == since_1970


@given(st.text("0123456789-+:.,TZtz", max_size=25))
def test_what_is_a_timestamp_can_be_parsed(text: str):
    if is_timestamp(text):
        parse_timestamp(text)


@pytest.mark.parametrize(
    "text",
    ["2020-01-01T10:11:12Z", "2020-01-01t10:11:12.5000000001z", "2020-01-01T10:11:12.50+00:00",
     "2016-12-31T23:59:60Z", "0999-01-01T10:11:12Z"],
)  # fmt: skip
def test_a_timestamp_of_rfc_3339_in_utc_stays_as_it_is(text: str):
    assert utc_timestamp(text) == text


@pytest.mark.parametrize(
    ("text", "in_utc"),
    [
        ("2020-01-01T10:11:12+07:00", "2020-01-01T03:11:12Z"),
        ("20200101T101112+0700", "2020-01-01T03:11:12Z"),
        ("2020-01-01T10:11+07:00", "2020-01-01T03:11:00Z"),
        ("20200101T1011+07", "2020-01-01T03:11:00Z"),
        ("2020-01-01T10:11:12,5+07:00", "2020-01-01T03:11:12.5Z"),
        ("20200101T101112,50-0330", "2020-01-01T13:41:12.50Z"),
        ("2020-01-01T10:11:12.1234567890+07:00", "2020-01-01T03:11:12.1234567890Z"),
        ("0999-01-01T10:11:12+07:00", "0999-01-01T03:11:12Z"),
        ("0001-01-01T00:00", "0001-01-01T00:00:00Z"),
        ("2020-01-01T23:59:60+07:00", "2020-01-01T17:00:00Z"),
        ("2020-01-01T23:59:60,25", "2020-01-02T00:00:00.25Z"),
        ("20200101T101112Z", "2020-01-01T10:11:12Z"),
        ("2020-01-01T10:11Z", "2020-01-01T10:11:00Z"),
        ("2020-01-01T10:11:12,5Z", "2020-01-01T10:11:12.5Z"),
        ("2020-01-01T10:11:12+00", "2020-01-01T10:11:12Z"),
        ("2020-01-01t10:11:12+0000", "2020-01-01T10:11:12Z"),
    ],
)
def test_any_other_timestamp_is_told_in_utc(text: str, in_utc: str):
    assert utc_timestamp(text) == in_utc


@pytest.fixture(params=["Asia/Ho_Chi_Minh", "America/New_York"])
def time_zone_of_the_machine(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    with monkeypatch.context() as changed:
        changed.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("time_zone_of_the_machine")
def test_a_timestamp_without_a_zone_is_in_utc_on_any_machine():
    assert utc_timestamp("2020-01-01T10:11:12.5") == "2020-01-01T10:11:12.5Z"


@given(timestamps_of_1_0)
def test_a_timestamp_told_in_utc_is_the_same_instant(text: str):
    told = utc_timestamp(text)
    assert is_timestamp(told, "2.0")
    assert told.endswith(("Z", "z", "+00:00"))
    assert microseconds(told) == microseconds(text)
    assert re.findall("(?<=[.,])[0-9]+", told) == re.findall("(?<=[.,])[0-9]+", text)


@pytest.mark.parametrize(
    "text",
    ["P4W", "P0.5W", "P3Y", "P1M", "P29D", "PT4H", "PT5M", "PT0S", "PT16559.14S", "PT0,5S",
     "P3Y1M29DT4H35M59.14S", "P1DT1S", "P1.5Y", "PT36H"],
)  # fmt: skip
def test_a_duration(text: str):
    assert is_duration(text)


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1", "1D", "P1S", "PT1D", "P4W1D", "P1D4W", "P1WT1H", "P1YT", "PT1H1H",
     "PT5M4H", "PT1.5H30M", "P-1D", "-P1D", "+P1D", "pt1h", "PT1H ", "PT1H\n", "PT.5S", "PT1.S",
     "PT1e3S", "P0001-01-01T00:00:00", "PT１S"],
    ids=ascii,
)  # fmt: skip
def test_no_duration(text: str):
    assert not is_duration(text)


@pytest.mark.parametrize(
    "text",
    ["mailto:an@example.org", "MAILTO:An@Example.org", "mailto:o'brien+x@localhost",
     "mailto:nguyễn.an@vụ.example.vn", "mailto:a/b=c@x-y.vn"],
)  # fmt: skip
def test_an_mbox(text: str):
    assert is_mbox(text)


@pytest.mark.parametrize(
    "text",
    ["", "mailto:", "mailto:an", "mailto:@b", "mailto:a@", "a@b.vn", "mailto:a@b@c", "mailto: a@b",
     "mailto:a@b c", "mailto:a@b.", "mailto:a@.b", "mailto:a@b..c", "mailto:a@b?subject=x",
     "mailto:a@b,c", "mailto:<a@b>", "mailto:a@b\n", "http://a@b"],
    ids=ascii,
)  # fmt: skip
def test_no_mbox(text: str):
    assert not is_mbox(text)


@pytest.mark.parametrize("digits", [56, 64, 96, 128])
def test_a_sha2_digest(digits: int):
    assert is_sha2("aF" * (digits // 2))


@pytest.mark.parametrize("text", ["", "a" * 40, "a" * 63, "g" * 64, "a" * 64 + "\n"], ids=len)
def test_no_sha2_digest(text: str):
    assert not is_sha2(text)


def test_a_sha1_digest_has_40_hexadecimal_digits():
    assert [is_sha1("a" * n) for n in (39, 40, 41)] == [False, True, False]


@pytest.mark.parametrize(
    "text",
    ["text/plain", "text/plain; charset=ascii", 'text/plain;charset="a;\\"b"', "image/svg+xml",
     "application/vnd.ms-excel; a=1; b=2;"],
)  # fmt: skip
def test_a_media_type(text: str):
    assert is_media_type(text)


@pytest.mark.parametrize("text", ["", "text", "text/", "/plain", "text/plain charset=a", "a/b/c"])
def test_no_media_type(text: str):
    assert not is_media_type(text)


@pytest.mark.parametrize("code", [*range(0x20), 0x7F])
@pytest.mark.parametrize("text", ['text/plain; a="{}"', 'text/plain; a="\\{}"'])
def test_the_only_control_character_in_a_media_type_is_the_tab(text: str, code: int):
    assert is_media_type(text.format(chr(code))) == (chr(code) == "\t")


@pytest.mark.parametrize("character", [" ", "!", "~", "ế", "\u00a0"])
@pytest.mark.parametrize("text", ['text/plain; a="{}"', 'text/plain; a="\\{}"'])
def test_any_other_character_may_be_quoted_in_a_media_type(text: str, character: str):
    assert is_media_type(text.format(character))


@pytest.mark.parametrize(
    ("text", "in_1_0", "in_2_0"),
    [
        ("1.0", True, True),
        ("1.0.0", True, True),
        ("1.0.9", True, True),
        ("1.0.3-rc.1", True, True),
        ("2.0", False, True),
        ("2.0.0", False, True),
        ("0.9.9", False, False),
        ("1.1.0", False, False),
        ("1.0.", False, False),
        ("1.01", False, False),
        ("1", False, False),
        ("1.0.0\n", False, False),
        ("2.1.0", False, False),
    ],
)
def test_the_version_of_a_statement(text: str, in_1_0: bool, in_2_0: bool):
    assert is_statement_version(text, "1.0") == in_1_0
    assert is_statement_version(text, "2.0") == in_2_0
