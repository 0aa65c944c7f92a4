import { readdir } from 'node:fs/promises';
import { accessOf, availableMemoryBytes, maxOpenFiles, originOf, type Settings } from '../../config/index.js';
import { type Clock, type Finding, systemClock } from '../../core/index.js';
import type { Access } from '../../governance/index.js';
import { listRepository } from '../../repository/index.js';
import type { KeptRepository } from '../../service/index.js';
import type { Store } from '../../store/index.js';
import { examine } from '../examine.js';
import type { Facts, MachineFacts } from '../facts.js';
import { gatherCertificates } from './certificates.js';
import { gatherContainer } from './container.js';
import { gatherFiles } from './files.js';
import { gatherFolders } from './folders.js';
import { gatherPackages, type OwnManifest, oldestNode } from './packages.js';
import { gatherRepositories } from './repositories.js';
import { gatherStore, readStore } from './stored-keys.js';

/** What is found of a server that these settings configure; none is started, and nothing is changed. */
export async function examineSettings(settings: Settings, manifest: OwnManifest): Promise<readonly Finding[]> {
  const [store, runners] = await Promise.all([gatherStore(settings, systemClock), countModels(settings)]);
  const life = {
    manifest,
    clock: systemClock,
    store,
    runners,
    models: [],
    kept: [],
    memoryLimits: [],
    clockStepMs: undefined,
  };
  const facts = await gatherFacts(settings, { ...life, access: accessOf(settings.auth) });
  return examine(facts, originOf(settings).placeOf);
}

/** A server that runs: what it alone knows. */
export interface RunningServer {
  readonly settings: Settings;
  readonly manifest: OwnManifest;
  readonly store: Pick<Store, 'keys' | 'declarations'>;
  readonly access: Access;
  /** Names of those that it knows. */
  readonly models: readonly string[];
  /** Of the models that are loaded. */
  readonly runners: number;
  readonly memoryLimits: Facts['memoryLimits'];
  readonly clock: Clock;
  /** Repositories whose changes it does not follow. */
  readonly kept: readonly KeptRepository[];
}

/** What is found of the server in this process. */
export async function examineServer({ settings, store, ...life }: RunningServer): Promise<readonly Finding[]> {
  // The one since the process began goes on whatever the clock is set to.
  const clockStepMs = life.clock.wallNow() - (performance.timeOrigin + performance.now());
  const facts = await gatherFacts(settings, { ...life, store: await readStore(store), clockStepMs });
  return examine(facts, originOf(settings).placeOf);
}

/** What differs between a server that runs and one that is only configured. */
interface Life extends Pick<Facts, 'store' | 'runners' | 'memoryLimits' | 'clockStepMs' | 'access'> {
  readonly models: readonly string[];
  readonly manifest: OwnManifest;
  readonly clock: Clock;
  readonly kept: readonly KeptRepository[];
}

async function gatherFacts(settings: Settings, { manifest, clock, models, kept, ...life }: Life): Promise<Facts> {
  const origin = originOf(settings);
  const [container, files, folders, certificates, repositories, found] = await Promise.all([
    gatherContainer(),
    gatherFiles(settings, origin),
    gatherFolders(settings),
    gatherCertificates(settings),
    gatherRepositories(settings, kept),
    listModels(settings),
  ]);
  const writtenSecrets = origin.secretFiles.filter(({ kind }) => kind === 'written').map(({ setting }) => setting);
  return {
    settings,
    served: found && [...found, ...models, ...Object.keys(settings.routes), ...life.store.routes],
    nowMs: clock.wallNow(),
    machine: machineFacts(manifest),
    container,
    packages: gatherPackages(manifest),
    writtenSecrets,
    files,
    folders,
    certificates,
    repositories,
    ...life,
  };
}

function machineFacts(manifest: OwnManifest): MachineFacts {
  return {
    nodeVersion: process.versions.node,
    uid: process.getuid?.(),
    oldestNode: oldestNode(manifest),
    memoryBytes: availableMemoryBytes(),
    openFiles: maxOpenFiles(),
  };
}

/** Of the repositories: each is a runner at least. */
async function countModels({ repository }: Settings): Promise<number> {
  const lists = await Promise.all(repository.paths.map((path) => listRepository(path, () => '').catch(() => [])));
  return lists.flat().filter((name) => !name.startsWith('.')).length;
}

/** Of the repositories; undefined = there may be others, of a list or from elsewhere. */
async function listModels({ repository, sources }: Settings): Promise<readonly string[] | undefined> {
  if (sources.allow.length > 0) return undefined;
  const lists = await Promise.all(
    repository.paths.map((path) => readdir(path).catch((): readonly string[] | undefined => undefined)),
  );
  return lists.includes(undefined) ? undefined : lists.flatMap((names = []) => names);
}
