import path from 'node:path';

const TENSORRT = 'a TensorRT engine, which this server cannot run; serve the ONNX file that it was built from';
const PICKLED = 'a pickled Python object; export the model to ONNX, for scikit-learn with skl2onnx';
const KERAS = 'a Keras model; convert it with tf2onnx';
const COREML = 'a Core ML model; export the model that it was converted from to ONNX';
const XGBOOST = 'an XGBoost model; convert it with onnxmltools.convert_xgboost';
const LIGHTGBM = 'a LightGBM model; convert it with onnxmltools.convert_lightgbm';
const OPENVINO = 'an OpenVINO model; serve the ONNX file that it was converted from';
const ARCHIVE = 'an archive; unpack it, so that the model file lies in the folder';
const ORIGINAL = 'export the model that it was converted from to ONNX';

/** Model files of others by their endings, and what to do about them. */
const FOREIGN: Readonly<Record<string, string>> = {
  '.plan': TENSORRT,
  '.engine': TENSORRT,
  '.trt': TENSORRT,
  '.pt': 'a PyTorch model; export it with torch.onnx.export',
  '.pt2': 'an exported PyTorch program; export the model with torch.onnx.export',
  '.pth': 'a file of PyTorch weights; export the model with torch.onnx.export',
  '.pte': 'an ExecuTorch program; export the model with torch.onnx.export',
  '.ckpt': 'a checkpoint; export the model with torch.onnx.export',
  '.safetensors': 'a file of weights without a graph; export the model with torch.onnx.export',
  '.gguf': 'a GGUF model, which this server cannot run; serve an ONNX file of it',
  '.pb': 'a TensorFlow model; convert it with tf2onnx',
  '.tflite': 'a TensorFlow Lite model; convert it with tf2onnx',
  '.h5': KERAS,
  '.hdf5': KERAS,
  '.keras': KERAS,
  '.pkl': PICKLED,
  '.pickle': PICKLED,
  '.joblib': PICKLED,
  '.skops': 'a scikit-learn model of skops; export it with skl2onnx',
  '.ort': "a model in ONNX Runtime's own format; serve the ONNX file that it was converted from",
  '.mlmodel': COREML,
  '.pmml': 'a PMML model; export the model that it was written from to ONNX, for scikit-learn with skl2onnx',
  '.cbm': 'a CatBoost model; save it in the format ONNX with save_model',
  '.xgb': XGBOOST,
  '.ubj': XGBOOST,
  '.bst': XGBOOST,
  '.lgb': LIGHTGBM,
  '.mar': 'an archive of TorchServe; export the PyTorch model in it with torch.onnx.export',
  '.nemo': "an archive of NeMo; export it with the model's export('model.onnx')",
  '.pdmodel': 'a PaddlePaddle model; convert it with paddle2onnx',
  '.caffemodel': `a Caffe model; ${ORIGINAL}`,
  '.mnn': `an MNN model; ${ORIGINAL}`,
  '.rknn': `an RKNN model; ${ORIGINAL}`,
  '.tar.gz': ARCHIVE,
  '.tgz': ARCHIVE,
};

/** Of files with these endings only some are models. */
const FOREIGN_NAMES: Readonly<Record<string, string>> = {
  'model.py': 'a Python model, which this server cannot run; port it to model.ts (docs/scripts.md)',
  MLmodel: 'the description of an MLflow model; export the model to ONNX, or log it with mlflow.onnx.log_model',
  'model.json': 'a TensorFlow.js or XGBoost model; convert its original with tf2onnx or onnxmltools.convert_xgboost',
  'model.txt': LIGHTGBM,
  'model.xml': OPENVINO,
  'openvino_model.xml': OPENVINO,
  'pytorch_model.bin': 'a file of PyTorch weights; export the model with `optimum-cli export onnx`',
};

/** What a model file is that this server cannot run, with the remedy; undefined for every other file. */
export function describeForeign(file: string): string | undefined {
  const name = path.basename(file);
  const ending = endingOf(name);
  if (ending !== undefined) return FOREIGN[ending];
  return Object.hasOwn(FOREIGN_NAMES, name) ? FOREIGN_NAMES[name] : undefined;
}

/** `net` for `net.pt`: the name that a bare model file of others would have as a model; undefined for every other file. */
export function foreignModelName(file: string): string | undefined {
  const ending = endingOf(file);
  return ending === undefined ? undefined : file.slice(0, -ending.length);
}

function endingOf(file: string): string | undefined {
  const last = path.extname(file);
  const two = path.extname(file.slice(0, file.length - last.length)) + last;
  return [two, last].find((ending) => Object.hasOwn(FOREIGN, ending));
}
