import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { identityGraph, type OnnxGraph, writeOnnx } from '../../../test/support/onnx-builder.js';
import { OnnxFixture, x } from '../../../test/support/onnx-fixture.js';
import { batchItem, fp32, numbersOf } from '../../../test/support/tensors.js';
import { loadSpec, runBatch } from '../../../test/support/test-host.js';
import type { LoadSpec } from '../contract.js';

const onnx = new OnnxFixture();
const { folder, reports, runtime } = onnx;
const specOf = (graph: OnnxGraph, changes?: Partial<LoadSpec>) => onnx.specOf(graph, changes);
afterAll(() => onnx.remove());
beforeEach(() => {
  reports.length = 0;
});

describe('a file that cannot be loaded', () => {
  const refused = async (spec: LoadSpec) => runtime.load(spec).then(() => undefined, String);
  const write = (name: string, content: string): LoadSpec => {
    const file = path.join(folder, name);
    writeFileSync(file, content);
    return loadSpec({ runtime: 'onnx', path: file });
  };

  test('says what is wrong with it', async () => {
    const whole = readFileSync(specOf(identityGraph([x(['N'])])).path);
    const half = path.join(folder, 'half.onnx');
    writeFileSync(half, whole.subarray(0, whole.length - 20));
    const broken = 'is not a readable ONNX file: it is broken or incomplete';
    expect(await refused(write('text.onnx', 'hello'))).toBe(`MillraceError: 'text.onnx' ${broken}`);
    expect(await refused(write('page.onnx', '<!doctype html><title>Sign in</title>'))).toBe(
      "MillraceError: 'page.onnx' is not an ONNX file: it is an HTML page, with which a server answered instead of the file; open it to see why, and download the file again",
    );
    expect(await refused(write('empty.onnx', ''))).toBe(`MillraceError: 'empty.onnx' ${broken}`);
    expect(await refused(loadSpec({ runtime: 'onnx', path: half }))).toBe(`MillraceError: 'half.onnx' ${broken}`);
    expect(await refused(loadSpec({ runtime: 'onnx', path: path.join(folder, 'no.onnx') }))).toBe(
      "MillraceError: the model file 'no.onnx' does not exist",
    );
  });

  test('says which opset or operator is unknown', async () => {
    const future = specOf({ ...identityGraph([x(['N'])]), opset: 99 });
    expect(await refused(future)).toBe(
      `MillraceError: '${path.basename(future.path)}' uses opset 99 of ai.onnx; ONNX Runtime 1.30.0 knows it up to 26: export the model with opset 26 or lower`,
    );
    const graph = identityGraph([x(['N'])]);
    const strange = specOf({ ...graph, nodes: graph.nodes.map((node) => ({ ...node, op: 'Frobnicate' })) });
    expect(await refused(strange)).toBe(
      `MillraceError: '${path.basename(strange.path)}' uses the operator Frobnicate of opset 17, which ONNX Runtime 1.30.0 does not have: export the model with operators of ONNX alone`,
    );
  });

  test('says which of its other files is missing, without a path', async () => {
    const spec = specOf(withExternalWeights('weights.bin'));
    expect(await refused(spec)).toBe(
      `MillraceError: '${path.basename(spec.path)}' keeps the data of 'w' in the file 'weights.bin', which is missing: copy it beside '${path.basename(spec.path)}'`,
    );
  });

  test('names neither folders nor source files of ONNX Runtime', async () => {
    const graph = identityGraph([x(['N'])]);
    const spec = specOf({ ...graph, nodes: [...graph.nodes, ...graph.nodes] });
    expect(await refused(spec)).not.toMatch(/\/tmp|onnxruntime_src|millrace-onnx/);
  });
});

describe('the cache of optimised graphs', () => {
  const options = { cacheOptimizedGraph: true };
  let cacheFolder: string;
  beforeEach(() => {
    cacheFolder = path.join(mkdtempSync(path.join(folder, 'cache-')), 'graphs');
  });
  const answer = async (spec: LoadSpec) => {
    const model = await runtime.load(spec);
    const { emissions } = await runBatch(model, [batchItem(1, [fp32('x', [1, 2], [1, 2])])]);
    return numbersOf(emissions[0]?.outputs[0]);
  };
  const doubling = (factor: number): OnnxGraph => ({
    inputs: [x(['N', 2])],
    outputs: [{ name: 'y', type: 'float32', dims: ['N', 2] }],
    nodes: [{ op: 'Mul', inputs: ['x', 'w'], outputs: ['y'] }],
    initializers: [{ name: 'w', type: 'float32', dims: [1], data: new Float32Array([factor]) }],
  });

  test('is filled by the first load and used by the next', async () => {
    const spec = specOf(doubling(2), { options, cacheFolder });
    expect(await answer(spec)).toEqual([2, 4]);
    const [entry, ...others] = readdirSync(cacheFolder);
    expect(others).toEqual([]);
    // Another graph under the same name shows that the second load reads it.
    writeOnnx(path.join(cacheFolder, entry ?? ''), doubling(5));
    expect(await answer(spec)).toEqual([5, 10]);
    expect(reports).toEqual([]);
  });

  test('knows files by their content and options', async () => {
    const spec = specOf(doubling(2), { options, cacheFolder });
    expect(await answer(spec)).toEqual([2, 4]);
    writeOnnx(spec.path, doubling(3));
    expect(await answer(spec)).toEqual([3, 6]);
    expect(await answer({ ...spec, options: { ...options, graphOptimization: 'basic' } })).toEqual([3, 6]);
    expect(readdirSync(cacheFolder)).toHaveLength(3);
  });

  test('heals itself when an entry is broken', async () => {
    const spec = specOf(doubling(2), { options, cacheFolder });
    await answer(spec);
    const [entry = ''] = readdirSync(cacheFolder);
    writeFileSync(path.join(cacheFolder, entry), 'garbage');
    expect(await answer(spec)).toEqual([2, 4]);
    expect(reports.map(([level]) => level)).toEqual(['warn']);
    expect(readFileSync(path.join(cacheFolder, entry)).length).toBeGreaterThan(50);
  });

  test('costs nothing but time where it cannot be written', async () => {
    writeFileSync(cacheFolder, 'a file where the folder should be');
    expect(await answer(specOf(doubling(2), { options, cacheFolder }))).toEqual([2, 4]);
    expect(reports.map(([level]) => level)).toEqual(['warn']);
  });

  test('does not take models that keep their weights in other files', async () => {
    writeFileSync(path.join(folder, 'there.bin'), new Float32Array([4]));
    expect(await answer(specOf(withExternalWeights('there.bin'), { options, cacheFolder }))).toEqual([4, 8]);
    expect(reports).toEqual([['info', expect.stringContaining('keeps data in other files')]]);
  });

  test('says of a bad file what is wrong with the file', async () => {
    const file = path.join(folder, 'bad.onnx');
    writeFileSync(file, 'bad');
    const loading = runtime.load(loadSpec({ runtime: 'onnx', path: file, options, cacheFolder }));
    await expect(loading).rejects.toThrow("'bad.onnx' is not a readable ONNX file: it is broken or incomplete");
    expect(readdirSync(cacheFolder)).toEqual([]);
  });

  test('keeps the 32 entries that were used last', async () => {
    mkdirSync(cacheFolder, { recursive: true });
    for (let index = 10; index < 50; index++) {
      writeFileSync(path.join(cacheFolder, `${String(index).repeat(32)}.onnx`), '');
    }
    await answer(specOf(doubling(2), { options, cacheFolder }));
    expect(readdirSync(cacheFolder)).toHaveLength(32);
  });
});

function withExternalWeights(externalFile: string): OnnxGraph {
  return {
    inputs: [x(['N', 2])],
    outputs: [{ name: 'y', type: 'float32', dims: ['N', 2] }],
    nodes: [{ op: 'Mul', inputs: ['x', 'w'], outputs: ['y'] }],
    initializers: [{ name: 'w', type: 'float32', dims: [1], data: [], externalFile }],
  };
}
