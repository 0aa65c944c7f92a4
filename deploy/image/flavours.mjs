/** What an image contains, and which files of it no server reads: plain decisions, for build.mjs and its test. */

/** A flavour's optional dependencies, a subset of package.json's, and its size limit, uncompressed. */
export const FLAVOURS = {
  onnx: { optional: (name) => name === 'tokenizers', maxBytes: 240e6 },
  llama: { optional: (name) => name === 'tokenizers' || name.startsWith('@node-llama-cpp/'), maxBytes: 270e6 },
  full: { optional: (name) => !name.startsWith('@duckdb/'), maxBytes: 290e6 },
};

/** By the name that images go by: Node's name of the processor, and the `e_machine` of its ELF files. */
export const PROCESSORS = {
  amd64: { cpu: 'x64', machine: 62 },
  arm64: { cpu: 'arm64', machine: 183 },
};

const NEVER_READ = [
  // Types, source maps and documentation; licences stay.
  /\.(?:[cm]?ts|map|flow|markdown)$/,
  /\/(?!licen[cs]e|notice|copying)[^/]*\.md$/i,
  /\/\.(?:github|package-lock\.json|npmrc|eslintrc.*|prettierrc.*|nycrc.*|taprc|editorconfig|travis\.yml)(?:\/|$)/,
  /^node_modules\/\.bin\//,
  // Sources of native parts, and scripts that would compile or download these.
  /^node_modules\/koffi\/(?:vendor|doc|lib\/native)\/|^node_modules\/koffi\/src\/.*\.(?:cc|hh|h|inc|S|asm|txt)$/,
  /^node_modules\/onnxruntime-node\/script\//,
  // Tests and benchmarks that packages were published with.
  /\/(?:tests?|__tests__|benchmarks?|examples)\//,
];

/** Whether an image for `cpu` (x64, arm64) leaves a file out; `file`: its path below the folder of the package. */
export function isPruned(file, cpu) {
  if (NEVER_READ.some((pattern) => pattern.test(file))) return true;
  const [, runtime] = /^node_modules\/onnxruntime-node\/bin\/[^/]+\/([^/]+\/[^/]+)\//.exec(file) ?? [];
  if (runtime !== undefined) return runtime !== `linux/${cpu}`;
  const [, tokenizers] = /^node_modules\/tokenizers\/tokenizers\.(.+)\.node$/.exec(file) ?? [];
  if (tokenizers !== undefined) return tokenizers !== `linux-${cpu}-gnu`;
  const [, llama] = /^node_modules\/@node-llama-cpp\/([^/]+)\//.exec(file) ?? [];
  if (llama !== undefined) return llama !== `linux-${cpu}`;
  return /^node_modules\/.*musl[^/]*\//.test(file);
}
