import { describe, expect, it } from 'vitest';
import { BUILT_IN_RUNTIMES, type RuntimeManifest } from '../runtimes/index.js';
import { chooseModelFile } from './model-file.js';
import { ModelFiles } from './model-files.js';

const known = new ModelFiles(BUILT_IN_RUNTIMES);

function choose(files: readonly string[], file?: string, runtime?: string) {
  const wanted = BUILT_IN_RUNTIMES.find(({ name }) => name === runtime);
  const choice = chooseModelFile(files, { file, runtime: wanted }, known);
  return 'problem' in choice ? choice : { ...choice, runtime: choice.runtime.name };
}

const TOY: RuntimeManifest = { name: 'toy', contractVersion: 1, files: { endings: ['.toy', '.pt', '.onnx'] } };

describe('files of a further runtime', () => {
  const further = new ModelFiles([...BUILT_IN_RUNTIMES, TOY]);
  const chosen = (files: readonly string[], file?: string, runtime?: RuntimeManifest) =>
    chooseModelFile(files, { file, runtime }, further);

  it('are its models, also where they were those of others', () => {
    expect(chosen(['net.toy'])).toEqual({ file: 'net.toy', runtime: TOY });
    expect(chosen(['a.toy', 'model.toy'])).toEqual({ file: 'model.toy', runtime: TOY });
    expect(chosen(['net.pt', 'readme.md'])).toEqual({ file: 'net.pt', runtime: TOY });
    expect(chosen(['a.pt', 'b.pt'], 'b.pt')).toEqual({ file: 'b.pt', runtime: TOY });
    expect([further.modelName('net.toy'), further.foreignModelName('net.pt')]).toEqual(['net', undefined]);
  });

  it('are those of the runtime that stands before it, unless the configuration names it', () => {
    expect(chosen(['net.onnx'])).toMatchObject({ file: 'net.onnx', runtime: { name: 'onnx' } });
    expect(chosen(['net.onnx'], undefined, TOY)).toEqual({ file: 'net.onnx', runtime: TOY });
  });

  it('are among those that a folder without a model should hold', () => {
    expect(chosen([])).toEqual({
      problem:
        'holds no model file; expected model.onnx, one *.onnx, model.ts, model.gguf, one *.gguf, tokenizer.json, model.toy, one *.toy, model.pt or one *.pt, found nothing',
    });
  });
});

describe('chooseModelFile', () => {
  it('takes the configured file, else model.onnx, else the only ONNX file', () => {
    const onnx = (file: string) => ({ file, runtime: 'onnx' });
    expect(choose(['a.onnx', 'b.onnx', 'model.onnx'], 'b.onnx')).toEqual(onnx('b.onnx'));
    expect(choose(['a.onnx', 'model.onnx'])).toEqual(onnx('model.onnx'));
    expect(choose(['net.onnx', 'net.onnx.data', 'sub/other.onnx'])).toEqual(onnx('net.onnx'));
  });

  it('takes model.ts and its like for a script, and any script that the configuration names', () => {
    const script = (file: string) => ({ file, runtime: 'script' });
    expect(choose(['lib.ts', 'model.ts', 'package.json'])).toEqual(script('model.ts'));
    expect(choose(['model.mjs'])).toEqual(script('model.mjs'));
    expect(choose(['a.ts', 'model.onnx'], 'a.ts')).toEqual(script('a.ts'));
    expect(choose(['model.onnx', 'model.ts'], undefined, 'script')).toEqual(script('model.ts'));
    expect(choose(['model.onnx', 'model.ts'], undefined, 'onnx')).toEqual({ file: 'model.onnx', runtime: 'onnx' });
  });

  it.each([
    [['a.onnx'], 'b.onnx', "holds no file 'b.onnx', which the configuration names; it holds a.onnx"],
    [
      ['a.onnx', 'b.onnx'],
      undefined,
      'holds several model files (a.onnx, b.onnx); name one in the configuration (`file`)',
    ],
    [
      [],
      undefined,
      'holds no model file; expected model.onnx, one *.onnx, model.ts, model.gguf, one *.gguf or tokenizer.json, found nothing',
    ],
    [
      ['readme.md'],
      undefined,
      'holds no model file; expected model.onnx, one *.onnx, model.ts, model.gguf, one *.gguf or tokenizer.json, found readme.md',
    ],
    [['model.pt'], undefined, 'holds model.pt: a PyTorch model; export it with torch.onnx.export'],
    [
      ['1', '2', '3', '4', '5', '6', '7'],
      undefined,
      'holds no model file; expected model.onnx, one *.onnx, model.ts, model.gguf, one *.gguf or tokenizer.json, found 1, 2, 3, 4, 5 and 2 more',
    ],
  ])('explains what is missing in %j', (files, configured, problem) => {
    expect(choose(files, configured)).toEqual({ problem });
  });

  it.each([
    [['lib.ts'], 'script', 'holds no script; expected model.ts or model.mts or model.js or model.mjs, found lib.ts'],
    [
      ['model.js', 'model.ts'],
      undefined,
      'holds several model files (model.ts, model.js); name one in the configuration (`file`)',
    ],
    [
      ['a.onnx', 'model.ts'],
      undefined,
      'holds model.ts and a.onnx; say in the configuration which is the model (`runtime`)',
    ],
    [
      ['model.py'],
      undefined,
      'holds model.py: a Python model, which this server cannot run; port it to model.ts (docs/scripts.md)',
    ],
  ])('explains what keeps it from a script in %j', (files, runtime, problem) => {
    expect(choose(files, undefined, runtime)).toEqual({ problem });
  });
});
