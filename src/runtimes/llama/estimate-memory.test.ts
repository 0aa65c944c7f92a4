import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { withMetadata } from '../../../test/support/gguf.js';
import { TINY_MODEL } from '../../../test/support/llama-model.js';
import { estimateLlamaMemory } from './estimate-memory.js';
import { parseGgufHeader, readGgufHeader } from './gguf-header.js';

const folder = mkdtempSync(path.join(tmpdir(), 'millrace-gguf-'));
afterAll(() => rmSync(folder, { recursive: true }));

const tiny = readFileSync(TINY_MODEL);
const vocabulary = (await readGgufHeader(TINY_MODEL))?.values.get('tokenizer.ggml.tokens');
const tokens = typeof vocabulary === 'object' ? vocabulary.length : 0;

/** A file with the layers and heads of a model of 8 billion parameters, nearly all of it a hole. */
function eightBillion(sizeBytes: number): string {
  const file = path.join(folder, `${sizeBytes}.gguf`);
  const numbers = {
    'llama.block_count': 32,
    'llama.embedding_length': 4096,
    'llama.context_length': 131_072,
    'llama.attention.head_count': 32,
    'llama.attention.head_count_kv': 8,
  };
  writeFileSync(
    file,
    withMetadata(tiny, { ...numbers, 'llama.attention.key_length': 128, 'llama.attention.value_length': 128 }),
  );
  truncateSync(file, sizeBytes);
  return file;
}

describe('the memory of a language model', () => {
  const sizeBytes = 4_920_000_000;
  const estimate = (options: Readonly<Record<string, unknown>>) =>
    estimateLlamaMemory({ path: eightBillion(sizeBytes), sizeBytes, options });
  /** Keys and values of 32 layers, 8 heads, 128 numbers of 2 bytes. */
  const tokenBytes = 2 * 32 * 8 * 128 * 2;
  const workingBytes = (contextTokens: number) => 2 * 512 * 4 * (tokens + 32 * contextTokens);

  it('is its file twice, the KV cache of all slots and what an evaluation computes', async () => {
    expect(await estimate({})).toBe(2 * sizeBytes + 8 * 4096 * tokenBytes + workingBytes(4096));
  });

  it('follows slots, context and shared cache of the configuration', async () => {
    expect(await estimate({ slots: 2, contextTokens: 1_000 })).toBe(
      2 * sizeBytes + 2 * 1_024 * tokenBytes + workingBytes(1_000),
    );
    expect(await estimate({ contextTokens: 1_000, cacheTokens: 6_000 })).toBe(
      2 * sizeBytes + 6_000 * tokenBytes + workingBytes(6_000),
    );
  });

  it('is three times the file where that is no GGUF file, or cannot be read', async () => {
    const file = path.join(folder, 'other.gguf');
    writeFileSync(file, 'x'.repeat(100));
    expect(await estimateLlamaMemory({ path: file, sizeBytes: 100, options: {} })).toBe(300);
    expect(await estimateLlamaMemory({ path: `${file}-gone`, sizeBytes: 100, options: {} })).toBe(300);
  });
});

describe('the metadata of a GGUF file', () => {
  it('is read up to its end, with lists by their length', async () => {
    const { header, isWhole } = parseGgufHeader(tiny);
    expect(isWhole).toBe(true);
    expect(header?.values.get('general.architecture')).toBe('llama');
    expect(header?.values.get('tokenizer.ggml.tokens')).toEqual({ length: tokens });
    expect(tokens).toBeGreaterThan(100);
    expect(header?.tensors.has('token_embd.weight')).toBe(true);
    expect(await readGgufHeader(TINY_MODEL)).toEqual(header);
  });

  it('is read as far as it goes where the file is cut off or damaged, without an error', () => {
    const property = fc.property(
      fc.nat(tiny.length),
      fc.array(fc.record({ at: fc.nat(4_000), value: fc.nat(255) }), { maxLength: 8 }),
      (length, changes) => {
        const damaged = Buffer.from(tiny.subarray(0, length));
        for (const { at, value } of changes) if (at < length) damaged[at] = value;
        const { header } = parseGgufHeader(damaged);
        expect(header === undefined || header.values.size <= 65_536).toBe(true);
      },
    );
    fc.assert(property, { numRuns: 300 });
  });
});
