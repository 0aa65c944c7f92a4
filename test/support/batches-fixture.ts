import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { onTestFinished } from 'vitest';
import { NO_TRAIL } from '../../src/audit/index.js';
import {
  Batches,
  type BatchesOptions,
  BatchesOptionsSchema,
  type BatchInfo,
  createBatchUseCases,
  type NewBatch,
} from '../../src/batches/index.js';
import { Call, type Clock, EventBus, type Events, systemClock } from '../../src/core/index.js';
import { Files, type FilesOptions, FilesOptionsSchema } from '../../src/files/index.js';
import { AccessPolicy, createAudit } from '../../src/governance/index.js';
import type { JobsOptions } from '../../src/jobs/index.js';
import type { AnswerRequest } from '../../src/stored-requests/index.js';
import { JOBS_OPTIONS } from './jobs-fixture.js';
import { MemoryObjects } from './memory-objects.js';
import { openTestStore, storeFolder } from './store.js';
import { until } from './until.js';

const BATCHES_OPTIONS = Value.Default(BatchesOptionsSchema, {}) as BatchesOptions;
const FILES_OPTIONS = Value.Default(FilesOptionsSchema, {}) as FilesOptions;

export const ENDPOINT = '/v2/models/m/infer';

/** Lines of a batch's input, with these ids. */
export function linesOfIds(...ids: readonly string[]): string {
  return ids
    .map((id) => `${JSON.stringify({ custom_id: id, method: 'POST', url: ENDPOINT, body: { id } })}\n`)
    .join('');
}

interface ResultLine {
  readonly custom_id: string;
  readonly error: { readonly code: string; readonly message: string } | null;
}

interface FixtureOptions {
  /** Default: answers with the body of the request. */
  readonly answer?: AnswerRequest;
  readonly options?: Partial<BatchesOptions>;
  readonly files?: Partial<FilesOptions>;
  /** Attempts, identities and rules, as jobs have them; what a test changes of them applies from then on. */
  readonly policy?: JobsOptions;
  /** Of the caller `ada`. Default: a key. */
  readonly kind?: 'key' | 'oidc';
  /** When that ends, in milliseconds since the Unix epoch. Default: never. */
  readonly endsAtMs?: number;
  readonly clock?: Clock;
}

const echo: AnswerRequest = async ({ body }) => ({
  answer: { status: 200, headers: { 'content-type': 'application/json' }, body },
  error: undefined,
  hasRun: true,
});

/** Batches in a real store, whose objects are in memory, and whose requests `answer` answers. */
export async function batchesFixture({
  answer = echo,
  options = {},
  files: fileOptions = {},
  policy = JOBS_OPTIONS,
  kind = 'key',
  endsAtMs,
  clock = systemClock,
}: FixtureOptions = {}) {
  const folder = await storeFolder();
  const used = await openTestStore({ path: path.join(folder, 'store.db') });
  const objects = new MemoryObjects();
  const events = new EventBus();
  const diagnostics: Events['diagnostic'][] = [];
  events.subscribe('diagnostic', (event) => diagnostics.push(event));
  const files = new Files({
    options: { ...FILES_OPTIONS, minFreeBytes: 0, ...fileOptions },
    store: used,
    clock,
    events,
  });
  const setup = { objects: { store: objects, rules: policy, https: policy.inputs }, files, clock, events };
  const batches = new Batches({
    ...setup,
    options: { ...BATCHES_OPTIONS, ...options },
    store: used,
    paused: {
      has: () => false,
      reload: async () => undefined,
      onChanged: () => undefined,
      countHeldBy: () => undefined,
    },
    weightOf: () => 1,
    policy,
    answer,
  });
  onTestFinished(async () => {
    await batches.close();
    await files.close();
  });
  await files.start();
  await batches.start();
  const audited = createAudit({ audit: NO_TRAIL, changed: () => undefined });
  const cases = createBatchUseCases({ ...setup, batches, isInference: () => true, audited });
  const name = kind === 'oidc' ? 'oidc:corp/ada' : 'ada';
  const principal = new AccessPolicy().principalOf({
    kind,
    name,
    grants: [{ role: 'caller' }],
    ...(endsAtMs !== undefined && { endsAtMs }),
  });
  const call = Call.of(principal, { receivedAt: systemClock.now() });
  const get = ({ id }: Pick<BatchInfo, 'id'>): Promise<BatchInfo> => cases.get(call, id);
  /** Lines of a file that a batch has written. */
  const lines = async (file: string | undefined): Promise<readonly ResultLine[]> => {
    if (file === undefined) return [];
    const { content } = await files.find(principal, file);
    const chunks: Uint8Array[] = [];
    for await (const chunk of used.files.contents.read(content)) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString().trimEnd();
    return text.split('\n').map((line) => JSON.parse(line));
  };
  return {
    cases,
    call,
    batches,
    files,
    objects,
    diagnostics,
    store: used,
    get,
    create: (batch: Partial<NewBatch>): Promise<BatchInfo> =>
      cases.create(call, { inputFile: '', endpoint: ENDPOINT, window: '24h', ...batch }),
    /** The batch once it is so. */
    async when(what: string, batch: Pick<BatchInfo, 'id'>, holds: (info: BatchInfo) => boolean): Promise<BatchInfo> {
      let info = await get(batch);
      await until(what, async () => {
        info = await get(batch);
        return holds(info);
      });
      return info;
    },
    /** Names of the contents on the disk. */
    contents: (): Promise<readonly string[]> => readdir(path.join(folder, 'store-files')).catch(() => []),
    lines,
    /** Ids of the lines of a file that a batch has written. */
    idsIn: async (file: string | undefined): Promise<readonly string[]> =>
      (await lines(file)).map(({ custom_id: id }) => id),
  };
}

export const isOver = ({ state }: Pick<BatchInfo, 'state'>): boolean =>
  ['completed', 'failed', 'expired', 'cancelled'].includes(state);
