import { describe, expect, it } from 'vitest';
import { createTempFolder } from '../../../test/support/model-folder.js';
import { loadSpec, noOtherModels } from '../../../test/support/test-host.js';
import { type TextModelOptions, textModelFiles } from '../../../test/support/text-model.js';
import { systemClock } from '../../core/index.js';
import { createRuntime } from './index.js';

const runtime = createRuntime({
  clock: systemClock,
  isolated: true,
  report: () => undefined,
  callModel: noOtherModels,
});

describe('files that are no text model', () => {
  const config = JSON.parse(String(textModelFiles()['config.json']));
  const graph = textModelFiles()['onnx/model.onnx'] as Uint8Array;

  it.each<[string, TextModelOptions, Record<string, unknown>, string]>([
    [
      'a tokenizer of another model',
      { files: { 'config.json': JSON.stringify({ ...config, vocab_size: 20 }) } },
      {},
      'tokenizer.json has 30 tokens, but the model only 20 (vocab_size of config.json): they are not of one model',
    ],
    ['a tokenizer that is none', { files: { 'tokenizer.json': '{}' } }, {}, 'tokenizer.json cannot be read: '],
    ['a configuration that is no JSON', { files: { 'config.json': '{' } }, {}, 'config.json is no JSON: '],
    [
      'a configuration without a vocabulary',
      { files: { 'config.json': '{}' } },
      {},
      'config.json: expected vocab_size, got none',
    ],
    [
      'a graph that is cut',
      { files: { 'onnx/model.onnx': graph.subarray(0, 100) } },
      {},
      "'model.onnx' is not a readable ONNX file: it is broken or incomplete",
    ],
    [
      'a graph elsewhere',
      {},
      { onnxFile: '../../x.onnx' },
      "text.onnxFile: expected a file in the model's folder, got '../../x.onnx'",
    ],
    [
      'a graph that is not there',
      {},
      { onnxFile: 'x.onnx' },
      "text.onnxFile: there is no file 'x.onnx' in the model's folder",
    ],
    [
      'more tokens than positions',
      {},
      { maxInputTokens: 17 },
      'text.maxInputTokens: expected at most 16, the positions of the model, got 17',
    ],
    [
      'a module that is not run',
      { files: { 'modules.json': '[{"type":"sentence_transformers.models.Dense"}]' } },
      {},
      "modules.json has the module 'Dense', which is not run: export the model with an output 'sentence_embedding'",
    ],
    [
      'two ways of pooling',
      { files: { '1_Pooling/config.json': '{"pooling_mode_cls_token":true,"pooling_mode_mean_tokens":true}' } },
      {},
      '1_Pooling/config.json: expected one pooling mode, got cls_token and mean_tokens',
    ],
    [
      'a task that the graph cannot do',
      {},
      { task: 'rank' },
      "the graph has no output logits or scores; its outputs are 'last_hidden_state'",
    ],
    [
      'weights of another vocabulary',
      { output: 'classify' },
      { task: 'sparse' },
      "a sparse model gives a weight for each token; output 'logits' has 3, the vocabulary 30",
    ],
    [
      'no weights',
      {},
      { task: 'sparse' },
      "the graph has no output logits or scores or sparse_embedding or sentence_embedding; its outputs are 'last_hidden_state'",
    ],
    [
      'weights that are added up',
      { output: 'sparse', files: { '1_SpladePooling/config.json': '{"pooling_strategy":"sum"}' } },
      {},
      "1_SpladePooling/config.json: expected pooling_strategy max, got 'sum'",
    ],
    [
      'an activation that is not known',
      { output: 'sparse', files: { '1_SpladePooling/config.json': '{"activation_function":"gelu"}' } },
      {},
      "1_SpladePooling/config.json: expected activation_function relu or log1p_relu, got 'gelu'",
    ],
    [
      'a module behind the weights',
      { output: 'sparse', files: { 'modules.json': '[{"type":"x.SpladePooling"},{"type":"x.Router"}]' } },
      {},
      "modules.json has the module 'Router', which is not run",
    ],
    [
      'classes of texts for tokens',
      { output: 'classify' },
      { task: 'tokenClassify' },
      "output 'logits' has 2 dimensions; expected 3 (texts, tokens, classes) (text.task is tokenClassify)",
    ],
    [
      'classes of tokens for texts',
      { output: 'tokenClassify' },
      { task: 'classify' },
      "output 'logits' has 3 dimensions; expected 2 (texts, classes) (text.task is classify)",
    ],
    [
      'several classes to rank by',
      { output: 'classify' },
      { task: 'rank' },
      "a model that ranks gives one number a text; output 'logits' has 3",
    ],
  ])('are refused: %s', async (_what, model, options, message) => {
    await using folder = await createTempFolder(textModelFiles(model));
    const spec = loadSpec({ runtime: 'text', path: `${folder.path}/tokenizer.json`, options });
    await expect(runtime.loadPreparer?.(spec)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining(message) as string,
    });
  });

  it('are refused where weights are not a graph, which are never read', async () => {
    const { 'onnx/model.onnx': _, ...files } = textModelFiles();
    await using folder = await createTempFolder({ ...files, 'pytorch_model.bin': 'pickle' });
    const spec = loadSpec({ runtime: 'text', path: `${folder.path}/tokenizer.json` });
    await expect(runtime.load(spec)).rejects.toThrow(
      'the model has no ONNX graph: expected onnx/model.onnx or model.onnx beside tokenizer.json; pytorch_model.bin is not read: export it with optimum-cli export onnx',
    );
  });
});
