"""Arithmetic, which models are bad at."""

import ast
import operator
from collections.abc import Callable
from typing import Any

from gateway.tools.tool import BadArguments, Tool, text_of
from harness.dialects.dialect import ToolOffer

_LARGEST_POWER = 10_000  # bits of a result; 9**9**9 would compute for ever
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.USub: operator.neg, ast.UAdd: operator.pos}


def _run(arguments: dict[str, Any]) -> str:
    expression = text_of(arguments, "expression")
    try:
        return str(_value(ast.parse(expression.strip(), mode="eval").body))
    except (SyntaxError, ArithmeticError, ValueError, RecursionError, MemoryError) as error:
        raise BadArguments(f"{expression!r} cannot be computed: {error}") from None


def _value(node: ast.expr) -> int | float:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return number
        case ast.BinOp(op=ast.Pow(), left=left, right=right):
            return _power(_value(left), _value(right))
        case ast.BinOp(op=op, left=left, right=right) if type(op) in _BINARY:
            found: int | float = _BINARY[type(op)](_value(left), _value(right))
            return found
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
            sign: int | float = _UNARY[type(op)](_value(operand))
            return sign
        case _:
            raise ValueError("only numbers, brackets and + - * / // % ** are understood")


def _power(base: int | float, exponent: int | float) -> int | float:
    whole = isinstance(base, int) and isinstance(exponent, int)
    if whole and abs(exponent) * max(1, int(base).bit_length()) > _LARGEST_POWER:
        raise ValueError("the power is too large")
    found = base**exponent
    if isinstance(found, complex):
        raise ValueError("the result is no real number")
    return found


TOOL = Tool(
    ToolOffer(
        "calculate",
        "Compute an arithmetic expression, such as (3 + 4) * 2 ** 8.",
        {"type": "object", "properties": {"expression": {"type": "string"}}, "required": ["expression"]},
    ),
    _run,
)
