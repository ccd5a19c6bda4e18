"""What no document can tell schemathesis: which cursors are signed, the search bar's language, the
world's time zones, and that a line of an export is an event."""

import json

import jsonschema_rs
import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    """Takes the cursor out of a request that is otherwise good, and makes its query one phrase, its zone a real one."""
    mode = case.meta.generation.mode if case.meta else None
    if mode is None or not mode.is_positive:
        return
    for fields in (case.body, case.query):
        if not isinstance(fields, dict):
            continue
        if isinstance(fields.get("q"), str):
            fields["q"] = phrase(fields["q"])
        if isinstance(fields.get("cursor"), str):
            del fields["cursor"]
        if isinstance(fields.get("time_zone"), str):
            fields["time_zone"] = "Europe/Berlin"
    if case.path.startswith("/v1/erasures") and isinstance(case.body, dict):
        # Its lengths are in bytes, and the reason must not name the subject.
        case.body["reason"] = "asked for by letter"
        thing = case.body.get("entity")
        for fields in (case.body, thing if isinstance(thing, dict) else {}):
            for name in ("user_id", "email", "type", "id"):
                if isinstance(fields.get(name), str):
                    domain = "@example.com" if name == "email" else ""
                    fields[name] = f"x-{fields[name][:250]}{domain}"


@schemathesis.deserializer("application/x-ndjson", "text/csv")
def lines_as_text(context, response):
    """To the document an export is a text."""
    return response.text


@schemathesis.check
def every_line_of_an_export_is_an_event(context, response, case):
    """Whole lines, each of them what the document calls an event."""
    if not case.path.startswith("/v1/logs/export") or response.status_code != 200:
        return
    if response.headers["content-type"] != ["application/x-ndjson"]:
        return
    text = response.content.decode()
    assert text == "" or text.endswith("\n"), "the last line is not whole"
    event = events_of(case.operation.schema.raw_schema)
    for line in text.split("\n")[:-1] if not is_ocsf(case) else ():
        event.validate(json.loads(line))


EVENTS = []


def events_of(document):
    """What validates an event of the document, which is the same one all the time."""
    if not EVENTS:
        schema = {"$ref": "#/components/schemas/Event", "components": document["components"]}
        EVENTS.append(jsonschema_rs.Draft202012Validator(schema))
    return EVENTS[0]


def is_ocsf(case):
    """Whether the lines are those of another schema."""
    fields = (case.body, case.query)
    return any(isinstance(them, dict) and them.get("format") == "ocsf" for them in fields)


def phrase(text):
    """The text as one phrase of the search bar, within its length."""
    escaped = text[:500].replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
