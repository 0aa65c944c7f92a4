import type { VersionPolicy } from './model-config.js';
import { selectVersions } from './select-versions.js';

/** What is known about the files of one version. */
export interface JudgedVersion {
  readonly version: number;
  /** 0 = its files are whole. */
  readonly settlesInMs: number;
  /** It has been whole before, so it may be loaded already. */
  readonly known: boolean;
}

/** Which versions a configuration asks for. */
export interface WantedVersions {
  readonly policy: VersionPolicy;
  /** Served whatever the policy says. */
  readonly labelled: readonly number[];
}

/**
 * Which versions to serve and which to wait for. A version being copied does not push out an older one before it is
 * whole; one that has been whole and is being edited keeps its place, so that what is loaded stays.
 */
export function decideVersions(
  { policy, labelled }: WantedVersions,
  judged: readonly JudgedVersion[],
): { readonly served: ReadonlySet<number>; readonly awaited: ReadonlySet<number> } {
  const numbers = (versions: readonly JudgedVersion[]): number[] => versions.map(({ version }) => version);
  const whole = new Set(numbers(judged.filter(({ settlesInMs }) => settlesInMs === 0)));
  const select = (available: readonly number[]) => [
    ...selectVersions(policy, available),
    ...labelled.filter((version) => available.includes(version)),
  ];
  const now = select(numbers(judged.filter(({ version, known }) => known || whole.has(version))));
  const soon = select(numbers(judged));
  return {
    served: new Set(now.filter((version) => whole.has(version))),
    awaited: new Set([...now, ...soon].filter((version) => !whole.has(version))),
  };
}
