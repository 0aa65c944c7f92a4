import { describe, expect, it } from 'vitest';
import {
  exampleOf,
  exampleParameters,
  inputOfFile,
  inputOfText,
  mediaInput,
  modeOf,
  parseParameters,
  tensorsCall,
} from './call.js';
import type { ApiInput, ApiModel } from './types.js';

const X: ApiInput = { name: 'x', datatype: 'FP32', shape: [-1, 2] };
const PIXELS: ApiInput = { name: 'pixels', datatype: 'FP32', shape: [-1, 3, 8, 8], media: 'image' };

function model(fields: Partial<ApiModel> = {}): ApiModel {
  return {
    name: 'm',
    versions: ['1'],
    platform: '',
    max_batch_size: 8,
    inputs: [X],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 3] }],
    decoupled: false,
    tasks: {},
    example: {
      route: 'infer',
      json: { inputs: [{ name: 'x', shape: [1, 2], data: [0, 0.1] }] },
      zeroBytes: 0,
    },
    ...fields,
  };
}

describe('modeOf', () => {
  const all = { '/v1/chat/completions': {}, '/v1/completions': {} };
  it.each([
    ['tensors', model(), all],
    ['media', model({ inputs: [PIXELS] }), all],
    ['chat', model({ tasks: { generate: { chat: true, temperature: 1 } } }), all],
    ['completion', model({ tasks: { generate: { chat: false, temperature: 1 } } }), all],
    ['tensors', model({ tasks: { generate: { chat: true, temperature: 1 } } }), {}],
  ])('is %s', (mode, asked, paths) => {
    expect(modeOf(asked, paths)).toBe(mode);
  });

  it('is none where nothing that takes tensors is switched on', () => {
    const { example: _, ...rest } = model();
    expect(modeOf(rest, {})).toBe('none');
  });
});

describe('mediaInput', () => {
  const sound: ApiInput = { name: 'input', datatype: 'FP32', shape: [-1, -1], media: 'audio', rate_input: 'sr' };
  const rate: ApiInput = { name: 'sr', datatype: 'INT64', shape: [] };

  it('is the only one that takes a file, whatever the server or nobody has to fill in', () => {
    expect(mediaInput(model({ inputs: [PIXELS, { ...X, optional: true }] }))).toBe(PIXELS);
    expect(mediaInput(model({ inputs: [sound, rate] }))).toBe(sound);
  });

  it('is none where more is needed, or several would do', () => {
    expect(mediaInput(model({ inputs: [PIXELS, X] }))).toBeUndefined();
    expect(mediaInput(model({ inputs: [PIXELS, { ...PIXELS, name: 'other' }] }))).toBeUndefined();
  });
});

describe('what a field begins with', () => {
  it('is what the example has', () => {
    expect(exampleOf(model(), X)).toEqual({ shape: [1, 2], text: '[0, 0.1]' });
  });

  it('is one value of a stream', () => {
    const text: ApiInput = { name: 't', datatype: 'BYTES', shape: [1] };
    const words = model({
      inputs: [text],
      example: { route: 'generate_stream', json: { t: 'a "b"', sequence_id: 4 }, zeroBytes: 0 },
    });
    expect(exampleOf(words, text)).toEqual({ shape: [1], text: 'a "b"' });
    expect(exampleParameters(words)).toEqual({ sequence_id: 4 });
  });

  it('is zeros where there would be many, and nothing where it may be left out', () => {
    const many = model({ example: { route: 'infer', json: { inputs: [{ name: 'x', shape: [1, 2] }] }, zeroBytes: 8 } });
    expect(exampleOf(many, X)).toEqual({ shape: [1, 2], text: undefined });
    expect(exampleOf(model(), { ...X, name: 'other', optional: true })).toEqual({ shape: [1, 2], text: '' });
  });
});

describe('inputs', () => {
  it('are left out where they may be and are empty', () => {
    expect(inputOfText({ ...X, optional: true }, '')).toBeUndefined();
    expect(() => inputOfText(X, '')).toThrow('is empty');
  });

  it('are files of raw numbers whose size fits', () => {
    const file = { name: 'x.bin', size: 24 };
    expect(inputOfFile(X, file)).toEqual({
      name: 'x',
      datatype: 'FP32',
      shape: [3, 2],
      content: { kind: 'file', file },
    });
    expect(() => inputOfFile(X, { name: 'x.bin', size: 1_001 })).toThrow('takes FP32[-1,2], got 1,001 bytes');
  });
});

describe('tensorsCall', () => {
  const values = { version: undefined, inputs: [], parameters: {} };

  it('asks for classes only where that is wanted and there are some', () => {
    const ranking = model({ outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 3], classes: 3 }] });
    expect(tensorsCall(ranking, { ...values, ranked: true })).toMatchObject({ kind: 'infer', classes: { y: 3 } });
    expect(tensorsCall(ranking, { ...values, ranked: false })).toMatchObject({ classes: {} });
  });

  it('writes out the zeros of a stream', () => {
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [2], content: { kind: 'zeros' as const } }];
    expect(tensorsCall(model({ decoupled: true }), { ...values, inputs, ranked: true })).toMatchObject({
      kind: 'stream',
      inputs: [{ content: { kind: 'elements', elements: [0, 0] } }],
    });
  });
});

describe('parseParameters', () => {
  it('reads an object of values', () => {
    expect(parseParameters(' ')).toEqual({});
    expect(parseParameters('{"a": 1, "b": "x", "c": true}')).toEqual({ a: 1, b: 'x', c: true });
  });

  it.each([
    ['{', 'is not JSON: expected an object such as {"sequence_id": 7}'],
    ['[1]', 'must be a JSON object'],
    ['{"a": [1]}', "takes texts, numbers, true and false; 'a' is [1]"],
  ])('refuses %s', (text, message) => {
    expect(() => parseParameters(text)).toThrow(new Error(message));
  });
});
