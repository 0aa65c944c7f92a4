import {
  bytesElements,
  type Call,
  type Clock,
  MillraceError,
  type ModelTask,
  type Tensor,
} from '../../../core/index.js';
import {
  type PoolingAnswer,
  type PoolingParameters,
  poolingAnswerOf,
  writePoolingParameters,
} from '../../../pooling/index.js';
import { PREPARED_ANSWER } from '../../../runtimes/index.js';
import type { InferResult, Resolved, Service } from '../../../service/index.js';
import { onlyAnswer } from '../answer-inference.js';
import { unresolved } from '../generation/choices.js';
import { ParameterError, placed } from '../generation/parameter-error.js';
import { lacksTask } from './tasks.js';

const UTF8 = new TextDecoder();

export interface PoolingContext {
  readonly service: Pick<Service, 'inference' | 'models'>;
  readonly clock: Clock;
}

/** Texts, and how they are read. */
export interface PoolingRequest {
  readonly inputs: readonly Tensor[];
  /** Texts in it, each of which is a row. */
  readonly count: number;
  readonly parameters: PoolingParameters;
  /** The texts' place in the caller's request, for errors. */
  readonly place: string;
}

/** The model's answer to a request. */
export interface PoolingResult extends PoolingAnswer {
  /** Of all texts. */
  readonly promptTokens: number;
  readonly timing: InferResult['timing'];
}

/** The model of a name. Rejects as `service.inference.resolve`; an unknown name with the reason `model_not_found` and a similar name. */
export async function resolveModel({ service }: PoolingContext, call: Call, model: string): Promise<Resolved> {
  try {
    return await service.inference.resolve(call, { name: model, version: undefined }, { whole: true });
  } catch (error) {
    throw unresolved(error, { service, call, model });
  }
}

/** The model of a name that has a task. Rejects as {@link resolveModel}, and with `unimplemented` where it lacks the task. */
export async function resolveWithTask(
  context: PoolingContext,
  call: Call,
  { model, task }: { readonly model: string; readonly task: ModelTask },
): Promise<Resolved> {
  const resolved = await resolveModel(context, call, model);
  const { info } = resolved;
  if (info.tasks?.[task] === undefined) throw lacksTask(context.service, call, { name: model, info, task });
  return resolved;
}

/** Most texts of a request to a model. */
export function maxTexts({ info }: Pick<Resolved, 'info'>): number {
  return Math.max(1, info.maxBatchSize);
}

/** A request to a model that was resolved for it. */
export interface ResolvedPooling {
  readonly resolved: Resolved;
  readonly request: PoolingRequest;
}

/** Runs a request. Rejects with `ParameterError` for more texts than the model takes, and as `service.inference.infer`. */
export async function runPooling(context: PoolingContext, call: Call, asked: ResolvedPooling): Promise<PoolingResult> {
  const result = await infer(context, call, asked);
  const response = onlyAnswer(result);
  const answer = poolingAnswerOf(response);
  const counted = answer.tokenCounts.reduce((sum, tokens) => sum + tokens, 0);
  return { ...answer, promptTokens: response.usage?.promptTokens ?? counted, timing: result.timing };
}

/** Runs a request whose parameters say `only`: JSON of the tokens of each text, or the text of each list of token ids. Rejects as {@link runPooling}. */
export async function runTokens(
  context: PoolingContext,
  call: Call,
  asked: ResolvedPooling,
): Promise<readonly string[]> {
  const { outputs } = onlyAnswer(await infer(context, call, asked));
  const answer = outputs.find(({ name }) => name === PREPARED_ANSWER);
  if (answer === undefined) {
    throw new MillraceError('unimplemented', `model '${asked.resolved.target.name}' does not tell its tokens`);
  }
  return bytesElements(answer.data).map((element) => UTF8.decode(element));
}

async function infer(
  { service, clock }: PoolingContext,
  call: Call,
  { resolved, request }: ResolvedPooling,
): Promise<InferResult> {
  const { inputs, count, parameters, place } = request;
  const most = maxTexts(resolved);
  if (count > most) {
    throw new ParameterError(
      place,
      `'${place}': expected at most ${most} texts (maxBatchSize of the model), got ${count}`,
    );
  }
  call.timing.decodedAt = clock.now();
  const asked = service.inference.infer(call, resolved, {
    id: '',
    inputs,
    outputs: undefined,
    parameters: writePoolingParameters(parameters),
    priority: 0,
    queueTimeoutMs: undefined,
    sequence: undefined,
  });
  return asked.catch((error: unknown) => {
    throw placed(error, { context_length_exceeded: place, empty_input: place });
  });
}
