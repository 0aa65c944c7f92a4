import { type Static, Type } from '@sinclair/typebox';
import { AuditOptionsSchema } from '../audit/index.js';
import type { DeepReadonly } from '../core/index.js';
import { EngineOptionsSchema } from '../engine/index.js';
import { AuthOptionsSchema, QuotasOptionsSchema } from '../governance/index.js';
import { MemoryOptionsSchema } from '../memory/index.js';
import { MeteringOptionsSchema } from '../metering/index.js';
import { ObjectStoreOptionsSchema } from '../object-store/index.js';
import { PayloadLogOptionsSchema } from '../payloads/index.js';
import { RepositoryOptionsSchema } from '../repository/index.js';
import { RoutesOptionsSchema } from '../routing/index.js';
import { RunnerOptionsSchema } from '../runtimes/index.js';
import { ServerOptionsSchema } from '../server/index.js';
import {
  BatchesOptionsSchema,
  FilesOptionsSchema,
  JobsOptionsSchema,
  MediaOptionsSchema,
  RolloutsOptionsSchema,
} from '../service/index.js';
import { SharedMemoryOptionsSchema } from '../shared-memory/index.js';
import { SlosOptionsSchema } from '../slos/index.js';
import { SourcesOptionsSchema } from '../sources/index.js';
import { StoreOptionsSchema } from '../store/index.js';
import { TelemetryOptionsSchema } from '../telemetry/index.js';
import { DIALECT_OPTIONS } from './dialects.js';

/** `millrace.yaml` as a whole: the options that each room declares for itself, under one key a room, dialect or subject. */
export const SettingsSchema = Type.Object(
  {
    repository: RepositoryOptionsSchema,
    sources: SourcesOptionsSchema,
    engine: EngineOptionsSchema,
    runners: RunnerOptionsSchema,
    memory: MemoryOptionsSchema,
    auth: AuthOptionsSchema,
    server: ServerOptionsSchema,
    ...DIALECT_OPTIONS,
    media: MediaOptionsSchema,
    routes: RoutesOptionsSchema,
    rollouts: RolloutsOptionsSchema,
    slos: SlosOptionsSchema,
    payloadLog: PayloadLogOptionsSchema,
    quotas: QuotasOptionsSchema,
    jobs: JobsOptionsSchema,
    objectStore: ObjectStoreOptionsSchema,
    files: FilesOptionsSchema,
    batches: BatchesOptionsSchema,
    sharedMemory: SharedMemoryOptionsSchema,
    store: StoreOptionsSchema,
    metering: MeteringOptionsSchema,
    audit: AuditOptionsSchema,
    telemetry: TelemetryOptionsSchema,
  },
  { additionalProperties: false },
);

/** Complete, checked and frozen. */
export type Settings = DeepReadonly<Static<typeof SettingsSchema>>;

type Partially<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [Key in keyof T]?: Partially<T[Key]> | undefined }
    : T;

/** Any part of the settings; lists are whole. */
export type PartialSettings = Partially<Settings>;
