// Shows openapi.json. Everything is put in as text, never as markup.

const content = document.getElementById("content");
const index = document.getElementById("index");

function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== undefined && child !== null));
  return made;
}

// `code` and **strong** of a description, by paragraphs.
function prose(text) {
  return (text ?? "").split(/\n\n+/).filter(Boolean).map((paragraph) => {
    const parts = paragraph.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
      if (part.startsWith("`")) return element("code", "", part.slice(1, -1));
      if (part.startsWith("**")) return element("strong", "", part.slice(2, -2));
      return part;
    });
    return element("p", "", ...parts);
  });
}

function json(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  const block = element("pre", "", text);
  block.tabIndex = 0;
  return block;
}

function found(api, value) {
  if (!value?.$ref) return value ?? {};
  const path = value.$ref.slice(2).split("/");
  return path.reduce((place, name) => place?.[name], api) ?? {};
}

function nameOf(reference) {
  return reference.split("/").pop();
}

// A schema in a few words.
function typeOf(api, schema) {
  if (!schema) return "";
  if (schema.$ref) return nameOf(schema.$ref);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if ("const" in schema) return JSON.stringify(schema.const);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map((choice) => typeOf(api, choice)).join(" | ");
  if (schema.type === "array") return `list of ${typeOf(api, schema.items)}`;
  if (schema.properties) return `{ ${Object.keys(schema.properties).join(", ")} }`;
  const types = [schema.type ?? "any"].flat().join(" | ");
  const bounds = ["minimum", "maximum", "maxLength", "default"]
    .filter((name) => name in schema)
    .map((name) => `${name} ${schema[name]}`);
  return [types, schema.format, ...bounds].filter(Boolean).join(", ");
}

function fields(api, schema) {
  const properties = Object.entries(found(api, schema).properties ?? {});
  if (properties.length === 0) return null;
  const required = found(api, schema).required ?? [];
  return element("table", "docs-fields", element("tbody", "", ...properties.map(([name, field]) => {
    const head = element("th", "", name);
    head.scope = "row";
    const description = field.description ?? found(api, field).description ?? "";
    const isOptional = required.length > 0 && !required.includes(name);
    return element("tr", "", head, element("td", "",
      element("div", "docs-type", typeOf(api, field) + (isOptional ? " (optional)" : "")),
      ...prose(description)));
  })));
}

function examples(title, media) {
  const listed = media?.examples
    ? Object.values(media.examples)
    : media?.example !== undefined ? [{ value: media.example }] : [];
  return listed.map(({ summary, value }, place) => {
    const made = element("details", "", element("summary", "", summary ?? title), json(value));
    made.open = place === 0;
    return made;
  });
}

function parameters(api, listed) {
  if (!listed?.length) return [];
  const properties = Object.fromEntries(listed.map((parameter) => [
    parameter.name,
    { ...parameter.schema, description: parameter.description },
  ]));
  return [element("h3", "", "Parameters"), fields(api, { properties })];
}

function responses(api, listed) {
  const rows = Object.entries(listed).map(([status, response]) => {
    const { description, content: bodies } = found(api, response);
    const [mediaType, media] = Object.entries(bodies ?? {})[0] ?? ["", undefined];
    const code = element("span", `docs-status ${status < 400 ? "good" : "bad"}`, status);
    const head = element("summary", "", code, ` ${description ?? ""}`);
    const type = element("p", "docs-type", [mediaType, typeOf(api, media?.schema)].filter(Boolean).join(": "));
    return element("details", "", head, type, ...examples("Example", media));
  });
  return [element("h3", "", "Answers"), ...rows];
}

function operation(api, path, method, described) {
  const section = element("section", "");
  section.id = described.operationId;
  const body = described.requestBody?.content?.["application/json"];
  section.append(
    element("h2", "", (described.summary ?? described.operationId).replace(/\.$/, "")),
    element("p", "docs-call", element("span", `docs-method ${method}`, method.toUpperCase()), path),
    ...prose(described.description),
    ...parameters(api, described.parameters),
    ...(body ? [element("h3", "", "Body"), fields(api, body.schema) ?? "", ...examples("Example", body)] : []),
    ...responses(api, described.responses));
  return section;
}

function schemaSection(api, name, schema) {
  const section = element("section", "");
  section.id = `schema-${name}`;
  section.append(element("h2", "", name), ...prose(schema.description));
  section.append(fields(api, schema) ?? element("p", "docs-type", typeOf(api, { ...schema, $ref: undefined })));
  return section;
}

function link(target, text) {
  const made = element("a", "", text);
  made.href = `#${target}`;
  return made;
}

function show(api) {
  document.title = api.info.title;
  const opening = element("section", "");
  opening.append(element("h1", "", api.info.title), ...prose(api.info.summary), ...prose(api.info.description));
  content.append(opening);
  for (const tag of api.tags) {
    index.append(element("h2", "", tag.name));
    for (const [path, methods] of Object.entries(api.paths)) {
      for (const [method, described] of Object.entries(methods)) {
        if (!described.tags?.includes(tag.name)) continue;
        content.append(operation(api, path, method, described));
        index.append(link(described.operationId, `${method.toUpperCase()} ${path}`));
      }
    }
  }
  index.append(element("h2", "", "schemas"));
  for (const [name, schema] of Object.entries(api.components.schemas)) {
    content.append(schemaSection(api, name, schema));
    index.append(link(`schema-${name}`, name));
  }
}

try {
  const answer = await fetch("openapi.json");
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  show(await answer.json());
  // The place that the address names was not there when the page was loaded.
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
} catch (error) {
  const notice = element("p", "notice", `openapi.json cannot be shown: ${error.message}`);
  notice.setAttribute("role", "alert");
  content.append(notice);
}
content.setAttribute("aria-busy", "false");
