import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { identityGraph, writeOnnx } from '../../../test/support/onnx-builder.js';
import { GraphCache } from './graph-cache.js';

const root = mkdtempSync(path.join(tmpdir(), 'millrace-graphs-'));
afterAll(() => rmSync(root, { recursive: true }));

const model = writeOnnx(path.join(root, 'm.onnx'), identityGraph([{ name: 'x', type: 'float32', dims: [1] }]));
const ENTRY = /^[0-9a-f]{64}\.onnx$/;

test('the cache of optimised graphs removes no file that it has not made', async () => {
  const folder = path.join(root, 'models');
  mkdirSync(folder);
  const others = Array.from({ length: 40 }, (_, index) => `model${index}.onnx`);
  for (const name of others) writeFileSync(path.join(folder, name), '');
  await new GraphCache(folder, () => undefined).createSession(model, {});
  const names = readdirSync(folder);
  expect(names.filter((name) => !ENTRY.test(name)).sort()).toEqual([...others].sort());
  expect(names.filter((name) => ENTRY.test(name))).toHaveLength(1);
});

test('the cache of optimised graphs removes what a process that was killed has left, a day later', async () => {
  const folder = path.join(root, 'left');
  mkdirSync(folder, { mode: 0o700 });
  const digest = 'ab'.repeat(32);
  const [old, fresh, foreign] = [`${digest}.onnx.12.345.67.tmp`, `${digest}.onnx.13.5.tmp`, 'other.tmp'] as const;
  for (const name of [old, fresh, foreign]) writeFileSync(path.join(folder, name), '');
  const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000);
  for (const name of [old, foreign]) utimesSync(path.join(folder, name), twoDaysAgo, twoDaysAgo);
  await new GraphCache(folder, () => undefined).createSession(model, {});
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([fresh, foreign]);
});

test('the cache of optimised graphs takes no graph from a folder that everybody can write to', async () => {
  const folder = path.join(root, 'open');
  mkdirSync(folder);
  chmodSync(folder, 0o777);
  const reports: string[] = [];
  const session = await new GraphCache(folder, (_level, message) => reports.push(message)).createSession(model, {});
  expect(session.inputNames).toEqual(['x']);
  expect(readdirSync(folder)).toEqual([]);
  expect(reports).toEqual(['the optimised graph could not be cached: other users can write to the cache folder']);
});
