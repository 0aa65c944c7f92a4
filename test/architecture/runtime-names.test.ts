import { readdirSync } from 'node:fs';
import { Value } from '@sinclair/typebox/value';
import { describe, expect, it } from 'vitest';
import { EchoSchema } from '../../src/runtimes/echo/manifest.js';
import { readEchoOptions } from '../../src/runtimes/echo/options.js';
import { BUILT_IN_RUNTIMES, MEDIA_RUNTIME } from '../../src/runtimes/index.js';
import { readLlamaOptions } from '../../src/runtimes/llama/options.js';
import { LlamaSchema } from '../../src/runtimes/llama/section.js';
import { readOnnxOptions } from '../../src/runtimes/onnx/options.js';
import { OnnxSchema } from '../../src/runtimes/onnx/section.js';
import { readTextOptions } from '../../src/runtimes/text/options.js';
import { TextSchema } from '../../src/runtimes/text/section.js';
import { sourceFiles } from './source-files.js';

const NAMES = BUILT_IN_RUNTIMES.map(({ name }) => name);
/** Of a runtime whose name is a common word, only the key of its section is looked for. */
const COMMON_WORD = 'text';
const WORDS = NAMES.filter((name) => name !== COMMON_WORD);
/** Of the server's own models: its name is a common word. */
const OWN = MEDIA_RUNTIME.name;
/** What is no runtime, but serves several of them. */
const SHARED = ['host', 'pooling', 'sequence'];

/** A parameter of OpenAI's has the same name. */
const OTHER_MEANINGS = [
  "src/generation/read-parameters.ts: 'echo'",
  "src/protocols/openai/decode-chat.ts: 'echo'",
  "src/protocols/openai/decode-completion.ts: 'echo'",
];

/** A runtime by its name: as a string, or as the key of its section. */
const NAMED = new RegExp(`(['"\`])(${WORDS.join('|')})\\1|\\b[cC]onfig\\??\\.(${NAMES.join('|')})\\b`, 'g');

function namedIn(text: string): readonly string[] {
  const code = text.replace(/\/\*.*?\*\//gs, '').replace(/\/\/.*$/gm, '');
  return [...code.matchAll(NAMED)].map(([found]) => found);
}

describe('runtimes', () => {
  it('are named in their own folders and in the list of those that millrace brings along only', () => {
    const own = NAMES.map((name) => `src/runtimes/${name}/`);
    const naming = sourceFiles()
      .filter((file) => !own.some((folder) => file.path.startsWith(folder)))
      .flatMap(({ path, text }) => namedIn(text).map((name) => `${path}: ${name}`));
    expect(naming.filter((each) => !OTHER_MEANINGS.includes(each))).toEqual([]);
  });

  it.each([
    "case 'onnx':",
    'config.ensemble?.steps',
    'source.config.echo',
    'config.text?.pooling',
    '{ backend: "script" }',
  ])('are found where code says %s', (code) => expect(namedIn(code)).toHaveLength(1));

  it('have a folder each, with a manifest', () => {
    const folders = readdirSync('src/runtimes', { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).sort()).toEqual([...NAMES, OWN, ...SHARED].sort());
  });

  it('document the defaults that they take', () => {
    expect(Value.Default(OnnxSchema, {})).toEqual(readOnnxOptions({}));
    expect(Value.Default(EchoSchema, {})).toEqual(readEchoOptions({}));
    expect(Value.Default(LlamaSchema, {})).toEqual(readLlamaOptions({}));
    expect(Value.Default(TextSchema, {})).toEqual(readTextOptions({}));
  });
});
