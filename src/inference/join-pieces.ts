import {
  bytesElements,
  type InferResponse,
  MillraceError,
  type ParameterElement,
  type Parameters,
  packBytes,
  type Tensor,
} from '../core/index.js';
import { joinDeltas } from '../generation/index.js';
import type { InferResult } from './types.js';

type OneResult = Extract<InferResult, { readonly kind: 'one' }>;

/**
 * One answer of all pieces that a model has generated: their texts joined, lists in their parameters, too; usage and finish reason are
 * those of the last. Rejects with the first error.
 */
export async function joinPieces(result: InferResult): Promise<OneResult> {
  if (result.kind === 'one') return result;
  const pieces: InferResponse[] = [];
  for await (const piece of result.responses) {
    if (piece.error !== undefined) throw piece.error;
    pieces.push(piece);
  }
  const [first] = pieces;
  const last = pieces.at(-1);
  if (first === undefined || last === undefined) throw new MillraceError('internal', 'no answer came');
  const outputs = first.outputs.map((output, index) =>
    joinTexts(
      output,
      pieces.map((piece) => piece.outputs[index]),
    ),
  );
  const deltas = pieces.flatMap(({ delta }) => delta ?? []);
  return {
    kind: 'one',
    timing: result.timing,
    response: {
      ...last,
      outputs,
      parameters: joinParameters(pieces),
      ...(deltas.length === 0 ? {} : { delta: joinDeltas(deltas) }),
    },
  };
}

/** Element by element. */
function joinTexts(first: Tensor, parts: readonly (Tensor | undefined)[]): Tensor {
  const texts = parts.map((part) => (part === undefined ? [] : bytesElements(part.data)));
  const joined = bytesElements(first.data).map((_, element) =>
    Buffer.concat(texts.flatMap((text) => text[element] ?? [])),
  );
  return { ...first, data: packBytes(joined) };
}

function joinParameters(pieces: readonly InferResponse[]): Parameters {
  const joined: Record<string, Parameters[string]> = Object.create(null);
  const lists = new Map<string, ParameterElement[]>();
  for (const { parameters } of pieces) {
    for (const [name, value] of Object.entries(parameters)) {
      const list = lists.get(name);
      if (!Array.isArray(value)) {
        lists.delete(name);
        joined[name] = value;
      } else if (list === undefined) {
        const begun: ParameterElement[] = [...value];
        lists.set(name, begun);
        joined[name] = begun;
      } else for (const element of value) list.push(element);
    }
  }
  return joined;
}
