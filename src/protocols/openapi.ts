/** A piece of an OpenAPI document. */
export type OpenApiObject = Readonly<Record<string, unknown>>;

/** The parameters in a path, as OpenAPI describes them. */
export function describePathParameters(path: string): readonly OpenApiObject[] {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  return names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
}
