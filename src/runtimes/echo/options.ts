import { OptionReader } from '../option-reader.js';

const MODES = ['identity', 'repeat', 'accumulate'] as const;

/** The `echo` section of a model configuration, completed with its defaults. */
export interface EchoOptions {
  readonly mode: (typeof MODES)[number];
  readonly delayMs: number;
  readonly faults: boolean;
}

export function readEchoOptions(section: Readonly<Record<string, unknown>>): EchoOptions {
  const reader = new OptionReader('echo', section);
  const options: EchoOptions = {
    mode: reader.choice('mode', MODES) ?? 'identity',
    delayMs: reader.amount('delayMs') ?? 0,
    faults: reader.boolean('faults') ?? false,
  };
  reader.end();
  return options;
}
