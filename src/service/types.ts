import type { AccountUseCases } from '../account/index.js';
import type { AuditFilter, Page, PageOptions } from '../audit/index.js';
import type { Call } from '../core/index.js';
import type { InferenceUseCases } from '../inference/index.js';
import type { ModelUseCases } from '../models/index.js';
import type { TrafficUseCases } from '../traffic/index.js';
import type { DoctorUseCases } from './doctor/doctor-use-cases.js';
import type { EventUseCases } from './events/types.js';
import type { LogLevels, ReloadUseCases } from './reload/types.js';

export interface ServerInfo {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

export interface TraceSettings {
  readonly trace_file: string;
  readonly trace_level: readonly string[];
  readonly trace_rate: string;
  readonly trace_count: string;
  readonly log_frequency: string;
  readonly trace_mode: string;
}

export interface LogSettings {
  readonly log_file: string;
  readonly log_info: boolean;
  readonly log_warning: boolean;
  readonly log_error: boolean;
  readonly log_verbose_level: number;
  readonly log_format: string;
}

/** The log settings while the server runs; implemented by telemetry, handed to the service by the assembly. */
export interface LogControl {
  get(): LogSettings;
  /** Settings as they are after the change. */
  update(change: Partial<LogSettings>): LogSettings;
  /** Levels of the settings; those that are missing stay. */
  setLevels(levels: Partial<LogLevels>): void;
}

/** Looking into the audit trail. */
export interface AuditUseCases {
  /** Entries that match, the newest first; needs the right `audit.read`. Rejects as the trail does. */
  search(call: Call, filter: AuditFilter, page: PageOptions): Promise<Page>;
}

/** The server itself. All reject with MillraceError. */
export interface ServerUseCases {
  /** Name, version and extensions of the server. */
  serverInfo(call: Call): ServerInfo;
  /** True while the process serves at all. Needs no right. */
  live(): boolean;
  /** True once every model asked for at start is ready or failed (`strict`: ready), and until shutdown. Needs no right. */
  ready(): boolean;
  readonly audit: AuditUseCases;
  readonly doctor: DoctorUseCases;
  readonly events: EventUseCases;
  readonly reload: ReloadUseCases;
  traceSettings(call: Call, model: string | undefined): TraceSettings;
  updateTraceSettings(
    call: Call,
    model: string | undefined,
    update: Readonly<Record<string, unknown>>,
  ): Promise<TraceSettings>;
  logSettings(call: Call): LogSettings;
  updateLogSettings(call: Call, update: Readonly<Record<string, unknown>>): Promise<LogSettings>;
}

/**
 * The product's use cases in no protocol's terms. Each passes `admit`, and leaves an entry in the audit trail
 * where it changes something. All reject with MillraceError.
 */
export interface Service extends InferenceUseCases, ModelUseCases, TrafficUseCases, AccountUseCases, ServerUseCases {}
