import { invalidArgument, mediaFormatOf } from '../../core/index.js';
import { OPEN_BRACE, OPEN_BRACKET } from '../shared/json/bytes.js';
import { mediaTypeOf, type WireRequest } from '../wire.js';
import { type Part, readMultipart } from './multipart.js';

/** What a body is called that is no form: TorchServe's handlers look for data under this name, and under the other. */
const BODY = 'body';
const OTHER_NAMES: ReadonlySet<string> = new Set([BODY, 'data']);

const FORM = 'application/x-www-form-urlencoded';
const EQUALS = 0x3d;
const AMPERSAND = 0x26;

/** Whether a name says no more than that this is the data. */
export function isDataName(name: string): boolean {
  return OTHER_NAMES.has(name);
}

type Body = Pick<WireRequest, 'headers' | 'body'>;

/** The fields of a form, or a whole body under the name `body`. Throws `invalid_argument` for malformed forms, and for more than `maxParts` fields. */
export function readParts({ headers, body }: Body, maxParts: number): readonly Part[] {
  const header = headers['content-type'];
  const contentType = typeof header === 'string' ? header : '';
  const type = mediaTypeOf(contentType);
  if (type === 'multipart/form-data') return readMultipart(body, contentType, maxParts);
  if (isUrlEncoded({ headers, body })) return readForm(body, maxParts);
  // curl gives the type of a form to whatever its user sends.
  return body.length === 0 ? [] : [{ name: BODY, type: type === FORM ? '' : type, data: body }];
}

/** Whether a body is a form of percent-encoded fields, which take long to read. */
export function isUrlEncoded({ headers, body }: Body): boolean {
  const header = headers['content-type'];
  return typeof header === 'string' && mediaTypeOf(header) === FORM && isForm(body);
}

/** The fields of a form that is percent-encoded. Throws `invalid_argument` for more than `maxParts`. */
export function readForm(body: Uint8Array, maxParts: number): readonly Part[] {
  // Before all of it is read, which is done in one go.
  let fields = 1;
  for (let at = body.indexOf(AMPERSAND); at >= 0; at = body.indexOf(AMPERSAND, at + 1)) {
    if (++fields > maxParts) throw invalidArgument(`the form: expected at most ${maxParts} fields, got more`);
  }
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString();
  return [...new URLSearchParams(text)].map(([name, value]) => ({ name, type: '', data: Buffer.from(value) }));
}

/** Whether what is called a form looks like one: `name=value`, and neither JSON nor a photo nor a sound. */
function isForm(body: Uint8Array): boolean {
  const first = body[0];
  if (first === OPEN_BRACE || first === OPEN_BRACKET || mediaFormatOf(body) !== undefined) return false;
  return body.includes(EQUALS);
}
