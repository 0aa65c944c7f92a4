import type { RuntimeManifest, RuntimeOptions } from '../../runtimes/index.js';
import type { TritonConfig } from './config-types.js';
import { describeBackend } from './unsupported.js';

interface FromRuntime {
  /** By the runtime's name. */
  readonly section: Readonly<Record<string, RuntimeOptions>>;
  readonly notices: readonly string[];
}

/**
 * The section of the runtime that a Triton configuration names; where it names none, of the first, which runs what no other is
 * known for. Throws a sentence where a block is for another runtime.
 */
export function fromRuntime(
  triton: TritonConfig,
  runtime: RuntimeManifest | undefined,
  runtimes: readonly RuntimeManifest[],
): FromRuntime {
  for (const { triton: mapping, ...other } of runtimes) {
    const { block } = mapping ?? {};
    if (block === undefined || !(block in triton) || other.name === runtime?.name) continue;
    throw new Error(`${block} needs platform '${mapping?.backends[0]}', got ${describeBackend(triton)}`);
  }
  const asked = runtime ?? runtimes[0];
  const { options, notices = [] } = asked?.triton?.fromTriton?.(triton) ?? {};
  return { section: asked === undefined || options === undefined ? {} : { [asked.name]: options }, notices };
}
