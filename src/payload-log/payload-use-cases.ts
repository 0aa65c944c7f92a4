import { MillraceError } from '../core/index.js';
import type { Audited } from '../governance/index.js';
import type { PayloadRecord } from '../payloads/index.js';
import { eraseRequest } from './reading/erase.js';
import { searchRecords } from './reading/search.js';
import type { PayloadUseCases } from './types.js';

/** That go on at the same time. */
const MAX_READERS = 4;

export interface PayloadUseCasesSetup {
  /** Absolute; undefined = nothing is recorded. */
  readonly folder: string | undefined;
  readonly audited: Audited;
  /** Resolves with true when what waited for the disk is written. */
  readonly flush: () => Promise<boolean>;
}

/** The use cases of the payload log. */
export function createPayloadUseCases({ folder, audited, flush }: PayloadUseCasesSetup): PayloadUseCases {
  let readers = 0;
  const enter = (): string => {
    if (folder === undefined) throw new MillraceError('failed_precondition', OFF);
    if (readers < MAX_READERS) return folder;
    const message = `${MAX_READERS} others read the payload log; try again later`;
    throw new MillraceError('resource_exhausted', message, { retryAfterMs: 1_000 });
  };
  const reading = async <Result>(work: (folder: string) => Promise<Result>): Promise<Result> => {
    const from = enter();
    readers++;
    try {
      return await work(from);
    } finally {
      readers--;
    }
  };
  return {
    search(call, filter, page) {
      const { rights } = call.principal;
      const sees = ({ model, route }: PayloadRecord) =>
        rights.allowOwn('payload.read', model) || (route !== undefined && rights.allowOwn('payload.read', route));
      const resource = filter.requestId ?? filter.name ?? '';
      return audited(call, { action: 'payload.read', resource, right: 'payload.read', on: [''] }, () =>
        reading(async (from) => {
          // What the disk does not take cannot be read either.
          await flush();
          return searchRecords(from, { filter, sees }, page);
        }),
      );
    },
    erase: (call, requestId) =>
      audited(call, { action: 'payload.erase', resource: requestId, right: 'payload.erase', on: ['*'] }, () =>
        reading(async (from) => {
          if (!(await flush())) throw new MillraceError('unavailable', WAITING, { retryAfterMs: 3_000 });
          return eraseRequest(from, requestId);
        }),
      ),
  };
}

const OFF = 'this server keeps no payload log; `payloadLog.folder` and `payloadLog.rules` switch it on';
const WAITING = 'records still wait for the disk of the payload log, and nothing is erased; try again later';
