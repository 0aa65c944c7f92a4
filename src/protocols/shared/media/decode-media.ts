import {
  type InferRequest,
  invalidArgument,
  isRateInput,
  MEDIA_FORMATS,
  type MediaKind,
  type MillraceError,
  mediaFormatOf,
  mediaKindOf,
  packBytes,
  type RequestedOutput,
  type Signature,
  type TensorSpec,
} from '../../../core/index.js';
import { mediaTypeOf, type WireRequest } from '../../wire.js';
import { isSpace, OPEN_BRACE, OPEN_BRACKET } from '../json/bytes.js';
import { plainRequest } from '../plain-request.js';

/** What a request is resolved to, as far as it is looked at. */
interface AskedModel {
  /** By which it was asked for. */
  readonly target: { readonly name: string };
  readonly info: { readonly signature: Signature };
}

/** What is asked of a model. */
export interface MediaModel {
  /** By which it was asked for. */
  readonly name: string;
  readonly signature: Signature;
}

/** What says nothing of a body: no type, `curl --data-binary`'s own, or any bytes. */
const NEUTRAL: ReadonlySet<string> = new Set(['', 'application/x-www-form-urlencoded', 'application/octet-stream']);
const MAX_SHOWN_BYTES = 8;

/**
 * The request of a body that is a photo or a sound as it is: one BYTES element for the input that is configured to take it, or for the
 * only input of a model that takes BYTES. undefined = the body is none, so what it means is up to the dialect. By its type it is one
 * (`image/*`, `audio/*`); where that says nothing, by how it begins, and by what the model takes. Outputs with labels or `topK` are asked
 * for as classes. Throws `invalid_argument` for formats that are not decoded, and where the model needs more or takes none.
 */
export function decodeMediaBody(
  { headers, body }: Pick<WireRequest, 'headers' | 'body'>,
  { target, info }: AskedModel,
): InferRequest | undefined {
  // Most bodies are JSON.
  if (body[0] === OPEN_BRACE) return undefined;
  const type = mediaTypeOf(headers['content-type']);
  const declared = kindOfType(type);
  if (declared === undefined && !NEUTRAL.has(type)) return undefined;
  const model = { name: target.name, signature: info.signature };
  const { inputs } = model.signature;
  const [only, ...others] = inputs.filter(({ optional }) => !optional);
  const format = mediaFormatOf(body);
  if (only?.datatype === 'BYTES' && others.length === 0) {
    return declared === undefined && format === undefined ? undefined : toRequest(model.signature, only, body);
  }
  const takesMedia = inputs.some(({ media }) => media !== undefined);
  if (declared === undefined && (takesMedia ? isText(body) : format === undefined || type.endsWith('octet-stream'))) {
    return undefined;
  }
  if (format === undefined) throw unknownFormat(model, declared, { type, body });
  const input = inputFor(model, mediaKindOf(format));
  checkOthers(model, input);
  return toRequest(model.signature, input, body);
}

function kindOfType(type: string): MediaKind | undefined {
  return type.startsWith('image/') ? 'image' : type.startsWith('audio/') ? 'audio' : undefined;
}

/** JSON, or nothing at all: for the dialect to read. */
function isText(body: Uint8Array): boolean {
  const first = body.find((byte) => !isSpace(byte));
  return first === undefined || first === OPEN_BRACE || first === OPEN_BRACKET;
}

function inputFor({ name: model, signature }: MediaModel, kind: MediaKind): TensorSpec {
  const takers = signature.inputs.filter(({ media }) => media?.kind === kind);
  const [input, another] = takers;
  const what = kind === 'image' ? 'pictures' : 'sounds';
  if (input === undefined) {
    throw refused(`model '${model}' takes no ${what}: none of its inputs has a section '${kind}' in its model.yaml`);
  }
  if (another !== undefined) {
    const names = takers.map(({ name }) => `'${name}'`).join(', ');
    throw refused(`several inputs of model '${model}' take ${what} (${names}): send them by name, as BYTES`);
  }
  return input;
}

/** Nobody but the caller knows what else the model needs. */
function checkOthers({ name: model, signature }: MediaModel, { name }: TensorSpec): void {
  const missing = signature.inputs.find(
    (input) => !input.optional && input.name !== name && !isRateInput(signature, input.name),
  );
  if (missing === undefined) return;
  throw refused(`model '${model}' also needs input '${missing.name}': send both by name, '${name}' as BYTES`);
}

function toRequest(signature: Signature, input: TensorSpec, body: Uint8Array): InferRequest {
  const { name, datatype, shape, batchAxis } = input;
  const rank = datatype === 'BYTES' ? shape.length : batchAxis === 0 ? 1 : 0;
  const element = { name, datatype: 'BYTES', shape: Array<number>(rank).fill(1), data: packBytes([body]) } as const;
  return { ...plainRequest([element]), outputs: classOutputs(signature) };
}

/** All outputs, those that have classes as these; undefined = none has, all are answered as they are. */
export function classOutputs({ outputs }: Signature): readonly RequestedOutput[] | undefined {
  const requested = outputs.map(({ name, topK, labels }) => ({
    name,
    classificationCount: topK ?? labels?.length ?? 0,
  }));
  return requested.some(({ classificationCount }) => classificationCount > 0) ? requested : undefined;
}

function unknownFormat(
  { signature }: MediaModel,
  declared: MediaKind | undefined,
  { type, body }: { readonly type: string; readonly body: Uint8Array },
): MillraceError {
  const kinds = new Set(signature.inputs.flatMap(({ media }) => media?.kind ?? []));
  const wanted = declared ?? (kinds.size === 1 ? [...kinds][0] : undefined);
  const expected = wanted === undefined ? `${MEDIA_FORMATS.image}, or ${MEDIA_FORMATS.audio}` : MEDIA_FORMATS[wanted];
  return refused(`expected ${expected}, got ${describe(type, body)}`);
}

function describe(type: string, body: Uint8Array): string {
  const subject = type === '' ? 'a body' : type;
  if (body.length === 0) return `${subject} that is empty`;
  const first = body.subarray(0, MAX_SHOWN_BYTES);
  const isPrintable = first.every((byte) => byte >= 0x20 && byte < 0x7f);
  const shown = isPrintable ? `'${String.fromCharCode(...first)}'` : `bytes ${Buffer.from(first).toString('hex')}`;
  return `${subject} that begins with ${shown}`;
}

function refused(text: string): MillraceError {
  return invalidArgument(`request: ${text}`);
}
