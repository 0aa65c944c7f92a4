import { type Call, invalidArgument } from '../../../core/index.js';
import { ProtoReader } from '../../../protobuf/index.js';
import type { GrpcMessage, GrpcMethod, UnaryMethod } from '../../shared/grpc/method.js';
import { resolveModel } from '../../shared/pooling/run.js';
import { DECODERS } from '../decode.js';
import { describeModel } from '../info.js';
import type { NameModel } from '../place.js';
import { answeredRequest, TASK_OF, type TeiContext, toldTokens } from '../read.js';
import type { TokenKind } from '../request.js';
import { type EncodedKind, encodeAnswer } from './answers.js';
import { RequestStream } from './request-stream.js';
import { RerankStream } from './rerank-stream.js';
import { TEI_MESSAGES } from './schema.js';

/** A message as JSON. */
type Fields = Readonly<Record<string, unknown>>;
/** Answers one message; a body of a route of HTTP has the same members. */
type AnswerFields = (call: Call, fields: Fields) => Promise<GrpcMessage>;

const MODEL_TYPES = {
  embedding: 'MODEL_TYPE_EMBEDDING',
  classifier: 'MODEL_TYPE_CLASSIFIER',
  reranker: 'MODEL_TYPE_RERANKER',
} as const;

/** The methods of `tei.v1`, whose requests name no model. */
export function createTeiMethods(context: TeiContext, nameModel: NameModel): readonly GrpcMethod[] {
  const pooled =
    (kind: EncodedKind): AnswerFields =>
    async (call, fields) => {
      const resolved = await resolveModel(context, call, nameModel(call, TASK_OF[kind]));
      const request = DECODERS[kind](withDirection(fields));
      const done = await answeredRequest(context, call, { kind, resolved, request });
      return encodeAnswer(context, { kind, done });
    };
  const told = async (call: Call, kind: TokenKind, fields: Fields): Promise<string> => {
    const resolved = await resolveModel(context, call, nameModel(call, undefined));
    const [row = ''] = await toldTokens(context, call, { kind, resolved, request: DECODERS[kind](fields) });
    return row;
  };
  const tokenize: AnswerFields = async (call, fields) =>
    TEI_MESSAGES.encodeFromJson('EncodeResponse', { tokens: JSON.parse(await told(call, 'tokenize', fields)) });
  const decode: AnswerFields = async (call, fields) =>
    TEI_MESSAGES.encodeFromJson('DecodeResponse', { text: await told(call, 'decode', fields) });
  const rerank = pooled('rerank');
  return [
    infoMethod(context, nameModel),
    ...both('Embed/Embed', 'EmbedRequest', pooled('embed')),
    ...both('Embed/EmbedSparse', 'EmbedSparseRequest', pooled('embedSparse')),
    ...both('Embed/EmbedAll', 'EmbedAllRequest', pooled('embedAll')),
    ...both('Predict/Predict', 'PredictRequest', pooled('predict')),
    ...both('Predict/PredictPair', 'PredictPairRequest', pooled('predict')),
    unary('Rerank/Rerank', 'RerankRequest', rerank),
    {
      ...COMMON,
      kind: 'stream',
      path: `${PACKAGE}Rerank/RerankStream`,
      open: (stream) => new RerankStream(stream, { decode: decoderOf('RerankStreamRequest'), answer: rerank }),
    },
    ...both('Tokenize/Tokenize', 'EncodeRequest', tokenize),
    ...both('Tokenize/Decode', 'DecodeRequest', decode),
  ];
}

const PACKAGE = '/tei.v1.';
/** Of a message, most of which are texts. */
const MAX_VALUES = 16_384;
/** An id may have a byte, and becomes a number of JSON. */
const MAX_ID_BYTES = 65_536;
const COMMON = { access: 'key', control: false } as const;

function infoMethod(context: TeiContext, nameModel: NameModel): UnaryMethod {
  return {
    ...COMMON,
    kind: 'unary',
    path: `${PACKAGE}Info/Info`,
    handle: (call) => {
      const { model_type: types, ...info } = describeModel(context, call, nameModel(call, undefined));
      const type = (Object.keys(MODEL_TYPES) as (keyof typeof MODEL_TYPES)[]).find((name) =>
        Object.hasOwn(types, name),
      );
      return TEI_MESSAGES.encodeFromJson('InfoResponse', {
        ...Object.fromEntries(Object.entries(info).filter(([name]) => IN_INFO.has(name))),
        model_type: MODEL_TYPES[type ?? 'embedding'],
      });
    },
  };
}

/** Members of `/info` that the message has. */
const IN_INFO: ReadonlySet<string> = new Set([
  ...['version', 'model_id', 'model_sha', 'model_dtype', 'max_concurrent_requests', 'max_input_length'],
  ...['max_batch_tokens', 'max_client_batch_size', 'tokenization_workers'],
]);

/** The method for one request, and the one for a stream of them. */
function both(name: string, message: string, answer: AnswerFields): readonly GrpcMethod[] {
  const parts = { decode: decoderOf(message), answer };
  return [
    unary(name, message, answer),
    { ...COMMON, kind: 'stream', path: `${PACKAGE}${name}Stream`, open: (stream) => new RequestStream(stream, parts) },
  ];
}

function unary(name: string, message: string, answer: AnswerFields): UnaryMethod {
  const decode = decoderOf(message);
  return {
    ...COMMON,
    kind: 'unary',
    inference: true,
    path: `${PACKAGE}${name}`,
    handle: (call, bytes) => answer(call, decode(bytes)),
  };
}

/** How messages of a kind are read. Throws `invalid_argument`. */
function decoderOf(message: string): (bytes: Uint8Array) => Fields {
  return (bytes) => {
    checkSize(message, bytes);
    // The schema says what is there.
    return TEI_MESSAGES.decodeToJson(message, bytes) as Fields;
  };
}

/** Refuses what would hold up the event loop: more values than a model reads. */
function checkSize(message: string, bytes: Uint8Array): void {
  if (message === 'DecodeRequest' && bytes.byteLength > MAX_ID_BYTES) {
    throw invalidArgument(`request: expected at most ${MAX_ID_BYTES} bytes of token ids, got ${bytes.byteLength}`);
  }
  const reader = new ProtoReader(bytes);
  let values = 0;
  for (let key = reader.key(); key !== 0; key = reader.key()) {
    if (++values > MAX_VALUES) throw invalidArgument(`request: expected at most ${MAX_VALUES} values, got more`);
    reader.skip(key);
  }
}

function withDirection({ truncation_direction: direction, ...fields }: Fields): Fields {
  return { ...fields, truncation_direction: direction === 'TRUNCATION_DIRECTION_LEFT' ? 'Left' : 'Right' };
}
