import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createTempFolder } from '../../../test/support/model-folder.js';
import { buildSafetensors } from '../../../test/support/safetensors.js';
import { findTensor } from './safetensors.js';

const VALUES = Float32Array.of(1, 2, 3, 4, 5, 6);
const WHOLE = buildSafetensors({
  other: { dtype: 'I64', shape: [1], data: new Uint8Array(8) },
  embeddings: { dtype: 'F32', shape: [3, 2], data: new Uint8Array(VALUES.buffer) },
});

it('finds a tensor by the first of its names that the file has', async () => {
  await using folder = await createTempFolder({ 'a.safetensors': WHOLE });
  const tensor = await findTensor(path.join(folder.path, 'a.safetensors'), ['absent', 'embeddings', 'other']);
  expect([tensor.shape, [...(await tensor.read())]]).toEqual([[3, 2], [...VALUES]]);
});

it('reads bfloat16', async () => {
  // 1 and -2, each the upper half of its 32 bits.
  const data = new Uint8Array(Uint16Array.of(0x3f80, 0xc000).buffer);
  const file = buildSafetensors({ embeddings: { dtype: 'BF16', shape: [1, 2], data } });
  await using folder = await createTempFolder({ 'a.safetensors': file });
  const tensor = await findTensor(path.join(folder.path, 'a.safetensors'), ['embeddings']);
  expect([...(await tensor.read())]).toEqual([1, -2]);
});

it('refuses files that were changed or cut, or reads what they say', async () => {
  await using folder = await createTempFolder({});
  const file = path.join(folder.path, 'a.safetensors');
  const change = fc.record({ at: fc.nat(WHOLE.length - 1), to: fc.nat(255) });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 4 }), fc.nat(WHOLE.length), async (changes, length) => {
      const bytes = WHOLE.slice(0, length < WHOLE.length / 2 ? WHOLE.length : length);
      for (const { at, to } of changes) if (at < bytes.length) bytes[at] = to;
      await writeFile(file, bytes);
      try {
        const tensor = await findTensor(file, ['embeddings']);
        expect((await tensor.read()).length).toBe(tensor.shape.reduce((product, size) => product * size, 1));
      } catch (error) {
        expect(error).toMatchObject({ code: 'invalid_argument' });
      }
    }),
    { numRuns: 300 },
  );
});
