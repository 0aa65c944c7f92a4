import os from 'node:os';
import path from 'node:path';
import { type Clock, type EventBus, MillraceError } from '../core/index.js';
import { FileCache } from './file-cache.js';
import { describeFileError, listFolder } from './files.js';
import { findModels, type ModelLocation } from './find-models.js';
import { mapConcurrently } from './map-concurrently.js';
import { isIgnoredName, modelNameProblem } from './names.js';
import type { RepositoryOptions } from './options.js';
import type { ParsedConfig } from './parse-config.js';
import { type ReadConfig, readConfig } from './read-config.js';
import { readModel } from './read-model.js';
import { type Override, overrideOf, readOverrideConfig } from './read-override.js';
import { type SelectionContext, selectSources } from './select-sources.js';
import { SettleTracker } from './settle.js';
import type {
  ModelProblem,
  ModelSource,
  Repository,
  RepositoryNotice,
  RepositoryScan,
  ScanOptions,
  UnsettledVersion,
} from './types.js';
import { Uploads } from './uploads.js';

export interface FolderRepositorySetup {
  /** Folders in order of precedence; relative ones are resolved against the working directory. */
  readonly paths: readonly string[];
  readonly options: Pick<RepositoryOptions, 'stableMs'>;
  readonly clock: Clock;
  /** Receives a `diagnostic` for every notice that is new. */
  readonly events: EventBus;
  /** Where files that come with load requests are put. Default: the system's temporary folder. */
  readonly uploadFolder?: string;
}

const CONCURRENCY = 16;

/** Models in folders of this machine. `scan` rejects only for options that make no sense; all else is in its result. */
export function createFolderRepository(setup: FolderRepositorySetup): Repository {
  return new FolderRepository(setup);
}

interface Collected {
  readonly sources: ModelSource[];
  readonly problems: ModelProblem[];
  readonly unsettled: UnsettledVersion[];
  readonly notices: RepositoryNotice[];
  readonly names: Set<string>;
}

class FolderRepository implements Repository {
  readonly #folders: readonly string[];
  readonly #events: EventBus;
  readonly #configs = new FileCache<ParsedConfig>();
  readonly #selection: SelectionContext;
  readonly #uploads: Uploads;
  #told: ReadonlySet<string> = new Set();

  constructor({ paths, options, clock, events, uploadFolder = os.tmpdir() }: FolderRepositorySetup) {
    this.#uploads = new Uploads(uploadFolder);
    this.#folders = [...new Set(paths.map((folder) => path.resolve(folder)))];
    this.#events = events;
    this.#selection = {
      tracker: new SettleTracker(clock, options.stableMs),
      labels: new FileCache(),
      hashes: new FileCache(),
      known: new Set(),
    };
  }

  async scan(options: ScanOptions = {}): Promise<RepositoryScan> {
    const override = overrideOf(options);
    const collected: Collected = { sources: [], problems: [], unsettled: [], notices: [], names: new Set() };
    const locations = await this.#find(options, collected);
    if (override !== undefined) await this.#readOverride(override, locations[0], collected);
    else {
      await mapConcurrently(locations, CONCURRENCY, (location) =>
        this.#read(location, collected, () => readConfig(location, this.#configs)),
      );
    }
    const isWhole = options.name === undefined && options.repository === undefined;
    if (isWhole) this.#prune();
    this.#tell(collected.notices, isWhole);
    return {
      sources: collected.sources.sort(byNameAndVersion),
      problems: collected.problems.sort(byNameAndVersion),
      unsettled: collected.unsettled.sort(byNameAndVersion),
      notices: collected.notices,
      names: [...collected.names].sort(),
    };
  }

  discard(source: ModelSource): Promise<void> {
    return this.#uploads.discard(source);
  }

  close(): Promise<void> {
    return this.#uploads.close();
  }

  /** The models that count: of namesakes in several repositories, the first. */
  async #find({ name, repository }: ScanOptions, collected: Collected): Promise<readonly ModelLocation[]> {
    const locations = new Map<string, ModelLocation>();
    if (name !== undefined && modelNameProblem(name) !== undefined) return [];
    for (const folder of this.#chosen(repository)) {
      const found = await findModels(folder, name);
      for (const message of found.notices) collected.notices.push({ repository: folder, message });
      for (const problem of found.problems) {
        collected.names.add(problem.name);
        collected.problems.push({ ...problem, version: undefined, repository: folder });
      }
      for (const model of found.models) {
        const first = locations.get(model.name);
        if (first === undefined) locations.set(model.name, model);
        else {
          const message = `model '${model.name}' in ${folder} is not served: ${first.repository} has one of that name`;
          collected.notices.push({ repository: folder, message });
        }
      }
    }
    return [...locations.values()];
  }

  #chosen(repository: string | undefined): readonly string[] {
    if (repository === undefined) return this.#folders;
    const chosen = this.#folders.filter((folder) => folder === repository || path.basename(folder) === repository);
    if (chosen.length > 0) return chosen;
    const known = this.#folders.map((folder) => path.basename(folder)).join(', ');
    throw new MillraceError('not_found', `there is no model repository '${repository}'; there is ${known || 'none'}`);
  }

  /** What came with a load request takes the place of the configuration and, where files came, of the folder. */
  async #readOverride(override: Override, onDisk: ModelLocation | undefined, collected: Collected): Promise<void> {
    const config = await readOverrideConfig(override);
    if (override.files === undefined) {
      if (onDisk !== undefined) await this.#read(onDisk, collected, async () => config);
      return;
    }
    const folder = await this.#uploads.write(override.files);
    const entries = (await listFolder(folder, folder)).filter((entry) => !isIgnoredName(entry.name));
    const repository = onDisk?.repository ?? this.#folders[0] ?? '';
    const { name } = override;
    await this.#read(
      { name, layout: 'upload', repository, root: folder, folder, entries },
      collected,
      async () => config,
    );
    await this.#uploads.keep(
      folder,
      collected.sources.map((source) => source.version),
    );
  }

  async #read(location: ModelLocation, collected: Collected, config: () => Promise<ReadConfig>): Promise<void> {
    const { repository } = location;
    try {
      const reading = await readModel(location, await config());
      const { name } = reading;
      collected.names.add(name);
      collected.problems.push(...reading.problems.map((problem) => ({ ...problem, name, repository })));
      const { sources, unsettled, notices } = await selectSources(reading, this.#selection);
      collected.sources.push(...sources);
      collected.unsettled.push(...unsettled);
      for (const message of [...reading.notices, ...notices]) collected.notices.push({ repository, message });
    } catch (error) {
      collected.names.add(location.name);
      const reason = describeFileError(error);
      collected.problems.push({ name: location.name, version: undefined, repository, reason });
    }
  }

  #prune(): void {
    this.#configs.prune();
    this.#selection.labels.prune();
    this.#selection.hashes.prune();
  }

  /** Polling must not repeat itself in the log. */
  #tell(notices: readonly RepositoryNotice[], isWhole: boolean): void {
    for (const { message } of notices) {
      if (!this.#told.has(message)) this.#events.publish('diagnostic', { level: 'warn', room: 'repository', message });
    }
    if (isWhole) this.#told = new Set(notices.map(({ message }) => message));
  }
}

function byNameAndVersion(
  a: { readonly name: string; readonly version: number | undefined },
  b: { readonly name: string; readonly version: number | undefined },
): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return (a.version ?? 0) - (b.version ?? 0);
}
