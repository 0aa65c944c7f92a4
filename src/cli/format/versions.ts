import { MEMORY_LIMIT_REASONS, type MemoryLimit } from '../../runtimes/index.js';
import { formatBytes } from './units.js';

/** What `GET /millrace/v1/models/{model}/versions` answers, as far as it is shown. */
export interface VersionsBody {
  readonly versions: readonly VersionBody[];
}

export interface VersionBody {
  readonly version: number;
  readonly batching?: { readonly enabled: boolean; readonly detail: string };
  readonly instances: readonly { readonly memory_limit?: Pick<MemoryLimit, 'bytes' | 'source'> }[];
}

/** By label, how versions run: a line for each of them. */
export function versionFacts(versions: readonly VersionBody[]): readonly (readonly [string, string])[] {
  const loaded = versions.filter(({ batching }) => batching !== undefined);
  const lines = (describe: (version: VersionBody) => string | undefined): string =>
    loaded
      .flatMap((version) => {
        const text = describe(version);
        if (text === undefined) return [];
        return [loaded.length === 1 ? text : `version ${version.version}: ${text}`];
      })
      .join('\n');
  return [
    ['batching', lines(({ batching }) => batching && `${batching.enabled ? 'on' : 'off'}: ${batching.detail}`)],
    ['memory', lines(describeLimit)],
  ];
}

function describeLimit({ instances }: VersionBody): string | undefined {
  const limit = instances.find(({ memory_limit: known }) => known !== undefined)?.memory_limit;
  return limit && `at most ${formatBytes(limit.bytes)} a runner (${MEMORY_LIMIT_REASONS[limit.source]})`;
}
