import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it, test } from 'vitest';
import TOY from '../fixtures/toy-runtime/manifest.mjs';
import { PLACEMENTS } from '../support/runtime-cases.js';
import { createTestHost, IN_PROCESS, INLINE, loadSpec } from '../support/test-host.js';

const folder = mkdtempSync(path.join(tmpdir(), 'millrace-registration-'));
afterAll(() => rmSync(folder, { recursive: true }));

test.each(PLACEMENTS)('an unknown runtime is refused %s', async (_label, placement) => {
  const { host, load } = createTestHost();
  await expect(load(loadSpec({ runtime: 'torch' }), placement)).rejects.toMatchObject({
    code: 'unimplemented',
    message: "unknown runtime 'torch'; expected one of echo, ensemble, llama, onnx, script, text",
  });
  await host.close();
});

describe.each(PLACEMENTS)('a runtime from outside whose module is wrong %s', (_label, placement) => {
  it.each([
    [
      'absent.mjs',
      'failed_precondition',
      /^runtime 'toy': file:.*\/absent\.mjs cannot be imported: Cannot find (?:module|package)/,
    ],
    ['empty.mjs', 'failed_precondition', /^runtime 'toy': file:.*\/empty\.mjs exports no function createRuntime$/],
  ])('is refused with %s', async (file, code, message) => {
    writeFileSync(path.join(folder, 'empty.mjs'), 'export const answer = 42;');
    const toy = { ...TOY, module: pathToFileURL(path.join(folder, file)) };
    const { host, load } = createTestHost({ runtimes: [toy] });
    const error = await load(loadSpec({ runtime: 'toy' }), placement).catch((reason) => reason);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    await host.close();
  });
});

it.each([
  ['inline', INLINE, ['process'], "runtime 'toy' does not run inline; set instances.placement to process"],
  [
    'in a process',
    IN_PROCESS,
    ['inline'],
    "runtime 'toy' does not run in a process; set instances.placement to inline",
  ],
] as const)('a runtime that does not run %s is refused there', async (_label, placement, allowed, message) => {
  const { host, load } = createTestHost({ runtimes: [{ ...TOY, placements: allowed }] });
  const loading = load(loadSpec({ runtime: 'toy' }), placement);
  await expect(loading).rejects.toMatchObject({ code: 'invalid_argument', message });
  await host.close();
});
