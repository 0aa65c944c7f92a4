import { expect, it } from 'vitest';
import { jsonKindOf } from './json-kind.js';

it.each([
  ['{"instances":[[1]]}', 'instances'],
  ['{"signature_name":"serving_default","inputs":{"x":[1]}}', 'instances'],
  ['{"inputs":[[1,2]]}', 'instances'],
  ['{"inputs":[{"b64":"AA=="}]}', 'instances'],
  ['{"inputs":"text"}', 'instances'],
  ['[[1,2]]', 'instances'],
  ['{"id":"a","inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}', 'infer'],
  ['{"model":"m","messages":[]}', 'chat'],
  ['{"max_tokens":5,"prompt":"a"}', 'completion'],
  ['{"text_input":"a"}', 'generate'],
  ['{"\\u0069nstances":[]}', 'instances'],
  ['{"inputs":[]}', 'instances'],
  ['{"a":{"instances":1}}', undefined],
  ['{"instances', undefined],
  ['', undefined],
  ['null', undefined],
])('%s is %s', (text, kind) => {
  expect(jsonKindOf(Buffer.from(text))).toBe(kind);
});

it('reads no more than the beginning, and no half character', () => {
  const long = (before: string) => Buffer.from(`{"a":"${before}${'ü'.repeat(70_000)}","instances":[]}`);
  expect([jsonKindOf(long('')), jsonKindOf(long('x'))]).toEqual([undefined, undefined]);
  expect(jsonKindOf(Buffer.from(`{"instances":["${'ü'.repeat(70_000)}"]}`))).toBe('instances');
});
