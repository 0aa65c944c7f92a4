import { invalidArgument, type MillraceError } from '../../core/index.js';
import { mediaTypeOf } from '../wire.js';

/** One field of a form, or a body as a whole. */
export interface Part {
  readonly name: string;
  /** Media type without parameters, in lower case; '' where none is given. */
  readonly type: string;
  readonly data: Uint8Array;
}

const CRLF = '\r\n';
const END_OF_HEADERS = `${CRLF}${CRLF}`;
const MAX_HEADER_BYTES = 8_192;
const PLAIN_ENCODINGS: ReadonlySet<string> = new Set(['7bit', '8bit', 'binary']);

/**
 * The fields of a `multipart/form-data` body (RFC 7578), as views of it. Throws `invalid_argument` for what is malformed, and for more
 * than `maxParts`.
 */
export function readMultipart(bytes: Uint8Array, contentType: string, maxParts: number): readonly Part[] {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const delimiter = `--${boundaryOf(contentType)}`;
  const parts: Part[] = [];
  let pos = body.indexOf(delimiter);
  if (pos !== 0 && body.toString('latin1', pos - 2, pos) !== CRLF) throw refused(0, `expected '${delimiter}'`);
  for (;;) {
    pos += delimiter.length;
    if (body.toString('latin1', pos, pos + 2) === '--') return parts;
    if (parts.length === maxParts) throw invalidArgument(`the form: expected at most ${maxParts} fields, got more`);
    const start = body.indexOf(CRLF, pos);
    if (start < 0 || body.toString('latin1', pos, start).trim() !== '')
      throw refused(pos, 'expected the end of the line');
    const headersEnd = body.indexOf(END_OF_HEADERS, start);
    if (headersEnd < 0 || headersEnd - start > MAX_HEADER_BYTES) {
      throw refused(start, `expected the end of headers of at most ${MAX_HEADER_BYTES} bytes`);
    }
    const dataStart = headersEnd + END_OF_HEADERS.length;
    // A field without data: its delimiter follows at once.
    const dataEnd = body.indexOf(`${CRLF}${delimiter}`, dataStart - CRLF.length);
    if (dataEnd < 0) throw refused(dataStart, `expected '${delimiter}' behind the field`);
    const { name, type } = readHeaders(body.toString('utf8', start + 2, headersEnd), start);
    parts.push({ name, type, data: body.subarray(dataStart, Math.max(dataStart, dataEnd)) });
    pos = dataEnd + CRLF.length;
  }
}

function boundaryOf(contentType: string): string {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s";]{1,70}))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined)
    throw invalidArgument('the form: expected a boundary of at most 70 characters in its type');
  return boundary;
}

function readHeaders(text: string, at: number): Pick<Part, 'name' | 'type'> {
  let name: string | undefined;
  let type = '';
  for (const line of text.split(CRLF)) {
    const colon = line.indexOf(':');
    const value = line.slice(colon + 1).trim();
    switch (line.slice(0, Math.max(0, colon)).trim().toLowerCase()) {
      case 'content-disposition':
        name = nameOf(value);
        break;
      case 'content-type':
        type = mediaTypeOf(value);
        break;
      case 'content-transfer-encoding':
        if (!PLAIN_ENCODINGS.has(value.toLowerCase())) throw refused(at, 'expected a field that is not encoded');
        break;
      default:
    }
  }
  if (name === undefined) throw refused(at, `expected a header 'Content-Disposition: form-data; name="…"'`);
  return { name, type };
}

/** Browsers write quotes as `%22`, curl as `\"`. */
function nameOf(disposition: string): string | undefined {
  const [, quoted, plain] = /^form-data\s*;(?:.*;)?\s*name=(?:"((?:\\.|[^"\\])*)"|([^\s";]+))/i.exec(disposition) ?? [];
  return quoted?.replaceAll('%22', '"').replace(/\\(.)/g, '$1') ?? plain;
}

function refused(at: number, expected: string): MillraceError {
  return invalidArgument(`the form: malformed at byte ${at}: ${expected}`);
}
