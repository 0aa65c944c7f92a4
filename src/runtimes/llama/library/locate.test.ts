import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { locateLibraries, PACKAGE_VERSION } from './locate.js';

const folder = mkdtempSync(path.join(tmpdir(), 'millrace-libraries-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the libraries of llama.cpp', () => {
  it('are found in a folder, the shortest name first', async () => {
    for (const name of ['libllama.so', 'libllama.so.0', 'libllama-common.so', 'libggml.so', 'libggml-base.so']) {
      writeFileSync(path.join(folder, name), '');
    }
    expect(await locateLibraries(folder)).toEqual({
      folder,
      llama: path.join(folder, 'libllama.so'),
      ggml: path.join(folder, 'libggml.so'),
    });
  });

  it('are installed by a command that is told where the package is missing', async () => {
    const missing = locateLibraries(undefined, (name) => Promise.reject(new Error(`Cannot find package '${name}'`)));
    const name = /@node-llama-cpp\/[a-z0-9-]+/;
    await expect(missing).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringMatching(
        new RegExp(
          `^language models require llama\\.cpp: ${name.source} is not installed; run 'npm install ${name.source}@${PACKAGE_VERSION}', or set runners\\.llamaLibrary to a folder with libllama$`,
        ),
      ),
    });
  });

  it('are those of a folder that is there', async () => {
    await expect(locateLibraries('/nowhere')).rejects.toMatchObject({
      message:
        "language models require llama.cpp: runners.llamaLibrary: there is no folder '/nowhere'; set it to a folder with libllama",
    });
  });
});
