import { adaptSchema, isOfOldDraft } from './adapt.js';
import { compilePattern } from './pattern/match.js';
import type { Json } from './schema.js';

/** A regular expression of a caller never reaches V8, which may be caught in it for hours, and a thread cannot be ended meanwhile. */
const regExp = Object.assign((pattern: string) => compilePattern(pattern), { code: '' });
/** Without inlining, the code that ajv makes grows with the schema only, not with its references. */
const OPTIONS = {
  code: { regExp },
  strict: false,
  validateFormats: false,
  validateSchema: false,
  inlineRefs: false,
  // 0.07 is a multiple of 0.01, though a division of numbers does not say so.
  multipleOfPrecision: 6,
  // The name of a property is often one of `Object.prototype`.
  ownProperties: true,
  logger: false,
} as const;

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
  const plain: Json = JSON.parse(JSON.stringify(schema));
  const isOld = isOfOldDraft(plain);
  const { Ajv } = isOld ? await import('ajv') : { Ajv: (await import('ajv/dist/2020.js')).Ajv2020 };
  const validate = new Ajv(OPTIONS).compile(adaptSchema(plain, { oneOfAsAnyOf, isOld }) as object | boolean);
  if (validate(answer.value)) return undefined;
  const [error] = validate.errors ?? [];
  return `${error?.instancePath} ${error?.message}`;
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
