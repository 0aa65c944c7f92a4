import { describe, expect, it } from 'vitest';
import { isIgnoredName, labelProblem, modelNameProblem, versionOfFolder } from './names.js';

describe('isIgnoredName', () => {
  it.each([
    '.git',
    '..data',
    '.model.onnx.Xb12',
    'model.onnx~',
    'config.pbtxt.swp',
    'model.onnx.tmp',
    'model.onnx.part',
    'x.crdownload',
    '#config.pbtxt#',
    'lost+found',
    '__pycache__',
    'Thumbs.db',
  ])('ignores %s', (name) => {
    expect(isIgnoredName(name)).toBe(true);
  });

  it.each(['model.onnx', 'model.onnx.data', 'part', 'tmp', 'my.tmp.model', '1'])('does not ignore %s', (name) => {
    expect(isIgnoredName(name)).toBe(false);
  });
});

describe('modelNameProblem', () => {
  it.each(['mlp', 'MobileNet v3', 'a.b-c_d', 'größe', 'org@model:tag', '1'])('accepts %s', (name) => {
    expect(modelNameProblem(name)).toBeUndefined();
  });

  it.each([
    ['', 'is not a name'],
    ['..', 'is not a name'],
    ['a/b', 'holds a slash, a backslash, a control character or invalid UTF-8'],
    ['a\\b', 'holds a slash, a backslash, a control character or invalid UTF-8'],
    ['a\u0000b', 'holds a slash, a backslash, a control character or invalid UTF-8'],
    ['a\ufffd', 'holds a slash, a backslash, a control character or invalid UTF-8'],
    [' a', 'begins or ends with white space'],
    ['x'.repeat(201), 'is longer than 200 characters'],
  ])('refuses %j', (name, problem) => {
    expect(modelNameProblem(name)).toBe(problem);
  });
});

describe('versionOfFolder', () => {
  it.each([
    ['1', 1],
    ['01', 1],
    ['20240101120000', 20_240_101_120_000],
    ['0', undefined],
    ['00', undefined],
    ['1.0', undefined],
    ['-1', undefined],
    ['v1', undefined],
    ['9999999999999999', undefined],
    ['12345678901234567', undefined],
  ])('takes %s for %s', (name, version) => {
    expect(versionOfFolder(name)).toBe(version);
  });
});

it.each(['', 'a b', 'a@b', 'a/b', 'a\0b', '\x7f', 'a'.repeat(129)])('%j is no label', (label) => {
  expect(labelProblem(label)).toBe(
    'cannot be a label: expected 1 to 128 characters other than white space, control characters, / and @',
  );
});
