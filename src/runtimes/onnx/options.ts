import { OptionReader } from '../option-reader.js';

/** The `onnx` section of a model configuration, completed with its defaults. */
export interface OnnxOptions {
  readonly intraOpThreads: number;
  readonly interOpThreads: number;
  readonly graphOptimization: (typeof OPTIMIZATION_LEVELS)[number];
  readonly executionMode: (typeof EXECUTION_MODES)[number];
  readonly executionProviders: readonly string[];
  readonly enableCpuMemArena: boolean;
  readonly enableMemPattern: boolean;
  readonly cacheOptimizedGraph: boolean;
}

const OPTIMIZATION_LEVELS = ['disabled', 'basic', 'extended', 'layout', 'all'] as const;
const EXECUTION_MODES = ['sequential', 'parallel'] as const;

export function readOnnxOptions(section: Readonly<Record<string, unknown>>): OnnxOptions {
  const reader = new OptionReader('onnx', section);
  const options: OnnxOptions = {
    intraOpThreads: reader.amount('intraOpThreads') ?? 1,
    interOpThreads: reader.amount('interOpThreads') ?? 1,
    graphOptimization: reader.choice('graphOptimization', OPTIMIZATION_LEVELS) ?? 'all',
    executionMode: reader.choice('executionMode', EXECUTION_MODES) ?? 'sequential',
    executionProviders: reader.strings('executionProviders') ?? ['cpu'],
    enableCpuMemArena: reader.boolean('enableCpuMemArena') ?? true,
    enableMemPattern: reader.boolean('enableMemPattern') ?? true,
    cacheOptimizedGraph: reader.boolean('cacheOptimizedGraph') ?? false,
  };
  reader.end();
  return options;
}
