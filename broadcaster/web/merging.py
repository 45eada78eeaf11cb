"""The shape of a merge patch (RFC 7396), from the shape of what it changes."""

from typing import Any

_NULL = {"type": "null"}


def patch_of(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """The schema of a patch on `schema`: every member may be left out, or be null to take it away, unless it must be
    there. Named objects get a patch of their own among the `components`."""
    if "$ref" in schema:
        return _named(schema["$ref"], components)
    if "anyOf" in schema:
        return schema | {"anyOf": [patch_of(option, components) for option in schema["anyOf"]]}
    if schema.get("type") != "object":
        return schema
    changed = {name: value for name, value in schema.items() if name not in ("required", "default")}
    required = schema.get("required", [])
    for members in ("properties", "patternProperties"):
        if members in schema:
            changed[members] = {
                name: patch_of(value, components) if name in required else _or_null(value, components)
                for name, value in schema[members].items()
            }
    if isinstance(schema.get("additionalProperties"), dict):
        changed["additionalProperties"] = _or_null(schema["additionalProperties"], components)
    return changed


def _named(ref: str, components: dict[str, Any]) -> dict[str, Any]:
    name = ref.rpartition("/")[2]
    if components[name].get("type") != "object":
        return {"$ref": ref}
    if f"{name}Patch" not in components:
        components[f"{name}Patch"] = {}  # a name before its content: a part may hold itself
        components[f"{name}Patch"] = patch_of(components[name], components) | {"title": f"{name}Patch"}
    return {"$ref": f"{ref}Patch"}


def _or_null(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    patch = patch_of(schema, components)
    return patch if _NULL in patch.get("anyOf", []) else {"anyOf": [patch, _NULL]}
