import type { Clock, EventBus } from '../../core/index.js';
import type { Engine } from '../../engine/index.js';
import type { DeclaredLabelVersions, Patience, Repository, RepositoryOptions } from '../../repository/index.js';
import type { Puller } from '../../sources/index.js';
import { ModelAliases } from '../lookup/model-aliases.js';
import { VersionLabels } from '../lookup/version-labels.js';
import { KnownSources } from './known-sources.js';
import { LoadOverrides } from './load-overrides.js';
import { LoadTurns } from './load-turns.js';
import { ModelIndex } from './model-index.js';
import { RepositoryWatch } from './repository-watch.js';
import { SourceLoader } from './source-loader.js';

/** How long a load waits for files that are still being written. */
const MAX_SETTLE_WAIT_MS = 30_000;

/** Gets models from elsewhere; `sources` has it, and the assembly hands it over. */
export type ModelPuller = Pick<Puller, 'allows' | 'check' | 'lacksFiles' | 'pull' | 'close'>;

export interface ModelControllerOptions {
  readonly repository: Repository;
  readonly puller: ModelPuller;
  readonly engine: Engine;
  readonly options: RepositoryOptions;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly declaredLabels: DeclaredLabelVersions;
  /** Whether a route has the name. */
  readonly isRoute: (name: string) => boolean;
}

/** Shared by loads of all kinds: at start, of one model, by polling. */
export interface LoadingParts extends ModelControllerOptions {
  readonly turns: LoadTurns;
  readonly known: KnownSources;
  readonly watch: RepositoryWatch;
  readonly index: ModelIndex;
  readonly loader: SourceLoader;
  readonly labels: VersionLabels;
  readonly aliases: ModelAliases;
  readonly overrides: LoadOverrides;
  /** Models that were only loaded because an ensemble is made of them. */
  readonly broughtAlong: Set<string>;
  /** Pulls under way, by the model's name. */
  readonly pulls: Map<string, AbortController>;
  /** How long loads wait for files that are being written. */
  readonly patience: Patience;
}

interface Progress {
  /** Models are still being found. */
  readonly starting: () => boolean;
  /** Nothing is waited for any more. */
  readonly closed: () => boolean;
}

export function createParts(setup: ModelControllerOptions, { starting, closed }: Progress): LoadingParts {
  const { engine, clock, events } = setup;
  const known = new KnownSources();
  const labels = new VersionLabels(setup);
  const aliases = new ModelAliases({ ...setup, starting });
  const index = new ModelIndex({ engine, events, known, labels, aliases });
  return {
    ...setup,
    turns: new LoadTurns(),
    known,
    watch: new RepositoryWatch({ ...setup, known }),
    index,
    loader: new SourceLoader({ engine, known, index }),
    labels,
    aliases,
    overrides: new LoadOverrides(clock),
    broughtAlong: new Set(),
    pulls: new Map(),
    patience: { clock, maxWaitMs: MAX_SETTLE_WAIT_MS, stopped: closed },
  };
}
