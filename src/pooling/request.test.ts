import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type PoolingInput, poolingInputOfTensors, tensorsOfPoolingInput } from './request.js';

const bytes = fc.uint8Array({ maxLength: 20 });
const ids = fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 9 }).map((tokens) => Int32Array.from(tokens));
const input: fc.Arbitrary<PoolingInput> = fc.oneof(
  fc.array(bytes, { minLength: 1 }).map((texts) => ({ kind: 'texts' as const, texts })),
  fc.array(ids, { minLength: 1 }).map((tokens) => ({ kind: 'tokens' as const, tokens })),
  fc
    .tuple(bytes, fc.array(bytes, { minLength: 1 }))
    .map(([query, texts]) => ({ kind: 'query' as const, query, texts })),
  fc.array(fc.tuple(bytes, bytes), { minLength: 1 }).map((pairs) => ({
    kind: 'pairs' as const,
    texts: pairs.map(([text]) => text),
    pairs: pairs.map(([, pair]) => pair),
  })),
);

const plain = (value: unknown) =>
  JSON.stringify(value, (_name, inner) => (ArrayBuffer.isView(inner) ? [...(inner as Uint8Array)] : inner));

it('reads what was written', () => {
  fc.assert(
    fc.property(input, (given) => {
      expect(plain(poolingInputOfTensors(tensorsOfPoolingInput(given)))).toBe(plain(given));
    }),
  );
});

it('refuses texts beside token ids, and neither', () => {
  const [text] = tensorsOfPoolingInput({ kind: 'texts', texts: [new Uint8Array(1)] });
  const [tokens] = tensorsOfPoolingInput({ kind: 'tokens', tokens: [Int32Array.of(1)] });
  if (text === undefined || tokens === undefined) throw new Error('no tensors');
  expect(() => poolingInputOfTensors([text, tokens])).toThrow(
    "expected one of the inputs 'text' and 'token_ids', got both",
  );
  expect(() => poolingInputOfTensors([])).toThrow("expected one of the inputs 'text' and 'token_ids', got neither");
});
