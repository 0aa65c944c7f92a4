import os from 'node:os';
import path from 'node:path';
import { type Clock, type EventBus, invalidArgument, MillraceError } from '../core/index.js';
import type { RuntimeManifest } from '../runtimes/index.js';
import { createCatalog, type RuntimeCatalog } from './catalog.js';
import { programProblem } from './check-programs.js';
import { DeclaredLabelVersions } from './declared-label-versions.js';
import { type ExaminationContext, examineModel } from './examine-model.js';
import { FileCache } from './file-cache.js';
import { describeFileError, listFolder } from './files.js';
import { type FoundModels, findModelItself, findModels, type ModelLocation } from './find-models.js';
import { FolderIdentities } from './folder-identities.js';
import { locateModel } from './locate-model.js';
import { mapConcurrently } from './map-concurrently.js';
import { type Examined, type Found, mergeFindings } from './merge-findings.js';
import { describePlace, newPlace } from './model-place.js';
import { namedFileProblem } from './named-files.js';
import { isIgnoredName, modelNameProblem, newModelNameProblem } from './names.js';
import type { RepositoryOptions } from './options.js';
import type { ParsedConfig } from './parse-config.js';
import { type ReadConfig, readConfig } from './read-config.js';
import { readModel } from './read-model.js';
import { type Override, overrideOf, readOverrideConfig } from './read-override.js';
import { SettleTracker } from './settle.js';
import { findListedModels, isModelList } from './tensorflow/find-listed.js';
import type {
  ModelPlace,
  ModelProblem,
  ModelSource,
  Repository,
  RepositoryNotice,
  RepositoryScan,
  ScanOptions,
  UnlistedRepository,
  VersionChoice,
} from './types.js';
import { Uploads } from './uploads.js';

export interface FolderRepositorySetup {
  /** Folders in order of precedence; relative ones are resolved against the working directory. */
  readonly paths: readonly string[];
  readonly options: Pick<RepositoryOptions, 'stableMs'> & Partial<Pick<RepositoryOptions, 'configName' | 'modelName'>>;
  /** Whose models it knows. */
  readonly runtimes: readonly RuntimeManifest[];
  readonly clock: Clock;
  /** Receives a `diagnostic` for every notice that is new. */
  readonly events: EventBus;
  /** Labels of a model's versions besides those of its configuration: these versions are served, too. Default: none. */
  readonly declaredLabels?: DeclaredLabelVersions;
  /** Where files that come with load requests are put. Default: the system's temporary folder. */
  readonly uploadFolder?: string;
}

const CONCURRENCY = 16;

/** Models in folders of this machine. `scan` rejects only for options that make no sense; all else is in its result. */
export function createFolderRepository(setup: FolderRepositorySetup): Repository {
  return new FolderRepository(setup);
}

class FolderRepository implements Repository {
  readonly #folders: readonly string[];
  readonly #events: EventBus;
  readonly #configs = new FileCache<ParsedConfig>();
  readonly #configName: string;
  readonly #modelName: string;
  readonly #catalog: RuntimeCatalog;
  readonly #selection: ExaminationContext;
  readonly #uploads: Uploads;
  readonly #identities = new FolderIdentities();
  #told: ReadonlySet<string> = new Set();

  constructor(setup: FolderRepositorySetup) {
    const { paths, options, runtimes, clock, events, uploadFolder = os.tmpdir(), declaredLabels } = setup;
    this.#uploads = new Uploads(uploadFolder, (folder) => this.#forget(folder));
    this.#folders = [...new Set(paths.map((folder) => path.resolve(folder)))];
    this.#events = events;
    this.#configName = options.configName ?? '';
    this.#modelName = options.modelName ?? '';
    this.#catalog = createCatalog(runtimes);
    this.#selection = {
      catalog: this.#catalog,
      tracker: new SettleTracker(clock, options.stableMs),
      labels: new FileCache(),
      hashes: new FileCache(),
      declaredLabels: declaredLabels ?? new DeclaredLabelVersions(),
    };
  }

  async scan(options: ScanOptions = {}): Promise<RepositoryScan> {
    const override = overrideOf(options);
    const found = await this.#find(options);
    const isOverridden = override !== undefined && !(await this.#isOutdated(options.configOverrideAt, found));
    const examined = isOverridden
      ? await this.#examineOverride(override, found)
      : await this.#examineAll(found.locations);
    const wanted = examined.filter(({ name }) => options.name === undefined || name === options.name);
    const scan = mergeFindings(found, wanted);
    const isWhole = options.name === undefined && options.repository === undefined;
    if (isWhole) this.#prune();
    this.#tell(scan.notices, isWhole);
    return scan;
  }

  async locate(name: string, repository?: string): Promise<ModelPlace> {
    const problem = newModelNameProblem(name);
    if (problem !== undefined) throw invalidArgument(`the model's name '${name}' ${problem}`);
    const { locations } = await this.#find({ name, ...(repository === undefined ? {} : { repository }) });
    const [location] = locations;
    if (location === undefined) return newPlace(name, await this.#folderFor(name, repository));
    const read = this.#readConfig(location);
    const place = await read
      .then((config) => describePlace(location, config, this.#catalog))
      .catch((cause: unknown) => {
        throw invalidArgument(`model '${name}' failed to load: ${describeFileError(cause)}`, { cause });
      });
    if (place.name === name) return place;
    const message = `${place.repository} is the model '${place.name}' itself, so there is no model '${name}' in it`;
    throw new MillraceError('not_found', message);
  }

  discard(source: ModelSource): Promise<void> {
    return this.#uploads.discard(source);
  }

  close(): Promise<void> {
    return this.#uploads.close();
  }

  /** The models that count: of namesakes in several repositories, the first. */
  async #find(options: ScanOptions): Promise<Found> {
    const { name, repository, from, choice } = options;
    if (from !== undefined) {
      const place = { folders: this.#chosen(repository), files: this.#catalog.files };
      return chosenIn(
        { locations: [await locateModel({ name, from }, place)], problems: [], notices: [], unlisted: [] },
        choice,
      );
    }
    const locations = new Map<string, ModelLocation>();
    const problems: ModelProblem[] = [];
    const notices: RepositoryNotice[] = [];
    const unlisted: UnlistedRepository[] = [];
    const folders = name !== undefined && modelNameProblem(name) !== undefined ? [] : this.#chosen(repository);
    for (const folder of folders) {
      const found = await this.#findIn(folder, name);
      if (found.unlisted !== undefined) unlisted.push({ repository: folder, reason: found.unlisted });
      notices.push(...found.notices.map((message) => ({ repository: folder, message })));
      problems.push(...found.problems.map((problem) => ({ ...problem, version: undefined, repository: folder })));
      for (const model of found.models) {
        const first = locations.get(model.name);
        if (first === undefined) locations.set(model.name, model);
        else {
          const message = `model '${model.name}' in ${folder} is not served: ${first.repository} has one of that name`;
          notices.push({ repository: folder, message });
        }
      }
    }
    return chosenIn({ locations: [...locations.values()], problems, notices, unlisted }, choice);
  }

  async #findIn(folder: string, name: string | undefined): Promise<FoundModels> {
    const { files } = this.#catalog;
    if (await isModelList(folder)) return findListedModels(folder, files, name);
    const judge = name === undefined ? await this.#identities.look(folder) : undefined;
    const itself = this.#modelName === '' ? undefined : await findModelItself(folder, files, this.#modelName);
    const found = itself ?? (await findModels(folder, files, name));
    const unlisted = found.unlisted ?? judge?.(found.models.length + found.problems.length > 0);
    return unlisted === undefined ? found : { ...found, unlisted };
  }

  #chosen(repository: string | undefined): readonly string[] {
    if (repository === undefined) return this.#folders;
    const chosen = this.#folders.filter((folder) => folder === repository || path.basename(folder) === repository);
    if (chosen.length > 0) return chosen;
    const known = this.#folders.map((folder) => path.basename(folder)).join(', ');
    throw new MillraceError('not_found', `there is no model repository '${repository}'; there is ${known || 'none'}`);
  }

  /** The first folder: nothing can be put into a list of models. */
  async #folderFor(name: string, repository: string | undefined): Promise<string> {
    const chosen = this.#chosen(repository);
    for (const folder of chosen) if (!(await isModelList(folder))) return folder;
    const got = chosen.join(', ') || 'none';
    const message = `expected a model repository that is a folder to put model '${name}' into, got ${got}`;
    throw new MillraceError('failed_precondition', message);
  }

  #examineAll(locations: readonly ModelLocation[]): Promise<readonly Examined[]> {
    return mapConcurrently(locations, CONCURRENCY, (location) =>
      this.#examine(location, () => this.#readConfig(location)),
    );
  }

  #readConfig(location: ModelLocation): Promise<ReadConfig> {
    return readConfig(location, { cache: this.#configs, configName: this.#configName, catalog: this.#catalog });
  }

  /** Somebody has written a configuration after another was given in its place. */
  async #isOutdated(givenAt: number | undefined, { locations: [onDisk] }: Found): Promise<boolean> {
    if (givenAt === undefined || onDisk === undefined) return false;
    // A file that cannot be read is no reason to forget what was given.
    const { file } = await this.#readConfig(onDisk).catch(() => ({ file: undefined }));
    return file !== undefined && file.mtimeMs > givenAt;
  }

  /** What came with a load request takes the place of the configuration and, where files came, of the folder. */
  async #examineOverride(override: Override, { locations }: Found): Promise<readonly Examined[]> {
    const config = await readOverrideConfig(override, this.#catalog);
    const [onDisk] = locations;
    if (override.files === undefined) return onDisk === undefined ? [] : [await this.#examineGiven(onDisk, config)];
    const folder = await this.#uploads.write(override.files);
    const entries = (await listFolder(folder, folder)).filter((entry) => !isIgnoredName(entry.name));
    const place = { repository: onDisk?.repository ?? this.#folders[0] ?? '', root: folder, folder };
    const location = { ...place, name: override.name, layout: 'upload', entries } as const;
    const examined = await this.#examine(location, async () => config);
    const code = examined.sources.find(({ manifest }) => manifest.files?.code)?.manifest;
    await this.#uploads.keep(folder, code === undefined ? examined.sources.map((source) => source.version) : []);
    if (code !== undefined) {
      const what = `a ${code.files?.noun ?? code.name}`;
      throw invalidArgument(
        `model '${override.name}' would be ${what}, and no code comes over the network; put it into a model repository`,
      );
    }
    return [examined];
  }

  /** The model with the configuration that came with a load request. */
  async #examineGiven(location: ModelLocation, config: ReadConfig): Promise<Examined> {
    const refuse = (problem: string | undefined) => {
      if (problem !== undefined) throw invalidArgument(`configuration given for model '${location.name}': ${problem}`);
    };
    refuse(namedFileProblem(config.config, location, this.#catalog.files));
    const examined = await this.#examine(location, async () => config);
    if (!examined.sources.some(({ manifest }) => manifest.files?.code)) return examined;
    const readOwn = async () => readModel(location, await this.#readConfig(location), this.#catalog);
    refuse(programProblem(examined.sources, await readOwn().catch(() => undefined)));
    return examined;
  }

  async #examine(location: ModelLocation, config: () => Promise<ReadConfig>): Promise<Examined> {
    const chosen = async () => withChoice(await config(), location);
    return { ...(await examineModel(location, chosen, this.#selection)), repository: location.repository };
  }

  /** An uploaded folder is gone, and no other will have its name. */
  #forget(folder: string): void {
    for (const cache of [this.#selection.tracker, this.#selection.labels, this.#selection.hashes]) cache.forget(folder);
  }

  #prune(): void {
    this.#configs.prune();
    this.#selection.tracker.prune();
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

/** What was found, with what whoever asked for it has chosen. */
function chosenIn(found: Found, choice: VersionChoice | undefined): Found {
  if (choice === undefined) return found;
  return { ...found, locations: found.locations.map((location) => ({ ...location, choice })) };
}

/** The configuration with the versions and labels that were chosen, which are part of what tells one from another. */
function withChoice(read: ReadConfig, { choice }: ModelLocation): ReadConfig {
  if (choice === undefined) return read;
  const { labelPlaces: places = {}, ...chosen } = choice;
  const elsewhere = 'the list of models that a reload has brought';
  const labels = Object.keys(chosen.labels ?? {});
  const labelPlaces = Object.fromEntries(labels.map((label) => [label, places[label] ?? elsewhere]));
  const text = `${read.text ?? ''}${JSON.stringify(chosen)}`;
  return { ...read, config: { ...read.config, ...chosen }, text, ...(chosen.labels !== undefined && { labelPlaces }) };
}
