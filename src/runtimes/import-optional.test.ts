import { expect, it } from 'vitest';
import { importOptional } from './import-optional.js';

it('says how to get a decoder that is not installed', async () => {
  const cause = new Error("Cannot find package 'sharp' imported from /app/decode.js");
  await expect(importOptional('pictures', 'sharp', () => Promise.reject(cause))).rejects.toMatchObject({
    code: 'failed_precondition',
    message: "pictures require sharp, which is not installed; run 'npm install --include=optional'",
    cause,
  });
  const flac = new Error("Cannot find package '@audio/decode-flac' imported from /app/codecs.js");
  await expect(importOptional('FLAC files', '@audio/decode-flac', () => Promise.reject(flac))).rejects.toThrow(
    'FLAC files require @audio/decode-flac, which is not installed',
  );
});

it('passes on what else is wrong with it, and the decoder itself', async () => {
  const other = new Error('out of memory');
  await expect(importOptional('pictures', 'sharp', () => Promise.reject(other))).rejects.toBe(other);
  expect(await importOptional('pictures', 'sharp', async () => 7)).toBe(7);
});
