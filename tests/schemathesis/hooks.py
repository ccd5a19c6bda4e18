"""What no document can tell schemathesis: a cursor is signed for its search, so none can be made up."""

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    """Takes the cursor out of a request that is otherwise good."""
    mode = case.meta.generation.mode if case.meta else None
    if mode is None or not mode.is_positive or not isinstance(case.body, dict):
        return
    if isinstance(case.body.get("cursor"), str):
        case.body = {name: value for name, value in case.body.items() if name != "cursor"}
