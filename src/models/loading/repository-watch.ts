import path from 'node:path';
import type { Clock, EventBus } from '../../core/index.js';
import type { ModelSource, RepositoryOptions, RepositoryScan } from '../../repository/index.js';
import { type EmptySince, judgeScan, type KeptRepository } from './kept-repositories.js';
import type { KnownSources } from './known-sources.js';

interface WatchSetup {
  readonly options: Pick<RepositoryOptions, 'paths' | 'emptyAfterMs'>;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly known: Pick<KnownSources, 'all'>;
}

/** Decides which scans of the repositories are followed, and says where they are not, and where they are again. */
export class RepositoryWatch {
  readonly #setup: WatchSetup;
  #emptySince: EmptySince = new Map();
  #kept: readonly KeptRepository[] = [];

  constructor(setup: WatchSetup) {
    this.#setup = setup;
  }

  /** Those whose last scan is not followed. */
  get kept(): readonly KeptRepository[] {
    return this.#kept;
  }

  /** Whether a version stays as it is, since the last scan of its repository is not followed. */
  keeps({ repository }: Pick<ModelSource, 'repository'>): boolean {
    return this.#kept.some((one) => one.repository === repository);
  }

  /** The part of a scan of all repositories that is to be followed. */
  judge(found: RepositoryScan): RepositoryScan {
    const { known, clock, options } = this.#setup;
    const { scan, kept, emptySince } = judgeScan(found, {
      known: known.all,
      emptySince: this.#emptySince,
      nowMs: clock.now(),
      emptyAfterMs: options.emptyAfterMs,
    });
    this.#tell(kept, emptySince);
    this.#kept = kept;
    this.#emptySince = emptySince;
    return scan;
  }

  #tell(kept: readonly KeptRepository[], emptySince: EmptySince): void {
    const { events, options } = this.#setup;
    const find = (all: readonly KeptRepository[], repository: string) =>
      all.find((one) => one.repository === repository);
    for (const repository of new Set(options.paths.map((each) => path.resolve(each)))) {
      const before = find(this.#kept, repository);
      const now = find(kept, repository);
      events.publish('repositoryScanned', { repository, isFollowed: now === undefined });
      if (now !== undefined && now.reason !== before?.reason) this.#warn(now);
      if (now !== undefined || before === undefined) continue;
      const message = emptySince.has(repository)
        ? `model repository ${repository} has held nothing to serve for ${options.emptyAfterMs} ms (repository.emptyAfterMs); ${modelsOf(before)} unloaded`
        : `model repository ${repository} is followed again`;
      events.publish('diagnostic', { level: 'info', room: 'repository', message });
    }
  }

  #warn(repository: KeptRepository): void {
    // Where nothing serves, the scan's own notice says all.
    if (repository.models.length === 0) return;
    const { events, options } = this.#setup;
    const message =
      repository.kind === 'unlisted'
        ? `${repository.reason}; ${modelsOf(repository)} kept until that is corrected`
        : `${repository.reason}; ${modelsOf(repository)} unloaded if that lasts ${options.emptyAfterMs} ms (repository.emptyAfterMs)`;
    events.publish('diagnostic', { level: 'warn', room: 'repository', message });
  }
}

function modelsOf({ models }: KeptRepository): string {
  return models.length === 1 ? 'its 1 model is' : `its ${models.length} models are`;
}
