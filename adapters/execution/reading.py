"""Reading what was posted as an order: numbers to the last digit, everything else strictly."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from policy.order_contracts import OrderRequest
from policy.problems import Fault, Problem, faults_of, invalid_request

_EXACT = ("qty", "limit_price")
_DIGITS = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?", re.ASCII)
_MOST_DIGITS = 40
_PRINTABLE = re.compile(r"[\x20-\x7e]{1,128}", re.ASCII)


def checked_key(key: str | None) -> str:
    """The Idempotency-Key; a 400 problem when there is none, or not 1 to 128 printable ASCII characters."""
    if key is None:
        detail = "an order needs an Idempotency-Key header, so that sending it again does not order twice"
        raise Problem(400, "idempotency-key-missing", detail)
    if not _PRINTABLE.fullmatch(key):
        detail = "the Idempotency-Key must be 1 to 128 printable ASCII characters; a UUID will do"
        raise Problem(400, "idempotency-key-invalid", detail)
    return key


def order_request(body: bytes) -> OrderRequest:
    """The order in ``body``, which is known to be JSON; a 422 problem that names every fault.

    ``qty`` and ``limit_price`` may be numbers or decimal strings and are read as they are written.
    """
    values, exact = json.loads(body), json.loads(body, parse_float=_Written, parse_int=_Written)
    faults = _spelled(values, exact) if isinstance(values, dict) else []
    try:
        request = OrderRequest.model_validate_json(json.dumps(values))
    except ValidationError as error:
        known = {fault.pointer for fault in faults}
        told = faults_of([dict(fault) for fault in error.errors()])
        raise invalid_request([*faults, *(one for one in told if one.pointer not in known)]) from error
    if faults:
        raise invalid_request(faults)
    return request


class _Written(str):
    """A number of the body as it was written."""

    __slots__ = ()


def _spelled(values: dict[str, Any], exact: Mapping[str, Any]) -> list[Fault]:
    """Put plain digits in place of the exact numbers in ``values``; a fault for what is not a decimal."""
    faults = []
    for name in _EXACT:
        given = exact.get(name)
        if isinstance(given, str):
            digits = _plain(given) if isinstance(given, _Written) else given
            if _DIGITS.fullmatch(digits):
                values[name] = digits
            else:
                detail = 'must be a number or a decimal string such as "187.35", at most 20 digits on a side'
                faults.append(Fault(pointer=f"/{name}", code="decimal_parsing", detail=detail))
    return faults


def _plain(written: str) -> str:
    """``1e2`` as ``100``; a number of absurd size stays as it is, and is refused as such."""
    number = Decimal(written)
    return format(number, "f") if abs(number.adjusted()) < _MOST_DIGITS else written
