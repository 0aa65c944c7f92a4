/** Bytes at the beginning of a file that say what it is. */
export const KIND_BYTES = 512;

const PYTHON = 'a pickled Python object; export the model to ONNX, for scikit-learn with skl2onnx';
const KINDS: readonly (readonly [offset: number, bytes: string, kind: string])[] = [
  [0, 'PK\x03\x04', 'a zip archive, as files of PyTorch and Keras are, too; unpack it, or export the model to ONNX'],
  [0, '\x1f\x8b', 'a gzip archive; unpack it'],
  [0, 'BZh', 'a bzip2 archive; unpack it'],
  [0, '\x28\xb5\x2f\xfd', 'a zstd archive; unpack it'],
  [0, '7z\xbc\xaf\x27\x1c', 'a 7z archive; unpack it'],
  [257, 'ustar', 'a tar archive; unpack it'],
  ...['\x02', '\x03', '\x04', '\x05'].map((version) => [0, `\x80${version}`, PYTHON] as const),
  [0, '\x89HDF', 'a Keras model (HDF5); convert it with tf2onnx'],
  [0, 'GGUF', 'a GGUF model; call it model.gguf'],
  [4, 'ORTM', "a model in ONNX Runtime's own format; serve the ONNX file that it was converted from"],
  [4, 'TFL3', 'a TensorFlow Lite model; convert it with tf2onnx'],
];

/** What a file is that is called an ONNX model and is none, with the remedy, by its first bytes; undefined = they do not say. */
export function describeKind(beginning: Uint8Array): string | undefined {
  const text = Buffer.from(beginning.buffer, beginning.byteOffset, beginning.byteLength).toString('latin1');
  const known = KINDS.find(([offset, bytes]) => text.startsWith(bytes, offset));
  if (known !== undefined) return known[2];
  if (/^(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head)\b/i.test(text)) {
    return 'an HTML page, with which a server answered instead of the file; open it to see why, and download the file again';
  }
  if (/^\s*<(?:\?xml|Error)\b/.test(text)) return 'an XML document, perhaps the error of a download; open it to see';
  return /^\s*\{\s*"/.test(text) ? 'a JSON document, perhaps the error of a download; open it to see' : undefined;
}
