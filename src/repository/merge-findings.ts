import type { Examination } from './examine-model.js';
import type { ModelLocation } from './find-models.js';
import type { ModelProblem, RepositoryNotice, RepositoryScan, UnlistedRepository } from './types.js';

/** What a scan found before the models themselves were read. */
export interface Found {
  readonly locations: readonly ModelLocation[];
  readonly problems: readonly ModelProblem[];
  readonly notices: readonly RepositoryNotice[];
  readonly unlisted: readonly UnlistedRepository[];
}

export interface Examined extends Examination {
  readonly repository: string;
}

/** Merges the findings of a scan, in order of name, then version. */
export function mergeFindings(found: Found, examined: readonly Examined[]): RepositoryScan {
  const problems = examined.flatMap(({ name, repository, problems: own }) =>
    own.map(({ version, reason }) => ({ name, version, repository, reason })),
  );
  const notices = examined.flatMap(({ repository, notices: own }) => own.map((message) => ({ repository, message })));
  const unsettled = examined.flatMap(({ name, unsettled: own }) => own.map((version) => ({ name, ...version })));
  const unselected = examined.flatMap(({ name, unselected: own }) => own.map((version) => ({ name, ...version })));
  const names = new Set([...found.problems, ...examined].map(({ name }) => name));
  return {
    sources: examined.flatMap(({ sources }) => sources).sort(byNameAndVersion),
    problems: [...found.problems, ...problems].sort(byNameAndVersion),
    unsettled: unsettled.sort(byNameAndVersion),
    unselected: unselected.sort(byNameAndVersion),
    notices: [...found.notices, ...notices],
    unlisted: found.unlisted,
    names: [...names].sort(),
  };
}

interface Named {
  readonly name: string;
  readonly version: number | undefined;
}

function byNameAndVersion(a: Named, b: Named): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return (a.version ?? 0) - (b.version ?? 0);
}
