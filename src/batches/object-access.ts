import { type Clock, type EventBus, invalidArgument, type Principal } from '../core/index.js';
import type { Files } from '../files/index.js';
import type { StoredIdentity } from '../governance/index.js';
import { parseHttpsUrl } from '../network/index.js';
import { parseObjectPrefix, parseObjectUrl, type StoreQuestions } from '../object-store/index.js';
import type { BatchObjects, BatchRecord } from '../store/index.js';
import { callerOf, checkObjects, missedLimit, type NamedObjects, type ObjectRules } from '../stored-requests/index.js';
import type { BatchObjectStore } from './ends.js';
import type { NewBatch } from './types.js';

/** What it takes to read and write objects for the owner of a batch. */
export interface ObjectAccess {
  readonly objects: BatchObjectStore;
  readonly questions: StoreQuestions;
  readonly files: Files;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly policy: { readonly identityMaxAgeMs: number };
}

const OBJECT_SCHEME = 's3:';
const HTTPS_SCHEME = 'https:';

/** Whether an input is a file of a web server, and not objects of the store. */
export function isHttps(input: string): boolean {
  return input.startsWith(HTTPS_SCHEME);
}

/**
 * The objects, or the file of a web server, that a new batch names; undefined = none. Throws `invalid_argument` for what is no URL of such, and `permission_denied` where the settings
 * do not allow them to the caller: the same whether they are there or not, since neither store nor web server is asked.
 */
export function newBatchObjects(
  rules: ObjectRules,
  principal: Principal,
  { id, inputFile, outputPrefix, outputKeepMs }: NewBatch & { readonly id: string },
): BatchObjects | undefined {
  const input = inputFile.startsWith(OBJECT_SCHEME) || isHttps(inputFile) ? inputFile : undefined;
  if (input !== undefined) {
    const isFolder = !isHttps(input) && input.endsWith('/');
    const parse = isHttps(input) ? parseHttpsUrl : isFolder ? parseObjectPrefix : parseObjectUrl;
    naming('input_file_id', () => parse(input));
    // No rule is for an object of that name alone.
    checkObjects(rules, principal, { input: isFolder ? `${input}${id}` : input });
  }
  if (outputPrefix === undefined) return input === undefined ? undefined : { ...NO_OBJECTS, input };
  if (outputKeepMs !== undefined) {
    const message = "'output_expires_after': expected none beside 'output_prefix': objects do not expire";
    throw invalidArgument(message, { subject: { parameter: 'output_expires_after' } });
  }
  const [output, errors] = [`${outputPrefix}${id}_output.jsonl`, `${outputPrefix}${id}_error.jsonl`];
  naming('output_prefix', () => {
    parseObjectPrefix(outputPrefix);
    if (!outputPrefix.endsWith('/')) throw new Error(`expected a URL with a slash at its end, got '${outputPrefix}'`);
    parseObjectUrl(output);
  });
  checkObjects(rules, principal, { output, failure: errors });
  return { ...NO_OBJECTS, input, output, errors };
}

const NO_OBJECTS = { input: undefined, copiedBytes: 0, output: undefined, errors: undefined } as const;

function naming(parameter: string, read: () => unknown): void {
  try {
    read();
  } catch (error) {
    throw invalidArgument(`'${parameter}': ${(error as Error).message}`, { subject: { parameter } });
  }
}

/** Why the owner may not name objects now; undefined = it may. */
export function refusalOf(
  { objects, clock, policy }: ObjectAccess,
  { identity, principal, createdAtMs }: BatchRecord,
  named: NamedObjects,
): string | undefined {
  // It was written by `storedIdentityOf`.
  const stored = JSON.parse(identity) as StoredIdentity;
  const age = { createdAtMs, nowMs: clock.wallNow(), maxAgeMs: policy.identityMaxAgeMs };
  const missed = missedLimit(stored, age);
  if (missed !== undefined) return `the batch of '${principal}' did not come to its objects ${missed}`;
  try {
    checkObjects(objects.rules, callerOf(identity), named);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
