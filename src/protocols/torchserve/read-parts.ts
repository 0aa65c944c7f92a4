import { invalidArgument, mediaFormatOf } from '../../core/index.js';
import { OPEN_BRACE, OPEN_BRACKET } from '../json/bytes.js';
import { mediaTypeOf, type WireRequest } from '../wire.js';
import { type Part, readMultipart } from './multipart.js';

/** What a body is called that is no form: TorchServe's handlers look for data under this name, and under the other. */
const BODY = 'body';
const OTHER_NAMES: ReadonlySet<string> = new Set([BODY, 'data']);

const FORM = 'application/x-www-form-urlencoded';
const EQUALS = 0x3d;

/** Whether a name says no more than that this is the data. */
export function isDataName(name: string): boolean {
  return OTHER_NAMES.has(name);
}

/** The fields of a form, or a whole body under the name `body`. Throws `invalid_argument` for malformed forms, and for more than `maxParts` fields. */
export function readParts({ headers, body }: Pick<WireRequest, 'headers' | 'body'>, maxParts: number): readonly Part[] {
  const header = headers['content-type'];
  const contentType = typeof header === 'string' ? header : '';
  const type = mediaTypeOf(contentType);
  if (type === 'multipart/form-data') return readMultipart(body, contentType, maxParts);
  if (type !== FORM) return body.length === 0 ? [] : [{ name: BODY, type, data: body }];
  // curl gives this type to whatever its user sends.
  if (!isForm(body)) return body.length === 0 ? [] : [{ name: BODY, type: '', data: body }];
  const parts: Part[] = [];
  for (const [name, value] of new URLSearchParams(Buffer.from(body).toString())) {
    if (parts.length === maxParts) throw invalidArgument(`the form: expected at most ${maxParts} fields, got more`);
    parts.push({ name, type: '', data: Buffer.from(value) });
  }
  return parts;
}

/** Whether what is called a form looks like one: `name=value`, and neither JSON nor a photo nor a sound. */
function isForm(body: Uint8Array): boolean {
  const first = body[0];
  if (first === OPEN_BRACE || first === OPEN_BRACKET || mediaFormatOf(body) !== undefined) return false;
  return body.includes(EQUALS);
}
