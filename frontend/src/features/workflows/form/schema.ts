/** As much of JSON Schema (2020-12) as forms are made of. */
export type Schema = {
  type?: string | string[]; title?: string; description?: string; default?: unknown; const?: unknown;
  enum?: unknown[]; format?: string; minLength?: number; maxLength?: number; minimum?: number; maximum?: number;
  exclusiveMinimum?: number; exclusiveMaximum?: number; multipleOf?: number;
  items?: Schema; minItems?: number; maxItems?: number; uniqueItems?: boolean;
  properties?: Record<string, Schema>; required?: string[]; additionalProperties?: boolean | Schema;
};

export type Kind = "text" | "lines" | "number" | "boolean" | "choice" | "choices" | "list" | "documents" | "objects" | "object" | "json";

/** Longer than this, a text gets room for several lines. */
const ONE_LINE = 300;

export function kindOf(schema: Schema): Kind {
  if (schema.enum) return "choice";
  switch (schema.type) {
    case "string": return (schema.maxLength ?? ONE_LINE) > ONE_LINE && !schema.format ? "lines" : "text";
    case "number": case "integer": return "number";
    case "boolean": return "boolean";
    case "object": return schema.properties ? "object" : "json";
    case "array": return kindOfArray(schema.items);
    default: return "json";
  }
}

function kindOfArray(items: Schema | undefined): Kind {
  if (items?.type === "string") return items.enum ? "choices" : "list";
  if (items?.type !== "object" || !items.properties) return "json";
  const names = Object.keys(items.properties).sort().join();
  const texts = Object.values(items.properties).every((each) => each.type === "string");
  return names === "name,text" && texts ? "documents" : "objects";
}

/** What is asked for first: what one must give, in the schema's words; then the rest. */
export function fieldsOf(schema: Schema): [string, Schema, boolean][] {
  const required = schema.required ?? [];
  const all = Object.entries(schema.properties ?? {}).map(([name, part]): [string, Schema, boolean] => [name, part, required.includes(name)]);
  return [...all.filter(([, , must]) => must).sort(([a], [b]) => required.indexOf(a) - required.indexOf(b)), ...all.filter(([, , must]) => !must)];
}

export function labelOf(name: string, schema: Schema): string {
  if (schema.title) return schema.title;
  const words = name.replaceAll(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What the form begins with. `undefined`: nothing is sent, and the platform's own default holds. */
export function beginning(schema: Schema): unknown {
  if (schema.default !== undefined) return schema.default;
  switch (kindOf(schema)) {
    case "object": return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, part]) => [name, beginning(part)]));
    case "documents": case "objects": case "choices": case "list": return [];
    case "boolean": return false;
    default: return undefined;
  }
}

/** What a control holds that cannot be read, and why: a form with one is not sent. */
export class Broken {
  constructor(readonly detail: string) {}
}

/** What is sent: nothing for what was left empty and need not be there. */
export function toSend(schema: Schema, value: unknown): unknown {
  switch (kindOf(schema)) {
    case "object": {
      const given = (value ?? {}) as Record<string, unknown>;
      const parts = fieldsOf(schema).map(([name, part, must]): [string, unknown] => {
        const sent = toSend(part, given[name]);
        return [name, must || !isEmpty(sent) ? sent : undefined];
      });
      return Object.fromEntries(parts.filter(([, sent]) => sent !== undefined));
    }
    case "objects": return (value as unknown[]).map((item) => toSend(schema.items ?? {}, item));
    case "list": return (value as string[]).map((line) => line.trim()).filter(Boolean);
    case "text": case "lines": return value === "" ? undefined : value;
    default: return value;
  }
}

export function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0)
    || (typeof value === "object" && !Array.isArray(value) && Object.values(value as object).every(isEmpty));
}
