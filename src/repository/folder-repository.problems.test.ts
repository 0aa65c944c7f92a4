import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { openRepository, scanOf, served } from '../../test/support/folder-repository.js';
import { createTempFolder } from '../../test/support/model-folder.js';
import { EventBus } from '../core/index.js';

describe('a repository says what is wrong', () => {
  const HINT = 'put a model in it, for example my-model/1/model.onnx or just my-model.onnx';

  it('with itself', async () => {
    await using folder = await createTempFolder({ 'empty/.keep': '', 'texts/readme.md': '', file: '' });
    const at = (name: string) => path.join(folder.path, name);
    const scan = await openRepository([at('missing'), at('empty'), at('texts'), at('file')]).scan();
    expect(scan.notices.map((notice) => notice.message)).toEqual([
      `model repository ${at('missing')} does not exist; ${HINT}`,
      `model repository ${at('empty')} is empty; ${HINT}`,
      `model repository ${at('texts')} holds no model; ${HINT}`,
      `model repository ${at('file')} is not a folder; ${HINT}`,
    ]);
    expect(scan).toMatchObject({ sources: [], problems: [], names: [] });
  });

  it('and serves the models that are right', async () => {
    await using folder = await createTempFolder({
      'good/1/model.onnx': '',
      'yaml/model.yaml': 'name: yaml\nmaxBatchSiz: 8\n',
      'yaml/1/model.onnx': '',
      'pbtxt/config.pbtxt': 'name: "pbtxt"\ninput [ { name: "x" dimss: [16] } ]\n',
      'pbtxt/1/model.onnx': '',
      'python/config.pbtxt': 'backend: "python"',
      'renamed/model.yaml': 'name: original',
      'renamed/1/model.onnx': '',
      'empty/model.yaml': '',
      'unknown/model.yaml': 'runtime: torch',
      'policy/model.yaml': 'versions: { specific: [7, 8] }',
      'policy/1/model.onnx': '',
      'notes/readme.md': '',
      'labels/model.yaml': 'outputs: [{ name: y, labels: ../good/labels.txt }]',
      'labels/1/model.onnx': '',
      'nolabels/model.yaml': 'outputs: [{ name: y, labels: labels.txt }]',
      'nolabels/1/model.onnx': '',
      'warm/model.yaml': 'warmup: [{ name: w, inputs: { x: { data: { file: warmup/x.bin } } } }]',
      'warm/1/model.onnx': '',
      'climbing/model.yaml': 'file: ../../good/1/model.onnx',
      'climbing/1/model.onnx': '',
      ' space/1/model.onnx': '',
    });
    const scan = await scanOf(folder);
    expect(served(scan)).toEqual(['good/1']);
    expect(scan.problems.map(({ name, version, reason }) => [name, version, reason])).toEqual([
      [' space', undefined, "the model's name begins or ends with white space; rename it"],
      ['climbing', undefined, "climbing/model.yaml: file: '../../good/1/model.onnx' must not contain '..'"],
      [
        'empty',
        1,
        'empty holds no model file; expected model.onnx, one *.onnx, model.ts, model.gguf, one *.gguf or tokenizer.json, found nothing',
      ],
      [
        'labels',
        undefined,
        "labels of output 'y': '../good/labels.txt' must not contain '..' (looked for in folder 'labels')",
      ],
      ['nolabels', undefined, "labels of output 'y': 'labels.txt' does not exist (looked for in folder 'nolabels')"],
      [
        'pbtxt',
        undefined,
        'pbtxt/config.pbtxt:2:21: unknown field "dimss" for message ModelInput; did you mean \'dims\'?',
      ],
      ['policy', undefined, 'the version policy asks for version 7 or 8, but there is only 1'],
      [
        'python',
        undefined,
        "python/config.pbtxt: backend 'python' is not available; it runs Python code; port model.py to model.ts (docs/scripts.md), or export the model to ONNX and serve that",
      ],
      ['renamed', undefined, "the configuration is for a model 'original', but the folder's name is 'renamed'"],
      ['unknown', undefined, "runtime 'torch' is not known; expected onnx, script, echo, ensemble, llama or text"],
      ['warm', undefined, "warm-up 'w', input 'x': 'warmup/x.bin' does not exist (looked for in folder 'warm')"],
      ['yaml', undefined, "yaml/model.yaml:2:1: unknown key 'maxBatchSiz'; did you mean 'maxBatchSize'?"],
    ]);
    expect(scan.notices.map((notice) => notice.message)).toEqual([
      "folder 'notes' is not a model: it has no configuration, no numeric version folder, no model file",
    ]);
    expect(scan.names).toContain('yaml');
  });

  it('with model files of others, wherever they lie', async () => {
    await using folder = await createTempFolder({
      'net.pt': '',
      'tree.tar.gz': '',
      'flow/MLmodel': '',
      'flow/conda.yaml': '',
      'vino/1/model.xml': '',
      'vino/1/model.bin': '',
      'web/model.json': '',
      'model.pkl': '',
      'bare/net.h5': '',
      'script/model.py': '',
      'script/helper.pkl': '',
      'named/model.yaml': 'file: net.pth',
      'named/1/net.pth': '',
      'onnx/1/model.onnx': '',
      // None of these is a model.
      'train.py': '',
      'readme.txt': '',
      'same.onnx': '',
      'same.pt': '',
      'same.onnx_0.pb': '',
    });
    const scan = await scanOf(folder);
    expect(served(scan)).toEqual(['onnx/1', 'same/1']);
    expect(scan.problems.map(({ name, version, reason }) => [name, version, reason])).toEqual([
      ['bare', 1, 'bare holds net.h5: a Keras model; convert it with tf2onnx'],
      [
        'flow',
        1,
        'flow holds MLmodel: the description of an MLflow model; export the model to ONNX, or log it with mlflow.onnx.log_model',
      ],
      [
        'model',
        undefined,
        'model.pkl is a pickled Python object; export the model to ONNX, for scikit-learn with skl2onnx',
      ],
      ['named', 1, 'named/1 holds net.pth: a file of PyTorch weights; export the model with torch.onnx.export'],
      ['net', undefined, 'net.pt is a PyTorch model; export it with torch.onnx.export'],
      [
        'script',
        1,
        'script holds model.py: a Python model, which this server cannot run; port it to model.ts (docs/scripts.md)',
      ],
      ['tree', undefined, 'tree.tar.gz is an archive; unpack it, so that the model file lies in the folder'],
      ['vino', 1, 'vino/1 holds model.xml: an OpenVINO model; serve the ONNX file that it was converted from'],
      [
        'web',
        1,
        'web holds model.json: a TensorFlow.js or XGBoost model; convert its original with tf2onnx or onnxmltools.convert_xgboost',
      ],
    ]);
    expect(scan.notices).toEqual([]);
    const one = await openRepository([folder.path]).scan({ name: 'net' });
    expect(one.problems.map(({ name }) => name)).toEqual(['net']);
  });

  it('with Git LFS pointers in place of files', async () => {
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n';
    await using folder = await createTempFolder({
      'bare.onnx': pointer,
      'm/1/model.onnx': pointer,
      'data/1/model.onnx': 'x'.repeat(2_000),
      'data/1/model.onnx.data': pointer,
      'fine/1/model.onnx': 'x',
      'fine/1/notes.md': pointer,
    });
    const scan = await scanOf(folder);
    expect(served(scan)).toEqual(['fine/1']);
    expect(scan.problems.map(({ reason }) => reason)).toEqual([
      'bare.onnx is a Git LFS pointer instead of the model; run `git lfs pull` there',
      'data/1 holds model.onnx.data: a Git LFS pointer instead of the model; run `git lfs pull` there',
      'm/1 holds model.onnx: a Git LFS pointer instead of the model; run `git lfs pull` there',
    ]);
  });

  it('with files that are too large', async () => {
    await using folder = await createTempFolder({
      'config/model.yaml': `# ${' '.repeat(4_194_304)}`,
      'config/1/model.onnx': '',
      'labels/model.yaml': 'outputs: [{ name: y, labels: l.txt }]',
      'labels/l.txt': 'x\n'.repeat(8_388_609),
      'labels/1/model.onnx': '',
    });
    const scan = await scanOf(folder);
    expect(scan.problems.map((problem) => problem.reason)).toEqual([
      'config/model.yaml has 4194306 bytes; expected at most 4194304',
      "labels of output 'y': 'l.txt' has 16777218 bytes; expected at most 16777216",
    ]);
  });

  it('of one version while it serves the others', async () => {
    await using folder = await createTempFolder({
      'm/model.yaml': 'versions: all',
      'm/1/model.onnx': '',
      'm/2/model.pt': '',
    });
    const scan = await scanOf(folder);
    expect(served(scan)).toEqual(['m/1']);
    expect(scan.problems).toEqual([
      {
        name: 'm',
        version: 2,
        repository: folder.path,
        reason: 'm/2 holds model.pt: a PyTorch model; export it with torch.onnx.export',
      },
    ]);
  });

  it('of what it passes over', async () => {
    await using folder = await createTempFolder({
      'm/1/model.onnx': '',
      'm/01/model.onnx': '',
      'n/1/model.onnx': '',
      'n.onnx': '',
      'p/model.yaml': '',
      'p/config.pbtxt': '',
      'p/1/model.onnx': '',
      'q/model.yaml': 'versions: { specific: [1, 2] }',
      'q/1/model.onnx': '',
      'r/config.pbtxt': 'input { name: "x" data_type: TYPE_FP32 dims: [-1] allow_ragged_batch: true }',
      'r/1/model.onnx': '',
    });
    const scan = await scanOf(folder);
    expect(served(scan)).toEqual(['m/1', 'n/1', 'p/1', 'q/1', 'r/1']);
    expect(scan.notices.map((notice) => notice.message).sort()).toEqual([
      "file 'n.onnx' is not served: there is a folder 'n' as well",
      'm/1 is not served: another folder stands for version 1 as well',
      'p/config.pbtxt is not read because there is p/model.yaml',
      'q: the version policy asks for version 2, but there is none',
      'r/config.pbtxt: allow_ragged_batch is not supported; only requests of equal shape run together',
    ]);
  });

  it('once, and again when it comes back', async () => {
    await using folder = await createTempFolder({ 'm/1/model.onnx': '', 'notes/readme.md': '' });
    const events = new EventBus();
    const told: string[] = [];
    events.subscribe('diagnostic', ({ level, room, message }) => told.push(`${level} ${room}: ${message}`));
    const repository = openRepository([folder.path], new FakeClock(), events);
    await repository.scan();
    await repository.scan({ name: 'notes' });
    await repository.scan();
    const message =
      "warn repository: folder 'notes' is not a model: it has no configuration, no numeric version folder, no model file";
    expect(told).toEqual([message]);
    await folder.remove('notes');
    await repository.scan();
    await folder.write({ 'notes/readme.md': '' });
    await repository.scan();
    expect(told).toEqual([message, message]);
  });
});
