import { expect, it } from 'vitest';
import { noticesByModel } from './notices.js';

it('notices are found by the model that they begin with, in their order', () => {
  const notices = [
    'mlp/model.yaml: batching is ignored',
    "model 'mlp/2' is not warmed up",
    'mlp: two folders have this name',
    'mlp2/1/model.onnx: odd',
    'nothing about any of them',
  ];
  const found = noticesByModel(notices);
  expect(found.get('mlp')).toEqual(notices.slice(0, 3));
  expect(found.get('mlp2')).toEqual([notices[3]]);
  expect(found.get('nothing about any of them')).toBeUndefined();
});
