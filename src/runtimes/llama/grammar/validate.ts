import { compilePattern } from './pattern/match.js';

/** A regular expression of a caller never reaches V8, which may be caught in it for hours, and a thread cannot be ended meanwhile. */
const regExp = Object.assign((pattern: string) => compilePattern(pattern), { code: '' });
/** Without inlining, the code that ajv makes grows with the schema only, not with its references. */
const OPTIONS = {
  code: { regExp },
  strict: false,
  validateFormats: false,
  validateSchema: false,
  inlineRefs: false,
  logger: false,
} as const;
/** Drafts before 2019-09, in which `items` may be a list. */
const OLD_DRAFT = /\/draft-0[3-7]\//;

/**
 * What is wrong with an answer by a schema; undefined = nothing. `oneOfAsAnyOf`: as the grammar reads it. Formats are not checked. Rejects for
 * a schema that cannot be applied. A hostile schema takes any time.
 */
export async function problemOf(
  text: string,
  schema: unknown,
  { oneOfAsAnyOf }: { readonly oneOfAsAnyOf: boolean },
): Promise<string | undefined> {
  const answer = parse(text);
  if (answer === undefined) return 'it is not JSON';
  const { Ajv } = isOld(schema) ? await import('ajv') : { Ajv: (await import('ajv/dist/2020.js')).Ajv2020 };
  const adapted: unknown = JSON.parse(JSON.stringify(schema), (key, value: unknown) => adapt(key, value, oneOfAsAnyOf));
  const validate = new Ajv(OPTIONS).compile(adapted as object | boolean);
  if (validate(answer.value)) return undefined;
  const [error] = validate.errors ?? [];
  return `${error?.instancePath} ${error?.message}`;
}

function isOld(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null || !('$schema' in schema)) return false;
  return typeof schema.$schema === 'string' && OLD_DRAFT.test(schema.$schema);
}

/** References go by places in the schema, so its name is for others; `$async` is ajv's own, and would answer later. */
function adapt(key: string, value: unknown, oneOfAsAnyOf: boolean): unknown {
  if ((key === '$id' && typeof value === 'string') || (key === '$async' && value === true)) return undefined;
  if (!oneOfAsAnyOf || typeof value !== 'object' || value === null) return value;
  if (!('oneOf' in value) || !Array.isArray(value.oneOf)) return value;
  const { oneOf, ...others } = value;
  return { ...others, anyOf: oneOf };
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
