"""The published JSON Schema (draft 2020-12), made from the vocabulary tables.

Editors read `schemas/process.schema.json`; `oyiflow schema` prints it, and a test keeps file and tables equal. Items that
begin with a verb are told apart by `if/then` on the verb and never by `oneOf`, so that one slip gives one message.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from oyiflow.load.language.keys import ONE_NAME, Schema
from oyiflow.load.language.vocabulary import DISPATCH, OTHER_FILES, SHAPES, key_of

DRAFT = "https://json-schema.org/draft/2020-12/schema"


@cache
def shape_schema(shape: str) -> Schema:
    """The schema of one kind of mapping."""
    spec = SHAPES[shape]
    properties = {name: _described(shape, name) for name in spec.keys}
    out: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if spec.required:
        out["required"] = list(spec.required)
    return out


def _described(shape: str, name: str) -> Schema:
    key = key_of(shape, name)
    return {**key.schema, "description": f"{key.zh} / {key.en}"}


def _dispatch(kind: str, verbs: tuple[str, ...]) -> Schema:
    every: dict[str, Any] = {}
    for verb in reversed(verbs):
        every.update(dict.fromkeys(SHAPES[f"{kind}.{verb}"].keys, True))
    for verb in verbs:
        every[verb] = _described(f"{kind}.{verb}", verb)
    return {
        "type": "object",
        "description": f"{' · '.join(verbs)}",
        "properties": every,
        "anyOf": [{"required": [verb]} for verb in verbs],
        "allOf": [{"if": {"required": [verb]}, "then": {"$ref": f"#/$defs/{kind}.{verb}"}} for verb in verbs],
    }


OF_WHOLE_FIELDS = ("sensitive", "visible_to", "keep", "columns")


@cache
def definitions() -> Schema:
    """The `$defs` of the schema."""
    defs: Schema = {
        "text": {
            "anyOf": [
                {"type": ["string", "number", "boolean"], "maxLength": 2000},
                {
                    "type": "object",
                    "properties": {"zh": {"type": ["string", "number"]}, "en": {"type": ["string", "number"]}},
                    "minProperties": 1,
                    "additionalProperties": False,
                },
            ]
        },
        "person": {
            "anyOf": [
                ONE_NAME,
                {
                    "type": "object",
                    "properties": {
                        "person_in": {**ONE_NAME, "description": "字段里写的那个人 / the person named in a field"},
                        "whoever_did": {
                            **ONE_NAME,
                            "description": "办过某一步的人；starter 是发起人 / whoever did a step; starter: who started it",
                        },
                        "manager_of": {
                            **ONE_NAME,
                            "description": "某人的上级: starter (发起人)、步骤或人员字段 / the superior of: starter, a step's or a field's person",
                        },
                    },
                    "minProperties": 1,
                    "maxProperties": 1,
                    "additionalProperties": False,
                },
            ]
        },
        "by": {
            "anyOf": [
                {"$ref": "#/$defs/person"},
                {"type": "array", "items": {"$ref": "#/$defs/person"}, "minItems": 1, "maxItems": 50},
            ]
        },
    }
    for shape in SHAPES:
        if shape not in ("process", "role", *OTHER_FILES):
            defs[shape] = shape_schema(shape)
    whole = shape_schema("field")  # a cell is no field of its own: it is seen, and kept, with its row
    cell = {name: of for name, of in whole["properties"].items() if name not in OF_WHOLE_FIELDS}
    defs["column"] = {**whole, "properties": cell}
    defs["role"] = {"anyOf": [{"$ref": "#/$defs/text"}, shape_schema("role")]}
    for kind, verbs in DISPATCH.items():
        defs[kind] = _dispatch(kind, verbs)
    return defs


def process_schema() -> Schema:
    """The whole schema of a process file."""
    return {
        "$schema": DRAFT,
        "title": "OyiFlow 流程 / process",
        "description": "一个流程: steps (步骤) 或 states (状态) 二选一 / one process, with a body of steps or of states",
        **shape_schema("process"),
        "oneOf": [{"required": ["steps"]}, {"required": ["states"]}],
        "$defs": definitions(),
    }


def company_schema() -> Schema:
    """The whole schema of a company file."""
    return {
        "$schema": DRAFT,
        "title": "OyiFlow 公司 / company",
        "description": "谁在这里工作，担任哪些角色 / who works here and holds which roles",
        **shape_schema("company"),
        "$defs": {"text": definitions()["text"], **{name: shape_schema(name) for name in ("employee", "absence", "policies")}},
    }


def calendar_schema() -> Schema:
    """The whole schema of a calendar file."""
    return {
        "$schema": DRAFT,
        "title": "OyiFlow 日历 / calendar",
        "description": "哪些日子上班 / which days are worked",
        **shape_schema("calendar"),
        "$defs": {"text": definitions()["text"], "year": shape_schema("year")},
    }


def manual_schema() -> Schema:
    """The whole schema of a manual's list of articles."""
    return {
        "$schema": DRAFT,
        "title": "OyiFlow 制度条款 / manual",
        "description": "制度有哪些条款 / the articles of the manual that processes come from",
        **shape_schema("manual"),
        "$defs": {"text": definitions()["text"], "article": shape_schema("article")},
    }


def schema_texts() -> dict[str, str]:
    """The schemas as they stand in `schemas/`, by file name."""
    made = {"process": process_schema(), "company": company_schema(), "calendar": calendar_schema(), "manual": manual_schema()}
    schemas = {f"{kind}.schema.json": schema for kind, schema in made.items()}
    return {name: json.dumps(schema, ensure_ascii=False, indent=1) + "\n" for name, schema in schemas.items()}
