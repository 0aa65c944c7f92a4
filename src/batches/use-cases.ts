import { type CallContext, type Clock, invalidArgument, MillraceError, type Principal } from '../core/index.js';
import { type Files, newId, UnknownFile } from '../files/index.js';
import { type Audited, admit, storedIdentityOf } from '../governance/index.js';
import type { BatchRecord, NumberedBatch } from '../store/index.js';
import { parseDuration } from '../text/index.js';
import type { Batches } from './batches.js';
import type { BatchObjectStore } from './ends.js';
import { newBatchObjects } from './object-access.js';
import type { BatchInfo, BatchUseCases, NewBatch } from './types.js';

export interface BatchUseCasesSetup {
  readonly batches: Batches;
  readonly files: Files;
  readonly clock: Clock;
  readonly objects: BatchObjectStore;
  /** Whether a path is one of an inference route. */
  readonly isInference: (path: string) => boolean;
  readonly audited: Audited;
}

const MAX_ENDPOINT_LENGTH = 512;
/** A batch that has ended makes room. */
const RETRY_AFTER_MS = 60_000;
const NOTHING_DONE = {
  lines: 0,
  inputBytes: 0,
  outputBytes: 0,
  errorBytes: 0,
  total: 0,
  completed: 0,
  failed: 0,
  usage: undefined,
} as const;

export function createBatchUseCases(setup: BatchUseCasesSetup): BatchUseCases {
  const { batches, files } = setup;
  const find = async ({ ownerId, rights }: Principal, id: string): Promise<NumberedBatch> => {
    const record = batches.open(id)?.record ?? (await batches.records.get(id));
    const isVisible = record !== undefined && (record.owner === ownerId || rights.allow('job.read', '*'));
    if (!isVisible) throw new UnknownFile('batch', id);
    return record;
  };
  const cancel = async (id: string, principal: Principal): Promise<BatchInfo> => {
    const open = batches.open(id);
    if (open === undefined || !(await batches.cancel(open))) {
      const { state } = await find(principal, id);
      throw new MillraceError('failed_precondition', `batch '${id}' is ${state} and cannot be cancelled`);
    }
    return infoOf(batches, open.record);
  };
  return {
    async create(call, wanted) {
      const id = newId('batch_');
      const subject = { action: 'batch.create', resource: id, right: 'model.infer', on: [''] } as const;
      return setup.audited(call, subject, async () => {
        const { principal } = call;
        await batches.opened();
        const record = await newBatch(setup, principal, { ...wanted, id });
        const { maxOpenPerPrincipal } = batches.options;
        const open = batches.openOf(principal.ownerId);
        if (open >= maxOpenPerPrincipal) {
          const message = `the caller has ${open} batches that have not ended (batches.maxOpenPerPrincipal)`;
          throw new MillraceError('resource_exhausted', message, { retryAfterMs: RETRY_AFTER_MS });
        }
        if (!(await batches.records.add(record))) throw new UnknownFile('file', wanted.inputFile);
        const stored = await batches.records.get(id);
        if (stored === undefined) throw new UnknownFile('batch', id);
        batches.add(stored);
        return infoOf(batches, stored);
      });
    },
    get: async (call, id) => infoOf(batches, await find(admitted(call), id)),
    async list(call, { after, limit, everyones = false }) {
      const principal = admitted(call);
      if (everyones) admit(principal, 'job.read', '*');
      const before = after === undefined ? undefined : (await find(principal, after)).number;
      const owner = everyones ? undefined : principal.ownerId;
      const found = await batches.records.list(owner, { before, limit: limit + 1 });
      return {
        batches: found.slice(0, limit).map((record) => infoOf(batches, record)),
        hasMore: found.length > limit,
      };
    },
    async cancel(call, id) {
      const principal = admitted(call);
      await Promise.all([files.opened(), batches.opened()]);
      const record = await find(principal, id);
      if (record.state === 'cancelling') return infoOf(batches, record);
      if (record.owner === principal.ownerId) return cancel(id, principal);
      // As of jobs: a change of another caller's batch is an entry of the audit trail.
      const subject = { action: 'batch.cancel', resource: id, right: 'job.change', on: ['*'] } as const;
      return setup.audited(call, subject, () => cancel(id, principal));
    },
  };
}

/** The caller, where it may infer anything (each request is checked when it runs), or sees work of others. */
function admitted({ principal }: CallContext): Principal {
  if (!principal.rights.allow('job.read', '')) admit(principal, 'model.infer', '');
  return principal;
}

async function newBatch(
  { batches, files, clock, isInference, objects: { rules } }: BatchUseCasesSetup,
  principal: Principal,
  wanted: NewBatch & { readonly id: string },
): Promise<BatchRecord> {
  const { id, inputFile, endpoint, window, metadata, outputKeepMs } = wanted;
  if (endpoint.length > MAX_ENDPOINT_LENGTH || !isInference(endpoint)) {
    throw wrong('endpoint', `expected the path of an inference route, got '${endpoint.slice(0, 80)}'`);
  }
  const windowMs = parseDuration(window);
  const { maxWindowMs } = batches.options;
  if (windowMs === undefined || windowMs < 1 || windowMs > maxWindowMs) {
    throw wrong(
      'completion_window',
      `expected a duration such as '24h' of at most ${maxWindowMs} ms (batches.maxWindowMs), got '${window.slice(0, 40)}'`,
    );
  }
  const objects = newBatchObjects(rules, principal, wanted);
  const inputContent = objects?.input === undefined ? await contentOf(files, principal, inputFile) : undefined;
  const nowMs = clock.wallNow();
  const { keepMs } = files.options;
  return {
    id,
    owner: principal.ownerId,
    principal: principal.name,
    identity: JSON.stringify(storedIdentityOf(principal)),
    endpoint,
    window,
    inputFile,
    inputContent,
    objects,
    metadata,
    outputKeepMs: Math.min(outputKeepMs ?? keepMs, keepMs),
    createdAtMs: nowMs,
    expiresAtMs: nowMs + windowMs,
    state: 'validating',
    times: {},
    problems: [],
    checkpoint: NOTHING_DONE,
    outputContent: undefined,
    errorContent: undefined,
    outputFile: undefined,
    errorFile: undefined,
    removeAtMs: undefined,
  };
}

async function contentOf(files: Files, principal: Principal, id: string): Promise<string> {
  const { purpose, content } = await files.find(principal, id);
  if (purpose === 'batch') return content;
  throw wrong('input_file_id', `expected a file of the purpose 'batch', got '${purpose}'`);
}

function wrong(parameter: string, what: string): MillraceError {
  return invalidArgument(`'${parameter}': ${what}`, { subject: { parameter } });
}

function infoOf(batches: Batches, record: BatchRecord): BatchInfo {
  const open = batches.open(record.id);
  const { id, principal, endpoint, window, inputFile, metadata, createdAtMs, expiresAtMs } = record;
  const { state, times, problems, outputFile, errorFile } = open?.record ?? record;
  const { total, completed, failed, usage } = open?.progress ?? record.checkpoint;
  return {
    id,
    principal,
    endpoint,
    window,
    inputFile,
    metadata,
    createdAtMs,
    expiresAtMs,
    state,
    times,
    problems,
    outputFile,
    errorFile,
    counts: { total, completed, failed },
    usage,
    trouble: open?.trouble,
  };
}
