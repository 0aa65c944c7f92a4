import { describe, expect, it } from 'vitest';
import { chooseModelFile } from './model-file.js';

describe('chooseModelFile', () => {
  it('takes the configured file, else model.onnx, else the only ONNX file', () => {
    expect(chooseModelFile(['a.onnx', 'b.onnx', 'model.onnx'], 'b.onnx')).toEqual({ file: 'b.onnx' });
    expect(chooseModelFile(['a.onnx', 'model.onnx'], undefined)).toEqual({ file: 'model.onnx' });
    expect(chooseModelFile(['net.onnx', 'net.onnx.data', 'sub/other.onnx'], undefined)).toEqual({ file: 'net.onnx' });
  });

  it.each([
    [['a.onnx'], 'b.onnx', "holds no file 'b.onnx', which the configuration names; it holds a.onnx"],
    [
      ['a.onnx', 'b.onnx'],
      undefined,
      'holds several model files (a.onnx, b.onnx); name one in the configuration (`file`)',
    ],
    [[], undefined, 'holds no model file; expected model.onnx or one *.onnx, found nothing'],
    [['readme.md'], undefined, 'holds no model file; expected model.onnx or one *.onnx, found readme.md'],
    [['model.pt'], undefined, 'holds model.pt: a PyTorch model; export it with torch.onnx.export'],
    [
      ['1', '2', '3', '4', '5', '6', '7'],
      undefined,
      'holds no model file; expected model.onnx or one *.onnx, found 1, 2, 3, 4, 5 and 2 more',
    ],
  ])('explains what is missing in %j', (files, configured, problem) => {
    expect(chooseModelFile(files, configured)).toEqual({ problem });
  });
});
