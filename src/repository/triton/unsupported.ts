import type { TritonConfig } from './config-types.js';

const EXPORT = 'export the model to ONNX and serve that';

/** Runtimes by Triton's backend names; a platform stands for the backend in front of the colon. */
const BACKENDS: Readonly<Record<string, string>> = {
  onnxruntime: 'onnx',
  millrace: 'script',
  script: 'script',
  echo: 'echo',
  identity: 'echo',
  ensemble: 'ensemble',
};
const PLATFORMS: Readonly<Record<string, string>> = {
  onnxruntime_onnx: 'onnxruntime',
  millrace_script: 'millrace',
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
export function checkSupported(triton: TritonConfig): {
  readonly runtime: string | undefined;
  readonly notices: readonly string[];
} {
  const runtime = runtimeOf(triton);
  for (const [isPresent, reason] of refusals(triton)) if (isPresent) throw new Error(reason);
  const notices = leftAside(triton, runtime).flatMap(([isPresent, notice]) => (isPresent ? [notice] : []));
  return { runtime, notices };
}

function runtimeOf({ backend, platform }: TritonConfig): string | undefined {
  if (backend === '' && platform === '') return undefined;
  const name = backend === '' ? (PLATFORMS[platform] ?? platform) : backend;
  const runtime = BACKENDS[name];
  if (runtime !== undefined) return runtime;
  const what = backend === '' ? `platform '${platform}'` : `backend '${backend}'`;
  throw new Error(`${what} is not available; ${ADVICE[name] ?? `expected ${Object.keys(BACKENDS).join(' or ')}`}`);
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

function leftAside(triton: TritonConfig, runtime: string | undefined): readonly Finding[] {
  const { priority = 'PRIORITY_DEFAULT', cuda, eager_batching = false } = triton.optimization ?? {};
  return [
    [
      // A script says itself whether it answers any number of times, an ensemble has it from its models.
      triton.model_transaction_policy?.decoupled === true && runtime !== 'script' && runtime !== 'ensemble',
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
