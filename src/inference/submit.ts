import {
  type InferRequest,
  type InferResponse,
  MillraceError,
  type ModelRef,
  type Turns,
  toMillraceError,
} from '../core/index.js';
import {
  createAnswerSink,
  type Engine,
  ModelDownError,
  type ModelInfo,
  type Sink,
  type Submission,
  VersionGoneError,
} from '../engine/index.js';
import { classifyOutputs, wantsClasses } from './classify.js';
import type { Inference } from './inference.js';
import { ResponseStream } from './response-stream.js';
import type { InferResult } from './types.js';

/** An inference with its request as the model takes it, and the version that answers it. */
export interface ReadyInference {
  readonly inference: Inference;
  readonly request: InferRequest;
  readonly info: ModelInfo;
}

/** Called once when a request has ended; `answered` = the model did answer, and the error is about what was to be done with that. */
export type Settle = (error: MillraceError | undefined, answered?: boolean) => void;

type OneResult = Extract<InferResult, { readonly kind: 'one' }>;

/** Gives an answer the name by which its caller asked. */
export type AsAsked = ReturnType<typeof createRenaming>;

/** Submits requests that are as the model takes them, and brings their answers back. */
export function createSubmit(engine: Engine, turns: Turns, asAsked: AsAsked) {
  /** The one answer of a model that is not decoupled; `settle` is called just before it comes. */
  function submitOne(ready: ReadyInference, settle: Settle): Promise<OneResult> {
    const { request, inference } = ready;
    return new Promise((resolve, reject) => {
      let { info } = ready;
      const succeed = (response: InferResponse) => {
        settle(undefined);
        resolve({ kind: 'one', response, timing: inference.call.timing });
      };
      const fail = (error: MillraceError, answered: boolean) => {
        settle(error, answered);
        reject(inference.told(error));
      };
      const sink = createAnswerSink((end) => {
        if (end instanceof MillraceError) {
          const other = replacementFor(end, inference);
          if (other === undefined || other.decoupled) fail(end, false);
          else {
            info = other;
            engine.submit(info.ref, submissionOf(ready, sink, end));
          }
          return;
        }
        inference.responded(end);
        const answer = asAsked(end, inference.askedName);
        if (!wantsClasses(request)) succeed(answer);
        else withClasses(answer, request, info).then(succeed, (wrong) => fail(toMillraceError(wrong), true));
      });
      engine.submit(info.ref, submissionOf(ready, sink));
    });
  }

  async function withClasses(response: InferResponse, request: InferRequest, info: ModelInfo): Promise<InferResponse> {
    const options = { requested: request.outputs ?? [], specs: info.signature.outputs };
    return { ...response, outputs: await classifyOutputs(response.outputs, options, turns) };
  }

  function submitMany(ready: ReadyInference, settle: Settle) {
    const { info, inference } = ready;
    let hasAnswered = false;
    const stream = new ResponseStream(inference.call, {
      onEnd: settle,
      goesOn(error) {
        const other = hasAnswered ? undefined : replacementFor(error, inference);
        if (other === undefined) return false;
        submitStream(other, error);
        return true;
      },
      tell: (error) => inference.told(error),
      unread: info.tasks?.generate === undefined ? undefined : engine.unread,
    });
    const sink: Sink = {
      onResponse(response) {
        hasAnswered = true;
        inference.responded(response);
        stream.onResponse(asAsked(response, inference.askedName));
      },
      onEnd: (error) => stream.onEnd(error),
    };
    const submitStream = ({ ref }: ModelInfo, failure?: MillraceError) =>
      stream.grantsBy(engine.submit(ref, submissionOf(ready, sink, failure)));
    submitStream(info);
    return { kind: 'many', responses: stream, timing: inference.call.timing } as const;
  }

  function submit(ready: ReadyInference, settle: Settle): InferResult | Promise<InferResult> {
    return ready.info.decoupled ? submitMany(ready, settle) : submitOne(ready, settle);
  }

  return { submit, submitOne, submitMany, withClasses };
}

/** Answers say the name that was asked for: of a route, or with a label. One reference a version and name, as encoders remember them. */
export function createRenaming() {
  const renamed = new WeakMap<ModelRef, Map<string, ModelRef>>();
  return (response: InferResponse, askedName: string): InferResponse => {
    const { ref } = response;
    if (ref.name === askedName) return response;
    const names = renamed.get(ref) ?? new Map<string, ModelRef>();
    renamed.set(ref, names);
    const asked = names.get(askedName) ?? { ...ref, name: askedName };
    names.set(askedName, asked);
    return { ...response, ref: asked };
  };
}

/** `failure`: that of the version before. */
function submissionOf({ request, inference }: ReadyInference, sink: Sink, failure?: MillraceError): Submission {
  const suspect = failure instanceof ModelDownError ? failure.suspect : undefined;
  const { call, mayMove } = inference;
  return { request, call, sink, ...(mayMove && { movesOn: true }), ...(suspect && { suspect }) };
}

/** The version that runs a request whose own went before it could begin; undefined = none, or the request has ended otherwise. */
function replacementFor(error: MillraceError, inference: Inference): ModelInfo | undefined {
  if (!(error instanceof VersionGoneError)) return inference.moveOn(error);
  try {
    return inference.renew();
  } catch {
    return undefined;
  }
}
