import type { RuntimeManifest } from '../../runtimes/index.js';
import type { TritonConfig } from './config-types.js';

const EXPORT = 'export the model to ONNX and serve that';

/** Triton's backends by the platforms that stand for them, of those that no runtime answers to. */
const PLATFORMS: Readonly<Record<string, string>> = {
  tensorrt_plan: 'tensorrt',
  pytorch_libtorch: 'pytorch',
  tensorflow_graphdef: 'tensorflow',
  tensorflow_savedmodel: 'tensorflow',
};
/** What to do about a backend that is not here. */
const ADVICE: Readonly<Record<string, string>> = {
  python: `it runs Python code; port model.py to model.ts (docs/scripts.md), or ${EXPORT}`,
  pytorch: `${EXPORT} (torch.onnx.export)`,
  tensorflow: `${EXPORT} (tf2onnx)`,
  tensorrt: "serve the ONNX file that the engine was built from, with backend 'onnxruntime'",
  openvino: "serve the ONNX file with backend 'onnxruntime'",
};

/**
 * The runtime that a Triton configuration asks for (undefined = told from the model file) and what of the configuration
 * is ignored without harm. Throws a sentence with reason and remedy where ignoring it would change answers.
 */
export function checkSupported(
  triton: TritonConfig,
  runtimes: readonly RuntimeManifest[],
): { readonly runtime: RuntimeManifest | undefined; readonly notices: readonly string[] } {
  const runtime = runtimeOf(triton, runtimes);
  for (const [isPresent, reason] of refusals(triton)) if (isPresent) throw new Error(reason);
  const notices = leftAside(triton, runtime).flatMap(([isPresent, notice]) => (isPresent ? [notice] : []));
  return { runtime, notices };
}

function runtimeOf(
  { backend, platform }: TritonConfig,
  runtimes: readonly RuntimeManifest[],
): RuntimeManifest | undefined {
  if (backend === '' && platform === '') return undefined;
  const runtime = runtimes.find(({ triton }) =>
    backend === ''
      ? triton?.platforms?.includes(platform) || triton?.backends.includes(platform)
      : triton?.backends.includes(backend),
  );
  if (runtime !== undefined) return runtime;
  const name = backend === '' ? (PLATFORMS[platform] ?? platform) : backend;
  const known = runtimes.flatMap(({ triton }) => triton?.backends ?? []);
  const what = describeBackend({ backend, platform });
  throw new Error(`${what} is not available; ${ADVICE[name] ?? `expected ${known.join(' or ')}`}`);
}

/** What a configuration says of its runtime: `platform 'x'` or `backend 'x'`. */
export function describeBackend({ backend, platform }: Pick<TritonConfig, 'backend' | 'platform'>): string {
  return backend === '' ? `platform '${platform}'` : `backend '${backend}'`;
}

type Finding = readonly [isPresent: boolean, sentence: string];

function refusals(triton: TritonConfig): readonly Finding[] {
  const tensors = [...triton.input, ...triton.output];
  return [
    [
      triton.sequence_batching?.iterative_sequence === true,
      'sequence_batching.iterative_sequence is not supported; let the client send each step',
    ],
    [
      triton.batch_input.length + triton.batch_output.length > 0,
      'batch_input and batch_output are not supported; the model must take its inputs from the request alone',
    ],
    [
      (triton.model_operations?.op_library_filename ?? []).length > 0,
      'model_operations: custom operator libraries are not loaded',
    ],
    [
      (triton.model_repository_agents?.agents ?? []).length > 0,
      'model_repository_agents are not supported; put the files into the repository as they are to be served',
    ],
    [tensors.some((tensor) => tensor.is_shape_tensor), 'is_shape_tensor is only known to TensorRT'],
    [tensors.some((tensor) => tensor.is_non_linear_format_io), 'is_non_linear_format_io is only known to TensorRT'],
  ];
}

function leftAside(triton: TritonConfig, runtime: RuntimeManifest | undefined): readonly Finding[] {
  const { priority = 'PRIORITY_DEFAULT', cuda, eager_batching = false } = triton.optimization ?? {};
  return [
    [
      triton.model_transaction_policy?.decoupled === true && runtime?.triton?.decoupled !== true,
      'model_transaction_policy.decoupled is not supported; the model answers each request once',
    ],
    [
      triton.input.some((input) => input.allow_ragged_batch),
      'allow_ragged_batch is not supported; only requests of equal shape run together',
    ],
    [priority !== 'PRIORITY_DEFAULT', 'optimization.priority is not supported; all models are equal'],
    [cuda !== undefined, 'optimization.cuda is ignored'],
    [eager_batching, 'optimization.eager_batching is ignored; batches are formed when an instance is free'],
    [
      Object.keys(triton.cc_model_filenames).length > 0,
      'cc_model_filenames is ignored; the same file is served on every device',
    ],
    [triton.model_metrics !== undefined, 'model_metrics is ignored; histograms have the buckets of the server'],
  ];
}
