import type { RuntimeManifest, RuntimeOptions } from '../../runtimes/index.js';
import type { TritonConfig } from './config-types.js';
import { describeBackend } from './unsupported.js';

interface FromRuntimes {
  /** By the runtimes' names. */
  readonly sections: Readonly<Record<string, RuntimeOptions>>;
  readonly notices: readonly string[];
}

/**
 * The section of the runtime that a Triton configuration names; where it names none, of all whose files may be there. Throws a
 * sentence where a block is for another runtime.
 */
export function fromRuntimes(
  triton: TritonConfig,
  runtime: RuntimeManifest | undefined,
  runtimes: readonly RuntimeManifest[],
): FromRuntimes {
  for (const { triton: mapping, ...other } of runtimes) {
    const { block } = mapping ?? {};
    if (block === undefined || !(block in triton) || other.name === runtime?.name) continue;
    throw new Error(`${block} needs platform '${mapping?.backends[0]}', got ${describeBackend(triton)}`);
  }
  const asked = runtime === undefined ? runtimes.filter(({ files }) => files !== undefined) : [runtime];
  const answers = asked.map(({ name, triton: mapping }) => ({ name, ...mapping?.fromTriton?.(triton) }));
  return {
    sections: Object.fromEntries(
      answers.flatMap(({ name, options }) => (options === undefined ? [] : [[name, options]])),
    ),
    notices: answers.flatMap(({ notices = [] }) => notices),
  };
}
