import type { Events } from '../../core/index.js';
import { type Family, NO_LABELS } from './family.js';

/** Whether repositories are followed; there are as many as the settings name. */
export class RepositoryMetrics {
  readonly #isFollowed = new Map<string, boolean>();

  record({ repository, isFollowed }: Events['repositoryScanned']): void {
    this.#isFollowed.set(repository, isFollowed);
  }

  families(): readonly Family[] {
    return [
      {
        name: 'millrace_repository_last_scan_successful',
        help: 'Whether the last scan of a repository is followed; 0 = it cannot be read, or nothing is left in it.',
        type: 'gauge',
        collect: () =>
          [...this.#isFollowed].map(([repository, isFollowed]) => ({
            labels: { repository },
            sharedLabels: NO_LABELS,
            value: isFollowed ? 1 : 0,
          })),
      },
    ];
  }
}
