"""Takes secrets and personal data out of text, and says where: before it is sent and before it is kept.

A name in a sentence cannot be told from any other word and stays. Patterns are runs of one class of letters
with an upper bound, between literals: none can take more than linear time.
"""

import re


def _of(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_KEY_WORDS = r"(?:api[_ -]?key|access[_ -]?key|secret|token|password|passwd|pwd|bearer|authorization)"
_KEY_STARTS = "sk|pk|rk|ghp|gho|github_pat|xox[abprs]|AKIA|ASIA|AIza|eyJ"
_QUOTE = r"\\?[\"']?"  # in JSON, and in JSON that is quoted in JSON
_VALUE = r"(?=\S{0,64}\d)[^\s,;\"'\\]{6,512}"
_BASE64 = "[A-Za-z0-9/+]"
_MAILBOX = r"[\w.%+-]{1,64}"
_ACCOUNT_WORDS = r"(?:account|acct|iban|customer|client|passport|ssn|tax[_ -]?id)(?:\s?(?:number|no|id)\b)?"

# What it is replaced with, and what is looked for; the order matters, the most telling come first.
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("[key]", _of(r"-----BEGIN [A-Z ]{1,40}-----[A-Za-z0-9+/=\s]{0,8000}(?:-----END [A-Z ]{1,40}-----)?")),
    (r"\1[credentials]@", _of(r"(\b[a-z][a-z0-9+.-]{1,15}://)[^\s/@]{1,256}@")),
    (r"\1?[query]", _of(r"(\bhttps?://[^\s?#]{1,300})[?#][^\s\"']{1,4000}")),
    ("[e-mail]", _of(rf"{_MAILBOX} ?@ ?[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{0,7}}\.[^\W\d_][\w-]{{0,62}}")),
    (
        "[e-mail]",
        _of(rf"{_MAILBOX} ?[(\[]at[)\]] ?[\w-]{{1,63}}(?: ?[(\[]dot[)\]] ?|\.)[^\W\d_][\w-]{{0,62}}"),
    ),
    (r"\1 [key]", _of(rf"({_KEY_WORDS}){_QUOTE}\s{{0,3}}[:=]\s{{0,3}}{_QUOTE}{_VALUE}")),
    (r"\1 [key]", _of(rf"(\b{_KEY_WORDS})\s{{1,3}}{_VALUE}")),
    ("[key]", re.compile(rf"\b(?:{_KEY_STARTS})[A-Za-z0-9_.-]{{12,2000}}")),
    ("[key]", _of(r"(?<![a-z0-9_+=])(?=[a-z_+=]{0,64}\d)[a-z0-9_+=]{24,4000}")),
    ("[key]", _of(r"(?<![a-z])[a-z]{40,4000}")),
    (
        "[key]",
        re.compile(rf"(?<!{_BASE64})(?=[^A-Z]{{0,39}}[A-Z])(?=\D{{0,39}}\d){_BASE64}{{40}}(?!{_BASE64})"),
    ),
    (r"\1 [account]", _of(rf"(\b{_ACCOUNT_WORDS})[\s.:#=]{{0,4}}(?=[a-z-]{{0,16}}\d)[a-z0-9-]{{5,40}}\b")),
    (r"\1 [account]", _of(rf"(\b{_ACCOUNT_WORDS})[\s.:#=]{{0,4}}\d{{2,6}}(?: \d{{2,8}}){{1,5}}(?![\d.,])")),
    (
        "[account]",
        _of(r"(?<![\w-])(?=..(?:[a-z ]{0,8}\d){8})[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){2,7} ?[a-z0-9]{1,4}\b"),
    ),
    ("[account]", _of(r"(?<![\d.,])\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}(?![\d.,]\d)")),
    ("[account]", _of(r"(?<![\d.,])3\d{3}([ -])\d{6}\1\d{5}(?![\d.,]\d)")),
    ("[account]", _of(r"(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)")),
    ("[phone]", _of(r"(?<![\w.])(?:\+|00)(?=(?:[ ()/-]{0,3}\d){8,15}(?![.,]?\d))[1-9][\d ()/-]{7,30}\d")),
    ("[phone]", _of(r"(?<![\w.])\+[1-9]\d{0,2}(?:\.\d{2,8}){2,4}(?![.,]?\d)")),
    ("[phone]", _of(r"(?<![\d.,])(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?!\d)")),
    (
        "[phone]",
        _of(
            r"(?<![\w.,:/-])\(?0(?!\d[/ -]\d\d[/ -]\d{4})(?=(?:[ )/-]{0,3}\d){8,12}(?!\d))"
            r"[1-9]\d{0,4}\)?(?:[ /-]{1,3}\d{2,8}){1,4}(?!\w|[.,:]\d)"
        ),
    ),
    ("[phone]", _of(r"(?<![\w.,])0[1-9](?:\.\d\d){4}(?![\d.,])")),
    (r"\1 [phone]", _of(r"\b(tel|phone|call|mobile|fax)\b[\s.:]{0,4}\(?\d(?:[ ()./-]{0,3}\d){6,14}")),
    ("[account]", _of(r"(?<![\w.,])(?<!n-)\d{9,64}(?!\w|[.,]\d)")),  # items of news are called n-…
)


def redacted(text: str) -> str:
    """``text`` with what may be nobody's business replaced by what it was, such as ``[e-mail]``.

    Looks for e-mail addresses, telephone numbers, credentials and queries of URLs, keys and tokens, and
    numbers of accounts, cards and people.
    """
    for name, pattern in _PATTERNS:
        text = pattern.sub(name, text)
    return text
