import { describe, Fields } from '../shared/generation/fields.js';
import { ParameterError } from '../shared/generation/parameter-error.js';
import type { ReadForm } from '../shared/multipart/incoming-form.js';

/** Purposes of files that a caller may upload: others are for what this server does not do. */
export const PURPOSES = ['batch', 'user_data'] as const;
const OTHER_PURPOSES: readonly string[] = ['assistants', 'fine-tune', 'vision', 'evals'];
const MAX_NAME_BYTES = 512;
/** OpenAI's bounds of `expires_after.seconds`. */
const MIN_EXPIRY_S = 3_600;
const MAX_EXPIRY_S = 2_592_000;

/** The purpose of a file that is uploaded. */
export function readPurpose(value: unknown): string {
  if (PURPOSES.some((purpose) => purpose === value)) return value as string;
  const expected = PURPOSES.map((purpose) => `'${purpose}'`).join(' or ');
  if (typeof value === 'string' && OTHER_PURPOSES.includes(value)) {
    throw new ParameterError(
      'purpose',
      `'purpose': '${value}' is not supported here: expected ${expected}`,
      'unimplemented',
    );
  }
  throw new ParameterError('purpose', `'purpose': expected ${expected}, got ${describe(value)}`);
}

/** What the owner calls a file. */
export function readFileName(name: unknown, place: string): string {
  if (typeof name === 'string' && name !== '' && Buffer.byteLength(name) <= MAX_NAME_BYTES) return name;
  throw new ParameterError(place, `'${place}': expected 1 to ${MAX_NAME_BYTES} bytes, got ${describe(name)}`);
}

/** `expires_after` of JSON, or of `output_expires_after`, in milliseconds; undefined = not given. */
export function readExpiry(value: unknown, place: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  const fields = Fields.of(value, place);
  const anchor = fields.any('anchor');
  const seconds = fields.any('seconds');
  fields.end();
  return expiryOf({ anchor, seconds }, (name) => `${place}.${name}`);
}

/** `expires_after[anchor]` and `expires_after[seconds]` of a form. */
export function readFormExpiry(fields: ReadForm['fields']): number | undefined {
  const placeOf = (name: string) => `expires_after[${name}]`;
  const [anchor, seconds] = [fields.get(placeOf('anchor')), fields.get(placeOf('seconds'))];
  if (anchor === undefined && seconds === undefined) return undefined;
  return expiryOf({ anchor, seconds: /^\d{1,9}$/.test(seconds ?? '') ? Number(seconds) : seconds }, placeOf);
}

/** Refuses fields of a form that are not read. */
export function refuseOtherFields(fields: ReadForm['fields'], known: readonly string[]): void {
  for (const name of fields.keys()) {
    if (!known.includes(name)) throw new ParameterError(name, `'${name.slice(0, 80)}' is not a known parameter`);
  }
}

interface Expiry {
  readonly anchor: unknown;
  readonly seconds: unknown;
}

function expiryOf({ anchor, seconds }: Expiry, placeOf: (name: string) => string): number {
  if (anchor !== 'created_at') throw wrong(placeOf('anchor'), "'created_at'", anchor);
  const isWhole = typeof seconds === 'number' && Number.isInteger(seconds);
  if (isWhole && seconds >= MIN_EXPIRY_S && seconds <= MAX_EXPIRY_S) return seconds * 1_000;
  throw wrong(placeOf('seconds'), `an integer from ${MIN_EXPIRY_S} to ${MAX_EXPIRY_S}`, seconds);
}

function wrong(place: string, expected: string, got: unknown): ParameterError {
  return new ParameterError(place, `'${place}': expected ${expected}, got ${describe(got)}`);
}
