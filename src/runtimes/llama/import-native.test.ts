import { expect, test } from 'vitest';
import { importNative } from './import-native.js';

test('says what to run where the native part of koffi is not installed', async () => {
  const load = () => Promise.reject(new Error('Cannot find the native Koffi module; did you bundle it correctly?'));
  await expect(importNative(load)).rejects.toMatchObject({
    code: 'failed_precondition',
    message: "language models require koffi, whose native part is not installed; run 'npm install --include=optional'",
  });
});

test('passes on other errors, and what was imported', async () => {
  const error = new SyntaxError('unexpected token');
  await expect(importNative(() => Promise.reject(error))).rejects.toBe(error);
  expect(await importNative(async () => 1)).toBe(1);
});
