import { OptionReader } from '../option-reader.js';

/** The `text` section of a model configuration, completed with its defaults. */
export interface TextOptions {
  readonly task: (typeof TASKS)[number];
  /** '' = the usual one. */
  readonly onnxFile: string;
  readonly pooling: (typeof POOLINGS)[number];
  readonly normalize: boolean;
  /** 0 = as the files say. */
  readonly maxInputTokens: number;
  readonly maxPaddedTokens: number;
  readonly maxPaddingShare: number;
  readonly reserveInstance: boolean;
  readonly threads: number;
  readonly executionProviders: readonly string[];
}

const TASKS = ['auto', 'embed', 'sparse', 'rank', 'classify', 'tokenClassify'] as const;
const POOLINGS = ['auto', 'mean', 'cls', 'lasttoken'] as const;

export function readTextOptions(section: Readonly<Record<string, unknown>>): TextOptions {
  const reader = new OptionReader('text', section);
  const options: TextOptions = {
    task: reader.choice('task', TASKS) ?? 'auto',
    onnxFile: reader.string('onnxFile') ?? '',
    pooling: reader.choice('pooling', POOLINGS) ?? 'auto',
    normalize: reader.boolean('normalize') ?? true,
    maxInputTokens: reader.amount('maxInputTokens') ?? 0,
    maxPaddedTokens: reader.amount('maxPaddedTokens') ?? 256,
    maxPaddingShare: reader.amount('maxPaddingShare') ?? 0.1,
    reserveInstance: reader.boolean('reserveInstance') ?? false,
    threads: reader.amount('threads') ?? 1,
    executionProviders: reader.strings('executionProviders') ?? ['cpu'],
  };
  reader.end();
  return options;
}
