import path from 'node:path';

const TENSORRT = 'a TensorRT engine, which this server cannot run; serve the ONNX file that it was built from';
const PICKLED = 'a pickled Python object; export the model to ONNX, for scikit-learn with skl2onnx';
const KERAS = 'a Keras model; convert it with tf2onnx';

/** Model files of others by their endings, and what to do about them. */
const FOREIGN: Readonly<Record<string, string>> = {
  '.plan': TENSORRT,
  '.engine': TENSORRT,
  '.pt': 'a PyTorch model; export it with torch.onnx.export',
  '.pth': 'a file of PyTorch weights; export the model with torch.onnx.export',
  '.ckpt': 'a checkpoint; export the model with torch.onnx.export',
  '.safetensors': 'a file of weights without a graph; export the model with torch.onnx.export',
  '.gguf': 'a GGUF model, which this server cannot run; serve an ONNX file of it',
  '.pb': 'a TensorFlow model; convert it with tf2onnx',
  '.tflite': 'a TensorFlow Lite model; convert it with tf2onnx',
  '.h5': KERAS,
  '.keras': KERAS,
  '.pkl': PICKLED,
  '.pickle': PICKLED,
  '.joblib': PICKLED,
};
/** Of these files only some are models. */
const PYTHON = 'a Python model, which this server cannot run; port it to model.ts (docs/scripts.md)';

/** What a model file is that this server cannot run, with the remedy; undefined for every other file. */
export function describeForeign(file: string): string | undefined {
  return FOREIGN[path.extname(file)] ?? (path.basename(file) === 'model.py' ? PYTHON : undefined);
}

/** `net` for `net.pt`: the name that a bare model file of others would have as a model; undefined for every other file. */
export function foreignModelName(file: string): string | undefined {
  const ending = path.extname(file);
  return ending in FOREIGN ? file.slice(0, -ending.length) : undefined;
}
