import { expect, it } from 'vitest';
import { describeKind } from './file-kind.js';

it.each([
  ['<!DOCTYPE html>\n<html>', /^an HTML page, with which a server answered instead of the file/],
  ['\xef\xbb\xbf \n<HTML lang="en">', /^an HTML page/],
  ['<?xml version="1.0"?><Error><Code>AccessDenied</Code>', /^an XML document/],
  ['{ "error": "not found" }', /^a JSON document/],
  ['PK\x03\x04rest', /^a zip archive/],
  ['\x1f\x8b\x08', /^a gzip archive/],
  ['\x80\x04\x95', /^a pickled Python object/],
  ['\x80\x02}q', /^a pickled Python object/],
  ['\x89HDF\r\n', /^a Keras model/],
  ['GGUF\x03', /^a GGUF model/],
  ['\x20\x00\x00\x00ORTM', /^a model in ONNX Runtime's own format/],
  ['\x1c\x00\x00\x00TFL3', /^a TensorFlow Lite model/],
  [`${'name'.padEnd(257, '\0')}ustar`, /^a tar archive/],
])('names what begins with %j', (beginning, kind) => {
  expect(describeKind(Buffer.from(beginning, 'latin1'))).toMatch(kind);
});

it.each(['', 'hello', '\x08\x07\x12\x07pytorch', '\x80', 'P', '<'])(
  'says nothing of what begins with %j',
  (beginning) => {
    expect(describeKind(Buffer.from(beginning, 'latin1'))).toBeUndefined();
  },
);
