import { expect, test } from 'vitest';
import { explainLoadError } from './errors.js';

test.each([
  [
    'Fatal error: my.ops:Mystery(-1) is not a registered function/op',
    "'m.onnx' uses the operator Mystery of the domain my.ops, which ONNX Runtime 1.30.0 does not have: export the model with operators of ONNX alone",
  ],
  [
    'This is an invalid model. In Node, ("", Mystery, "my.ops", -1) : () -> (), Error No opset import for domain \'my.ops\'',
    "'m.onnx' uses the operator Mystery of the domain my.ops, which ONNX Runtime 1.30.0 does not have: export the model with operators of ONNX alone",
  ],
  [
    'This is an invalid model. Error: Duplicate definition of name (y).',
    "'m.onnx' defines 'y' twice: give each input and each result of an operator its own name",
  ],
  [
    'Error: Duplicate definition-site for (x).',
    "'m.onnx' defines 'x' twice: give each input and each result of an operator its own name",
  ],
  [
    'MLDataType for: tensor(complex64) is not currently registered or supported',
    "'m.onnx' has an input or output of type COMPLEX64, which onnxruntime-node cannot hold: export real and imaginary parts as tensors of their own",
  ],
  [
    "Could not find an implementation for Identity(21) node with name ''",
    "'m.onnx' uses Identity of opset 21 on a type of elements for which ONNX Runtime 1.30.0 has no such operator: put a Cast to another type before it",
  ],
  [
    'Exception during initialization: Failed to construct locale with name:en_US.UTF-8:locale::facet::_S_create_c_locale name not valid',
    "'m.onnx' changes the case of texts, for which the system needs the locale en_US.UTF-8: install it (Debian: package locales-all)",
  ],
])('%s: names the remedy', (text, message) => {
  const failure = { fileName: 'm.onnx', beginning: new Uint8Array(0), providers: ['cpu'], ortVersion: '1.30.0' };
  expect(explainLoadError(new Error(text), failure).message).toBe(message);
});
