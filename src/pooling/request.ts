import { bytesElements, invalidArgument, packBytes, type Tensor, typedView } from '../core/index.js';
import { POOLING_TENSORS } from './signature.js';

/** What a model reads: UTF-8 texts, each a row, or their token ids. */
export type PoolingInput =
  | { readonly kind: 'texts'; readonly texts: readonly Uint8Array[] }
  | { readonly kind: 'tokens'; readonly tokens: readonly Int32Array[] }
  /** The texts are ranked for the query. */
  | { readonly kind: 'query'; readonly query: Uint8Array; readonly texts: readonly Uint8Array[] }
  | { readonly kind: 'pairs'; readonly texts: readonly Uint8Array[]; readonly pairs: readonly Uint8Array[] };

/** Behind the last token of a text that has fewer than another. */
const NO_TOKEN = -1;

/** An input as tensors. */
export function tensorsOfPoolingInput(input: PoolingInput): readonly Tensor[] {
  const { text, query, textPair } = POOLING_TENSORS;
  switch (input.kind) {
    case 'texts':
      return [texts(text, input.texts)];
    case 'tokens':
      return [tokenIds(input.tokens)];
    case 'query':
      return [texts(query, [input.query]), texts(text, input.texts)];
    case 'pairs':
      return [texts(text, input.texts), texts(textPair, input.pairs)];
    default:
      return input satisfies never;
  }
}

/**
 * The input that tensors are, which fit the signature. Throws `invalid_argument` where there are both texts and token ids, or neither, or something
 * else beside token ids.
 */
export function poolingInputOfTensors(inputs: readonly Tensor[]): PoolingInput {
  const { text, tokenIds: idsName, query, textPair } = POOLING_TENSORS;
  const named = (name: string) => inputs.find((tensor) => tensor.name === name);
  const read = named(text);
  const ids = named(idsName);
  if ((read === undefined) === (ids === undefined)) {
    const got = read === undefined ? 'neither' : 'both';
    throw invalidArgument(`expected one of the inputs '${text}' and '${idsName}', got ${got}`);
  }
  if (ids !== undefined) {
    const other = inputs.find((tensor) => tensor !== ids);
    if (other !== undefined) throw invalidArgument(`expected no input '${other.name}' beside '${idsName}'`);
    return { kind: 'tokens', tokens: rowsOfIds(ids) };
  }
  const all = bytesElements((read as Tensor).data);
  const asked = named(query);
  if (asked !== undefined) return { kind: 'query', query: bytesElements(asked.data)[0] as Uint8Array, texts: all };
  const pair = named(textPair);
  if (pair !== undefined) return { kind: 'pairs', texts: all, pairs: bytesElements(pair.data) };
  return { kind: 'texts', texts: all };
}

function texts(name: string, elements: readonly Uint8Array[]): Tensor {
  return { name, datatype: 'BYTES', shape: [elements.length], data: packBytes(elements) };
}

function tokenIds(rows: readonly Int32Array[]): Tensor {
  const longest = Math.max(1, ...rows.map(({ length }) => length));
  const ids = new Int32Array(rows.length * longest).fill(NO_TOKEN);
  for (const [row, tokens] of rows.entries()) ids.set(tokens, row * longest);
  const { tokenIds: name } = POOLING_TENSORS;
  return { name, datatype: 'INT32', shape: [rows.length, longest], data: new Uint8Array(ids.buffer) };
}

function rowsOfIds({ shape, data }: Tensor): readonly Int32Array[] {
  const [rows = 0, longest = 0] = shape;
  const ids = typedView('INT32', data) as Int32Array;
  return Array.from({ length: rows }, (_, row) => {
    const all = ids.subarray(row * longest, (row + 1) * longest);
    const end = all.indexOf(NO_TOKEN);
    return end < 0 ? all : all.subarray(0, end);
  });
}
