import type { AccountUseCases } from '../account/index.js';
import type { AuditFilter, Page, PageOptions } from '../audit/index.js';
import type { BatchUseCases } from '../batches/index.js';
import type { CallContext } from '../core/index.js';
import type { FileUseCases } from '../files/index.js';
import type { InferenceUseCases } from '../inference/index.js';
import type { JobUseCases } from '../jobs/index.js';
import type { ModelUseCases } from '../models/index.js';
import type { PayloadUseCases } from '../payload-log/index.js';
import type { TrafficUseCases } from '../traffic/index.js';
import type { Upgraded } from '../upgrade/index.js';
import type { DoctorUseCases } from './doctor/doctor-use-cases.js';
import type { EventUseCases } from './events/types.js';
import type { LogSettings, ReloadUseCases } from './reload/types.js';

/** Metrics in a text format. */
export interface Exposition {
  readonly contentType: string;
  readonly body: string;
}

export interface ServerInfo {
  /** Of millrace. */
  readonly version: string;
  /** Clients may register regions of shared memory. */
  readonly hasSharedMemory: boolean;
}

/** Looking into the audit trail. */
export interface AuditUseCases {
  /** Entries that match, the newest first; needs the right `audit.read`. Rejects as the trail does. */
  search(call: CallContext, filter: AuditFilter, page: PageOptions): Promise<Page>;
}

/** The server itself. All reject with MillraceError. */
export interface ServerUseCases {
  readonly audit: AuditUseCases;
  readonly doctor: DoctorUseCases;
  readonly events: EventUseCases;
  readonly payloads: PayloadUseCases;
  readonly reload: ReloadUseCases;
  /**
   * Replaces this server by a new process of the program at its path, and resolves when that answers. Needs the right `server.manage`. Rejects
   * with `failed_precondition` where the new process does not take over: this server goes on.
   */
  upgrade(call: CallContext): Promise<Upgraded>;
  info(call: CallContext): ServerInfo;
  /** The metrics in Prometheus' text format; `failed_precondition` where they are switched off. Needs the right `metrics.read` on everything. */
  metrics(call: CallContext): Promise<Exposition>;
  /** True while the process serves at all. Needs no right. */
  live(): boolean;
  /** True once every model asked for at start is ready or failed (`strict`: ready), and until shutdown. Needs no right. */
  ready(): boolean;
  logSettings(call: CallContext): LogSettings;
  /** `change`: called once the caller may; throws where there is no such change. */
  changeLogSettings(call: CallContext, change: () => Partial<LogSettings>): Promise<LogSettings>;
  /** Whether the caller may read how a model is traced; undefined = how all are. `not_found` for unknown models. */
  checkTracing(call: CallContext, model: string | undefined): void;
  /** The same before it is changed by `change`, which throws where there is no such change. */
  changeTracing(call: CallContext, model: string | undefined, change: () => void): Promise<void>;
}

/**
 * The product's use cases in no protocol's terms. Each passes `admit`, and leaves an entry in the audit trail
 * where it changes something. All reject with MillraceError.
 */
export interface Service {
  readonly inference: InferenceUseCases;
  readonly models: ModelUseCases;
  readonly traffic: TrafficUseCases;
  readonly account: AccountUseCases;
  readonly jobs: JobUseCases;
  readonly files: FileUseCases;
  readonly batches: BatchUseCases;
  readonly server: ServerUseCases;
}
