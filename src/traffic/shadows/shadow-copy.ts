import {
  type Call,
  type DeadlineWatch,
  type ErrorCode,
  type InferRequest,
  type InferResponse,
  type MillraceError,
  toMillraceError,
} from '../../core/index.js';
import type { ModelInfo } from '../../engine/index.js';
import type { InferCopy } from '../../inference/index.js';
import { type DropReason, type Ending, sizeOfOutputs } from '../../shadows/index.js';
import type { CopiedSequence } from './shadow-sequences.js';

/** Most bytes of an answer that is compared. */
export const MAX_ANSWER_BYTES = 16_777_216;

export interface CopyDependencies {
  readonly inferCopy: InferCopy;
  readonly deadlines: DeadlineWatch;
}

/** A request that the primary has ended, to be run by the shadow. */
export interface Copy {
  readonly request: InferRequest;
  readonly sequence: CopiedSequence | undefined;
  /** The version that runs it; throws where there is none any more. */
  readonly chooseInfo: () => ModelInfo;
}

/** The outcome of a copy. */
export type CopyOutcome =
  | { readonly kind: 'ended'; readonly ending: Ending; readonly responses: readonly InferResponse[] }
  | { readonly kind: 'dropped'; readonly reason: DropReason };

/** Runs a copy on a call of its own until it has ended. Never rejects. */
export async function runCopy(dependencies: CopyDependencies, copy: Copy, call: Call): Promise<CopyOutcome> {
  const { inferCopy, deadlines } = dependencies;
  const token = deadlines.watch(call);
  const responses: InferResponse[] = [];
  let sizeBytes = 0;
  const keep = (response: InferResponse): boolean => {
    responses.push(response);
    sizeBytes += sizeOfOutputs(response);
    return sizeBytes <= MAX_ANSWER_BYTES;
  };
  try {
    const result = await inferCopy(call, copy.chooseInfo, copyOf(copy));
    const fits = result.kind === 'one' ? keep(result.response) : await keepAll(result.responses, keep);
    if (!fits) return { kind: 'dropped', reason: 'size' };
    return { kind: 'ended', ending: { error: errorIn(responses), computeMs: computeMsOf(call) }, responses };
  } catch (thrown) {
    const { code } = toMillraceError(thrown);
    const reason = whyNotRun(call, code);
    if (reason !== undefined) return { kind: 'dropped', reason };
    return { kind: 'ended', ending: { error: code, computeMs: undefined }, responses: [] };
  } finally {
    deadlines.unwatch(token);
    call.end();
  }
}

/** Milliseconds that the model has computed for a call; undefined where it has not: the answer was in the cache. */
export function computeMsOf({ timing }: Pick<Call, 'timing'>): number | undefined {
  const { startedAt, finishedAt, cache } = timing;
  return cache === 'hit' || startedAt === 0 || finishedAt < startedAt ? undefined : finishedAt - startedAt;
}

/** A stream goes on after an answer that is an error; as a whole it has failed then. */
export function errorIn(responses: readonly InferResponse[]): ErrorCode | undefined {
  return responses.find(({ error }) => error !== undefined)?.error?.code;
}

/** Whole tensors, in the answer: what the caller has asked to be done with them is done for the caller. */
function copyOf({ request, sequence }: Copy): InferRequest {
  const { id, inputs, outputs, parameters, generation } = request;
  return {
    id,
    inputs,
    parameters,
    ...(generation === undefined ? {} : { generation }),
    outputs: outputs?.map(({ name }) => ({ name, classificationCount: 0 })),
    // Its level is the lowest there is, and it waits as long as its own time allows.
    priority: 0,
    queueTimeoutMs: undefined,
    sequence: request.sequence && { ...request.sequence, id: sequence?.id ?? request.sequence.id },
  };
}

async function keepAll(
  responses: AsyncIterable<InferResponse>,
  keep: (response: InferResponse) => boolean,
): Promise<boolean> {
  for await (const response of responses) if (!keep(response)) return false;
  return true;
}

/** Why a copy has ended that no instance has begun; undefined where one has, so that the error is the model's own. */
function whyNotRun({ timing }: Call, code: MillraceError['code']): DropReason | undefined {
  if (code === 'cancelled') return 'stopped';
  if (timing.dequeuedAt > 0) return undefined;
  if (code === 'resource_exhausted' || code === 'quota_exceeded') return 'queue';
  if (code === 'deadline_exceeded') return 'waiting';
  return code === 'unavailable' || code === 'not_found' ? 'unavailable' : undefined;
}
