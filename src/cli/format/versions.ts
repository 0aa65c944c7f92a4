import type { MemoryNeed, VersionReport } from '../../api/index.js';
import { MEMORY_LIMIT_REASONS } from '../../runtimes/index.js';
import { formatBytes } from './units.js';

/** By label, how versions run: a line for each of them. */
export function versionFacts(versions: readonly VersionReport[]): readonly (readonly [string, string])[] {
  const loaded = versions.filter(({ batching }) => batching !== undefined);
  const lines = (describe: (version: VersionReport) => string | undefined): string =>
    loaded
      .flatMap((version) => {
        const text = describe(version);
        if (text === undefined) return [];
        return [loaded.length === 1 ? text : `version ${version.version}: ${text}`];
      })
      .join('\n');
  return [
    ['batching', lines(({ batching }) => batching && `${batching.enabled ? 'on' : 'off'}: ${batching.detail}`)],
    ['memory', lines((version) => describeMemory(version))],
  ];
}

function describeMemory(version: VersionReport): string | undefined {
  const parts = [version.memory && describeNeed(version.memory), describeLimit(version)];
  return parts.filter((part) => part !== undefined).join('; ') || undefined;
}

/** The memory that a version needs, and where that is from. */
export function describeNeed({ rest_bytes: rest, peak_bytes: peak, measured }: MemoryNeed): string {
  if (!measured) return `about ${formatBytes(rest)} (estimated from its files, until it is loaded)`;
  return `${formatBytes(rest)} (${formatBytes(peak)} while it loads)`;
}

function describeLimit({ instances }: VersionReport): string | undefined {
  const limit = instances.find(({ memory_limit: known }) => known !== undefined)?.memory_limit;
  return limit && `at most ${formatBytes(limit.bytes)} a runner (${MEMORY_LIMIT_REASONS[limit.source]})`;
}
