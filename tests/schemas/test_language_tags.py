"""Tags are well-formed or not; a registry is never asked."""

import pytest

from schemas.language_tags import is_language_tag


@pytest.mark.parametrize(
    "tag",
    [
        "vi", "vi-VN", "VI-vn", "en-US", "ase", "cmn", "zh-Hans-CN", "zh-Hant", "sr-Latn-RS",
        "sr-Cyrl", "es-MX", "es-419", "fr-CA", "zh-cmn-Hans-CN", "zh-yue-HK", "sl-rozaj-biske",
        "de-CH-1901", "hy-Latn-IT-arevela", "de-CH-x-phonebk", "az-Arab-x-AZE-derbend", "x-a",
        "x-whatever", "de-a-value", "en-a-myext-b-another", "i-klingon", "i-enochian", "en-GB-oed",
        "sgn-BE-FR", "art-lojban", "zh-min-nan", "und", "abcd", "abcdefgh",
        "vi-VN-u-ca-gregory-x-u-u", "x" + "-abcdefgh" * 100,
    ],
    ids=lambda tag: tag[:20],
)  # fmt: skip
def test_a_language_tag(tag: str):
    assert is_language_tag(tag)


@pytest.mark.parametrize(
    "tag",
    ["", "a", "something", "vi_VN", "vi-", "-vi", "vi--VN", "vi-VN ", "vi\n", "tiếng-việt",
     "de-419-DE", "a-DE", "ar-a-aaa-b-bbb-a-ccc", "zh-z-aaa-z-bbb-c-ccc", "de-1901-1901", "en-a",
     "en-x", "i-viet", "12", "vi-VN-US", "en-a-b", "\u212aa", "vi-" + "x" * 300],
    ids=ascii,
)  # fmt: skip
def test_no_language_tag(tag: str):
    assert not is_language_tag(tag)


@pytest.mark.parametrize("value", [None, 1, ["vi"], b"vi"], ids=repr)
def test_only_text_is_a_language_tag(value: object):
    assert not is_language_tag(value)
