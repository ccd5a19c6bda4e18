"""What no document can tell schemathesis: which cursors are signed, the search bar's language, the
world's time zones."""

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


def phrase(text):
    """The text as one phrase of the search bar, within its length."""
    escaped = text[:500].replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
