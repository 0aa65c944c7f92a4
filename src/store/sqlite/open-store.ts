import path from 'node:path';
import { type Clock, invalidArgument } from '../../core/index.js';
import type { StoreOptions } from '../options.js';
import type { Declarations, KeyRecords, OutcomeRecords, RolloutRecords, Snapshots, Store } from '../types.js';
import type { UsageRecords } from '../usage.js';
import type { WebhookRecords } from '../webhook-records.js';
import { batchesIn, SqliteFiles } from './file-records.js';
import { SqliteJobs } from './job-records.js';
import { readJob } from './job-rows.js';
import { readChangedKeys, readPage } from './key-pages.js';
import { createReader, type Reader } from './reader.js';
import { StoreThread } from './store-thread.js';
import { toUsageRows } from './usage-rows.js';

const MAX_VALUE_BYTES = 1_048_576;

/** A store in a file. Neither is it made, nor its thread started, before there is something to write or to read. */
export function openStore(options: StoreOptions, clock: Clock): Store {
  const file = path.resolve(options.path);
  const thread = new StoreThread({ path: file, maxSizeBytes: options.maxSizeBytes }, clock);
  const reader = createReader(file, thread, clock);
  return {
    declarations: declarationsIn(thread, reader),
    rollouts: rolloutsIn(thread, reader),
    outcomes: outcomesIn(thread, reader),
    usage: usageIn(thread, reader),
    snapshots: snapshotsIn(thread, reader),
    keys: keysIn(thread, reader),
    jobs: new SqliteJobs({ file, thread, read: reader }),
    webhooks: webhooksIn(reader),
    files: new SqliteFiles({ file, thread, read: reader }),
    batches: batchesIn(thread, reader),
    own: () => thread.request('own', undefined),
    watch: () => reader('watch', undefined, { version: undefined, writer: 'unknown' }),
    backup: (to) => thread.request('backup', { from: file, to: path.resolve(to) }),
    info: () => reader('info', { path: file }, undefined),
    close: () => thread.close(),
  };
}

function declarationsIn(thread: StoreThread, read: Reader): Declarations {
  return {
    current: () => read('currentDeclarations', undefined, []),
    position: () => read('notedPosition', undefined, undefined),
    since: (position) => read('declarationsSince', position, undefined),
    async change(changes, by) {
      for (const { kind, name, value } of changes) checkSize(value, `${kind} '${name}'`);
      return thread.request('changeDeclarations', { changes, by });
    },
    history: (kind, name, limit) => read('declarationHistory', { kind, name, limit }, []),
  };
}

function rolloutsIn(thread: StoreThread, read: Reader): RolloutRecords {
  return {
    open: () => read('openRollouts', undefined, []),
    async begin(record, decision) {
      checkSize([record.plan, record.state, decision.numbers], `rollout '${record.id}'`);
      return thread.request('beginRollout', { record, decision });
    },
    async decide(id, next) {
      checkSize([next.state, next.decision.numbers], `rollout '${id}'`);
      return thread.request('decideRollout', { id, next });
    },
    ofModel: (model, limit) => read('rolloutsOfModel', { model, limit }, []),
    decisions: (id, limit) => read('rolloutDecisions', { id, limit }, []),
  };
}

function outcomesIn(thread: StoreThread, read: Reader): OutcomeRecords {
  return {
    note: (answers) => thread.request('noteAnswers', answers),
    find: (principal, requestId) => read('findAnswer', { principal, requestId }, undefined),
    join: (outcome) => read('joinOutcome', outcome, 'unknown'),
    expire: (nowMs) => read('expireAnswers', nowMs, { missing: [], hasMore: false }),
    ofRoute: (route) => read('outcomesOfRoute', route, []),
  };
}

function webhooksIn(read: Reader): WebhookRecords {
  return {
    lanes: () => read('webhookLanes', undefined, []),
    next: async ({ owner, host }, limit) => (await read('nextWebhooks', { owner, host, limit }, [])).map(readJob),
    settle: (transition) => read('settleWebhook', transition, false),
    redeliver: (id, at) => read('redeliverWebhook', { id, ...at }, false),
  };
}

function usageIn(thread: StoreThread, read: Reader): UsageRecords {
  return {
    add: async (batch) => thread.request('addUsage', toUsageRows(batch)),
    sums: (query) => read('sumUsage', query, []),
    prune: (horizons) => read('pruneUsage', horizons, { hasMore: false }),
  };
}

function snapshotsIn(thread: StoreThread, read: Reader): Snapshots {
  return {
    get: (kind, name) => read('getSnapshot', { kind, name }, undefined),
    async put(kind, name, value) {
      checkSize(value, `${kind} '${name}'`);
      return thread.request('putSnapshot', { kind, name, value });
    },
    remove: (kind, name) => read('removeSnapshot', { kind, name }, undefined),
  };
}

function keysIn(thread: StoreThread, read: Reader): KeyRecords {
  return {
    page: async (after, limit) => readPage(await read('pageOfKeys', { after, limit }, '[]')),
    list: async (after, limit) => readPage(await read('listKeys', { after, limit }, '[]')),
    position: () => read('notedPosition', undefined, undefined),
    async since(position) {
      const changed = await read('keysSince', position, undefined);
      return changed && readChangedKeys(changed);
    },
    async create(record) {
      checkSize([record.grants, record.groups], `key '${record.name}'`);
      return thread.request('createKey', record);
    },
    update: (record, digestBefore) => thread.request('updateKey', { record, digestBefore }),
    noteUses: (uses) => read('noteKeyUses', uses, undefined),
  };
}

function checkSize(value: unknown, what: string): void {
  const sizeBytes = value === undefined ? 0 : Buffer.byteLength(JSON.stringify(value));
  if (sizeBytes <= MAX_VALUE_BYTES) return;
  throw invalidArgument(`${what}: ${sizeBytes} bytes of JSON cannot be stored, expected at most ${MAX_VALUE_BYTES}`);
}
