import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Emission, Instance } from '../../src/runtimes/index.js';
import { createTempFolder, type FolderContents, type TempFolder } from '../support/model-folder.js';
import { batchItem, fp32, numbersOf } from '../support/tensors.js';
import { createTestHost, IN_PROCESS, INLINE, loadSpec, runBatch, type TestHost } from '../support/test-host.js';

let hosted: TestHost;
let folder: TempFolder;
beforeEach(async () => {
  hosted = createTestHost();
  folder = await createTempFolder();
});
afterEach(async () => {
  await hosted.host.close();
  await folder[Symbol.asyncDispose]();
});

/** Writes `m/1/…` and loads its model. */
async function load(contents: FolderContents, file = 'model.ts', placement = IN_PROCESS): Promise<Instance> {
  await folder.write(Object.fromEntries(Object.entries(contents).map(([name, text]) => [`m/1/${name}`, text])));
  return hosted.load(loadSpec({ runtime: 'script', path: `${folder.path}/m/1/${file}` }), placement);
}

async function answerOf(instance: Instance, ...values: number[]): Promise<unknown> {
  const { emissions } = await runBatch(instance, [batchItem(1, [fp32('x', [values.length], values)])]);
  return emissions.map(({ error, outputs }: Emission) => error?.message ?? numbersOf(outputs[0]))[0];
}

const SIGNATURE = `inputs: { x: 'FP32[-1]' }, outputs: { y: 'FP32[-1]' }`;
/** A model whose answer is one expression. */
const answering = (expression: string, head = '') =>
  `${head}\nexport default { ${SIGNATURE}, infer: ({ inputs }) => ({ y: ${expression} }) };`;

describe('a script is loaded', () => {
  it('from TypeScript with all that is more than types, and from what it imports', async () => {
    const instance = await load({
      'model.ts': `import { defineModel, ModelError } from 'millrace/model';
        import { offset } from './lib/offset.js';
        import { type Factor, factor } from './lib/factor';
        import table from './table.json' with { type: 'json' };
        enum Mode { Add = 1, Scale }
        namespace Inner { export const bias = 0.5; }
        class Adder { constructor(private readonly by: number) {} add(value: number): number { return value + this.by; } }
        const scale: Factor = factor satisfies number;
        const adder = new Adder(offset)!;
        export default defineModel({
          ${SIGNATURE},
          infer({ inputs }) {
            const first = inputs.x.data[0] as number;
            if (first < 0) throw new ModelError('invalid_argument', 'negative');
            return { y: [adder.add(first) * scale + Inner.bias, Mode.Scale, table[0]!] };
          },
        });`,
      'lib/offset.ts': 'export const offset: number = 10;',
      'lib/factor.ts': 'export type Factor = number; export const factor: Factor = 2;',
      'table.json': '[42]',
    });
    expect(await answerOf(instance, 1)).toEqual([22.5, 2, 42]);
    expect(await answerOf(instance, -1)).toBe('negative');
    expect(instance.description.platform).toBe('millrace_script');
  });

  it.each([
    ['model.js', answering('[1]', "import 'millrace/model';")],
    ['model.mjs', answering('[1]')],
    ['model.mts', answering('[1 as number]')],
    ['model.js', `module.exports = { ${SIGNATURE}, infer: () => ({ y: [1] }) };`],
  ])('from %s', async (file, text) => {
    expect(await answerOf(await load({ [file]: text }, file), 0)).toEqual([1]);
  });

  it('with packages that lie beside the model or above it', async () => {
    const pack = (name: string, value: number): FolderContents => ({
      [`${name}/package.json`]: '{ "main": "main.js" }',
      [`${name}/main.js`]: `exports.value = ${value};`,
    });
    const place = (where: string, contents: FolderContents) =>
      Object.fromEntries(Object.entries(contents).map(([name, text]) => [`${where}/node_modules/${name}`, text]));
    await folder.write({ ...place('m/1', pack('near', 1)), ...place('.', pack('far', 2)) });
    const head = "import { value as near } from 'near';\nimport { value as far } from 'far';";
    expect(await answerOf(await load({ 'model.ts': answering('[near, far]', head) }), 0)).toEqual([1, 2]);
  });

  it('anew each time, also in a runner that is shared', async () => {
    const shared = { kind: 'process', runner: 'shared', maxRssBytes: 0 } as const;
    const contents = { 'model.ts': answering('[value]', "import { value } from './value.ts';") };
    const first = await load({ ...contents, 'value.ts': 'export const value = 1;' }, 'model.ts', shared);
    const second = await load({ ...contents, 'value.ts': 'export const value = 2;' }, 'model.ts', shared);
    expect(second.pid).toBe(first.pid);
    expect([await answerOf(first, 0), await answerOf(second, 0)]).toEqual([[1], [2]]);
  });
});

describe('a script that cannot be loaded', () => {
  it.each([
    ['does not parse', 'const a = 1;\nconst b: = 2;', 'model.ts:2:10: Unexpected token'],
    [
      'is no model',
      'export const model = 1;',
      'model.ts: expected `export default defineModel({ … })`, got no default export',
    ],
    [
      'has a misspelt property',
      `export default { ${SIGNATURE}, inferr() {} }`,
      /^model\.ts: unknown property 'inferr'; expected one of inputs, outputs, /,
    ],
    ['has no infer', `export default { ${SIGNATURE} }`, 'model.ts: it has no `infer` function'],
    [
      'has a wrong property',
      'export default { concurrency: 0, infer() {} }',
      'model.ts: concurrency: expected an integer of at least 1, got 0',
    ],
    [
      'declares nothing',
      'export default { infer() {} }',
      'model.ts: inputs are declared neither in the script nor in the configuration',
    ],
    ['throws', '\n\nthrow new Error("no weights");', 'model.ts:3:7: no weights'],
    [
      'throws in load',
      `export default { ${SIGNATURE}, infer() {},\n  load() { null.x; } }`,
      "model.ts:2:17: TypeError: Cannot read properties of null (reading 'x')",
    ],
    [
      'lacks a package',
      "import 'nowhere';",
      /^model\.ts: Cannot find package 'nowhere' imported from model\.ts; install it in the folder of the model or of the repository$/,
    ],
    ['lacks a file', "import './nowhere.ts';", /^model\.ts: Cannot find module 'nowhere\.ts' imported from model\.ts/],
    [
      'imports what is not there',
      "import { b } from './lib.ts';\nb();",
      "model.ts:1:10: The requested module './lib.ts' does not provide an export named 'b'",
    ],
    ['imports what does not parse', "import './broken.ts';", 'broken.ts:1:1: Unexpected token'],
  ])('because it %s says where and why', async (_what, text, message) => {
    const loading = load({ 'model.ts': text, 'lib.ts': 'export const a = 1;', 'broken.ts': '} {' });
    const error = await loading.catch((reason) => reason);
    expect(error).toMatchObject({
      code: 'invalid_argument',
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    });
  });

  it('because its JavaScript does not parse says the line', async () => {
    const loading = load({ 'model.js': 'export default {\n  infer( {}\n};' }, 'model.js');
    await expect(loading).rejects.toMatchObject({ message: 'model.js:3:1: Expected `,` or `)` but found `}`' });
  });

  it('is refused in the serving thread', async () => {
    await expect(load({ 'model.ts': answering('[1]') }, 'model.ts', INLINE)).rejects.toMatchObject({
      code: 'invalid_argument',
      message:
        'a script runs in a runner process only, as it could block or end the server; set instances.placement to process',
    });
  });
});

describe('a script that runs', () => {
  it('writes to the log what it throws, with its own lines, what it prints and what it says', async () => {
    const instance = await load({
      'model.ts': `interface Unused { readonly a: number }

        export default {
          ${SIGNATURE},
          infer({ inputs }: { readonly inputs: unknown }, { log }: { readonly log: { warn(text: string): void } }) {
            log.warn('careful');
            console.log('printed');
            throw new Error('here');
          },
        };`,
    });
    expect(await answerOf(instance, 0)).toBe("model 'model' failed with Error; the server log has the details");
    const thrown = await hosted.event('diagnostic', ({ message }) => message.startsWith('infer failed'));
    expect(thrown).toMatchObject({ level: 'error', room: 'runtimes' });
    expect(thrown.message).toMatch(/Error: here\n {4}at .*infer \(.*\/m\/1\/model\.ts:8:19\)/);
    await hosted.event('diagnostic', ({ level, message }) => level === 'warn' && message === 'careful');
    await hosted.event('diagnostic', ({ message }) => message === 'printed');
  });

  it('outlives a promise that nobody has looked after', async () => {
    const text = answering('(Promise.reject(new Error("stray")), inputs.x)');
    const instance = await load({ 'model.ts': text });
    expect(await answerOf(instance, 1)).toEqual([1]);
    const stray = await hosted.event('diagnostic', ({ message }) => message.includes('stray'));
    expect(stray.message).toMatch(/^a promise was rejected and nobody handled it: Error: stray\n {4}at /);
    expect(await answerOf(instance, 2)).toEqual([2]);
  });
});

describe('the close of a script', () => {
  const closing = (rest: string) =>
    `export default { ${SIGNATURE}, load: () => 'what it loaded', infer: ({ inputs }) => ({ y: inputs.x }), ${rest} };`;
  const shared = { kind: 'process', runner: 'both', maxRssBytes: 0 } as const;

  it.each([
    ['its instance closes', (instance: Instance) => instance.close()],
    ['the host closes', () => hosted.host.close()],
  ])('runs to its end in a runner of its own when %s', async (_when, end) => {
    const text = closing(`async close({ loaded }) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      console.log('closed', loaded);
    }`);
    const instance = await load({ 'model.ts': text });
    await end(instance);
    await hosted.event('diagnostic', ({ message }) => message === 'closed what it loaded');
    expect(await hosted.event('runnerExited')).toMatchObject({ reason: 'closed', expected: true });
  });

  it.each([
    ['a runner of its own', IN_PROCESS],
    ['a shared one', shared],
  ])('is logged with its lines where it throws in %s', async (_where, placement) => {
    const other = await load({ 'other.ts': closing('close() {}') }, 'other.ts', placement);
    const instance = await load(
      { 'model.ts': closing("\nclose() { throw new Error('still open'); }") },
      'model.ts',
      placement,
    );
    await instance.close();
    const { level, message } = await hosted.event('diagnostic', (event) => event.message.startsWith('close failed'));
    expect(level).toBe('error');
    expect(message).toMatch(/^close failed: Error: still open\n {4}at .*close \(.*\/m\/1\/model\.ts:2:17\)/);
    await other.close();
  });

  it('is cut off after the close timeout in a runner of its own', async () => {
    hosted = createTestHost({ closeTimeoutMs: 100 });
    const instance = await load({ 'model.ts': closing('close() { for (;;); }') });
    await instance.close();
    await hosted.event(
      'diagnostic',
      ({ message }) => message === 'runner model/1#0 did not end within 100 ms and is killed',
    );
    expect(await hosted.event('runnerExited')).toMatchObject({ reason: 'did not end within 100 ms', expected: true });
  });

  it('holds up nobody in a shared runner where it never ends', async () => {
    hosted = createTestHost({ closeTimeoutMs: 100 });
    const stuck = await load({ 'model.ts': closing('close: () => new Promise(() => undefined)') }, 'model.ts', shared);
    const other = await load({ 'other.ts': closing('close() {}') }, 'other.ts', shared);
    expect(other.pid).toBe(stuck.pid);
    await stuck.close();
    await hosted.event('diagnostic', ({ message }) => message === 'model/1#0 did not close within 100 ms');
    expect(await answerOf(other, 2)).toEqual([2]);
    await other.close();
  });
});
