import { createHash, randomBytes } from 'node:crypto';
import path from 'node:path';
import { expect, it } from 'vitest';
import { createTempFolder } from '../../test/support/model-folder.js';
import { combineDigests, hashFile } from './digest.js';

it('hashes a file that is larger than one read', async () => {
  const content = randomBytes(600_000);
  await using folder = await createTempFolder({ 'model.onnx': content, empty: '' });
  const expected = createHash('sha256').update(content).digest('hex');
  expect(await hashFile(path.join(folder.path, 'model.onnx'))).toBe(expected);
  expect(await hashFile(path.join(folder.path, 'empty'))).toMatch(/^e3b0c442/);
});

it('combines files like sha256sum, whatever their order', () => {
  const a = { relative: 'a', sha256: 'aa' };
  const b = { relative: 'b', sha256: 'bb' };
  const expected = createHash('sha256').update('aa  a\nbb  b\n').digest('hex');
  expect(combineDigests([b, a])).toBe(expected);
});
