import type { GenerationDelta, TokenLogprob, ToolCallDelta } from '../core/index.js';

/** One delta that adds what all of them add. */
export function joinDeltas(deltas: readonly GenerationDelta[]): GenerationDelta {
  const reasoning = deltas.map((delta) => delta.reasoning ?? '').join('');
  const stopSequence = deltas.at(-1)?.stopSequence;
  return {
    text: deltas.map(({ text }) => text).join(''),
    ...(reasoning === '' ? {} : { reasoning }),
    ...joined(deltas, 'toolCalls'),
    ...joined(deltas, 'logprobs'),
    ...joined(deltas, 'promptLogprobs'),
    ...joined(deltas, 'tokenIds'),
    ...joined(deltas, 'promptTokenIds'),
    ...(stopSequence === undefined ? {} : { stopSequence }),
  };
}

/** The lists of a delta. */
export const DELTA_LISTS = ['toolCalls', 'logprobs', 'promptLogprobs', 'tokenIds', 'promptTokenIds'] as const;
type ListName = (typeof DELTA_LISTS)[number];

/** Missing where none has it. */
function joined<Name extends ListName>(deltas: readonly GenerationDelta[], name: Name): Pick<GenerationDelta, Name> {
  const lists = deltas.flatMap((delta) => {
    const list = delta[name];
    return list === undefined ? [] : [list as readonly unknown[]];
  });
  return (lists.length === 0 ? {} : { [name]: lists.flat() }) as unknown as Pick<GenerationDelta, Name>;
}

/** The calls of pieces, each once and with all of its arguments that are there. */
export function joinToolCalls(deltas: readonly ToolCallDelta[]): readonly ToolCallDelta[] {
  const calls = new Map<number, ToolCallDelta>();
  for (const delta of deltas) {
    const before = calls.get(delta.index);
    calls.set(delta.index, { ...delta, ...before, arguments: `${before?.arguments ?? ''}${delta.arguments}` });
  }
  return [...calls.values()];
}

/** What a number, or an object of a few members, takes in memory, about. */
const NUMBER_BYTES = 8;
const OBJECT_BYTES = 64;

/** Bytes that a delta holds besides its text, about. */
export function sizeOfDelta(delta: GenerationDelta): number {
  const {
    reasoning = '',
    toolCalls = [],
    logprobs = [],
    promptLogprobs = [],
    tokenIds = [],
    promptTokenIds = [],
  } = delta;
  let sizeBytes = 2 * reasoning.length + NUMBER_BYTES * (tokenIds.length + promptTokenIds.length);
  for (const call of toolCalls) sizeBytes += OBJECT_BYTES + 2 * call.arguments.length;
  for (const token of logprobs) sizeBytes += sizeOfToken(token);
  for (const token of promptLogprobs) sizeBytes += sizeOfToken(token);
  return sizeBytes;
}

function sizeOfToken({ bytes, topLogprobs }: TokenLogprob): number {
  return OBJECT_BYTES * (1 + topLogprobs.length) + NUMBER_BYTES * bytes.length * (1 + topLogprobs.length);
}
