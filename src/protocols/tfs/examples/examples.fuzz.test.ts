import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Signature } from '../../../core/index.js';
import { MESSAGES } from '../grpc/schema.js';
import { decodeExamples } from './read-json.js';
import { decodeInput } from './read-proto.js';

const SIGNATURE: Signature = {
  inputs: [
    { name: 'x', datatype: 'FP32', shape: [-1, 2], batchAxis: 0, optional: false },
    { name: 's', datatype: 'BYTES', shape: [-1], batchAxis: 0, optional: true },
  ],
  outputs: [],
};
const features = { x: { float_list: { value: [1, 2] } }, s: { bytes_list: { value: ['YQ=='] } } };
const examples = [{ features: { feature: features } }, { features: { feature: features } }];
const MESSAGE_SEEDS = [
  { example_list: { examples } },
  { example_list_with_context: { examples, context: examples[0] } },
].map((input) => Buffer.concat([...MESSAGES.encodeFromJson('ClassificationRequest', { input })]));
const JSON_SEEDS = [
  '{"signature_name":"a","examples":[{"x":[1,2.5],"s":"a"},{"x":[3,1e3],"s":{"b64":"YQ=="}}]}',
  '{"context":{"x":[1,2]},"examples":[{},{"s":"\\u00e9"}]}',
].map((text) => Buffer.from(text));

const mutation = fc.record({ at: fc.nat(), remove: fc.nat({ max: 3 }), insert: fc.uint8Array({ maxLength: 2 }) });

/** Decodes mutated seeds; how many were accepted. What is refused is the caller's fault. */
function mutate(seeds: readonly Buffer[], decode: (bytes: Buffer) => unknown): number {
  let accepted = 0;
  fc.assert(
    fc.property(fc.constantFrom(...seeds), fc.array(mutation, { maxLength: 3 }), (seed, mutations) => {
      const bytes = mutations.reduce((text, { at, remove, insert }) => {
        const place = at % (text.length + 1);
        return Buffer.concat([text.subarray(0, place), insert, text.subarray(place + remove)]);
      }, seed);
      try {
        decode(bytes);
        accepted++;
      } catch (error) {
        expect(error).toMatchObject({ code: 'invalid_argument' });
      }
    }),
    { numRuns: 3_000 },
  );
  return accepted;
}

describe('damaged examples', () => {
  it('of a message are read or refused', () => {
    expect(mutate(MESSAGE_SEEDS, (bytes) => decodeInput(bytes, SIGNATURE))).toBeGreaterThan(100);
  });

  it('in JSON are read or refused', () => {
    expect(mutate(JSON_SEEDS, (bytes) => decodeExamples(bytes, SIGNATURE))).toBeGreaterThan(100);
  });
});
