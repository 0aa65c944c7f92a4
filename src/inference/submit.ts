import type { QuotaAccount } from '../account/index.js';
import {
  type Call,
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
import { tell } from '../models/index.js';
import { classifyOutputs, wantsClasses } from './classify.js';
import { ResponseStream } from './response-stream.js';
import type { TappedRequest } from './route-taps.js';
import type { InferResult } from './types.js';

/** A request and the version that answers it. */
export interface ChosenCall {
  readonly call: Call;
  readonly request: InferRequest;
  readonly info: ModelInfo;
  /** That version anew, after others had their turn: it may have been loaded again, or be gone. Throws where nothing takes its place. */
  readonly chooseInfo: () => ModelInfo;
  /** Who runs it in place of one that has failed with an error, as a fallback; undefined = nobody. */
  readonly chooseOther: (error: MillraceError) => ModelInfo | undefined;
  /** Whether anybody would, if no instance were up. Default: nobody. */
  readonly mayMove?: () => boolean;
  /** How the caller names the model, which its answers are to say. */
  readonly askedName: string;
  /** That is the name of a route. Default: of a model. */
  readonly isRoute?: boolean;
  /** Of a route whose requests somebody listens to. */
  readonly tapped: TappedRequest | undefined;
  /** Where what it takes counts against quotas. */
  readonly account?: QuotaAccount | undefined;
}

/** Called once when a request has ended; `answered` = the model did answer, and the error is about what was to be done with that. */
export type Settle = (error: MillraceError | undefined, answered?: boolean) => void;

type OneResult = Extract<InferResult, { readonly kind: 'one' }>;

/** Gives an answer the name by which its caller asked. */
export type AsAsked = ReturnType<typeof createRenaming>;

/** Submits requests that are as the model takes them, and brings their answers back. */
export function createSubmit(engine: Engine, turns: Turns, asAsked: AsAsked) {
  /** The one answer of a model that is not decoupled; `settle` is called just before it comes. */
  function submitOne(chosen: ChosenCall, settle: Settle): Promise<OneResult> {
    const { request, askedName, tapped, account } = chosen;
    return new Promise((resolve, reject) => {
      let { info } = chosen;
      const succeed = (response: InferResponse) => {
        settle(undefined);
        resolve({ kind: 'one', response });
      };
      const fail = (error: MillraceError, answered: boolean) => {
        settle(error, answered);
        reject(toldOf(error, chosen));
      };
      const sink = createAnswerSink((end) => {
        if (end instanceof MillraceError) {
          const other = replacementFor(end, chosen);
          if (other === undefined || other.decoupled) fail(end, false);
          else {
            info = other;
            engine.submit(info.ref, submissionOf(chosen, sink, end));
          }
          return;
        }
        tapped?.responded(end);
        account?.responded(end);
        const answer = asAsked(end, askedName);
        if (!wantsClasses(request)) succeed(answer);
        else withClasses(answer, request, info).then(succeed, (wrong) => fail(toMillraceError(wrong), true));
      });
      engine.submit(info.ref, submissionOf(chosen, sink));
    });
  }

  async function withClasses(response: InferResponse, request: InferRequest, info: ModelInfo): Promise<InferResponse> {
    const options = { requested: request.outputs ?? [], specs: info.signature.outputs };
    return { ...response, outputs: await classifyOutputs(response.outputs, options, turns) };
  }

  function submitMany(chosen: ChosenCall, settle: Settle) {
    const { call, info, askedName, tapped, account } = chosen;
    let hasAnswered = false;
    const stream = new ResponseStream(call, {
      onEnd: settle,
      goesOn(error) {
        const other = hasAnswered ? undefined : replacementFor(error, chosen);
        if (other === undefined) return false;
        submitStream(other, error);
        return true;
      },
      tell: (error) => toldOf(error, chosen),
      unread: info.tasks?.generate === undefined ? undefined : engine.unread,
    });
    const sink: Sink = {
      onResponse(response) {
        hasAnswered = true;
        tapped?.responded(response);
        account?.responded(response);
        stream.onResponse(asAsked(response, askedName));
      },
      onEnd: (error) => stream.onEnd(error),
    };
    const submitStream = ({ ref }: ModelInfo, failure?: MillraceError) =>
      stream.grantsBy(engine.submit(ref, submissionOf(chosen, sink, failure)));
    submitStream(info);
    return { kind: 'many', responses: stream } as const;
  }

  function submit(chosen: ChosenCall, settle: Settle): InferResult | Promise<InferResult> {
    return chosen.info.decoupled ? submitMany(chosen, settle) : submitOne(chosen, settle);
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

/** An error as the caller is told of it. */
export function toldOf(thrown: unknown, { call, askedName, isRoute = false }: ChosenCall): MillraceError {
  return tell(toMillraceError(thrown), call, { name: askedName, isRoute });
}

/** `failure`: that of the arm before. */
function submissionOf({ request, call, mayMove }: ChosenCall, sink: Sink, failure?: MillraceError): Submission {
  const suspect = failure instanceof ModelDownError ? failure.suspect : undefined;
  return { request, call, sink, ...(mayMove?.() && { movesOn: true }), ...(suspect && { suspect }) };
}

/** The version that runs a request whose own went before it could begin; undefined = none, or the request has ended otherwise. */
function replacementFor(
  error: MillraceError,
  { chooseInfo, chooseOther }: Pick<ChosenCall, 'chooseInfo' | 'chooseOther'>,
): ModelInfo | undefined {
  if (!(error instanceof VersionGoneError)) return chooseOther(error);
  try {
    return chooseInfo();
  } catch {
    return undefined;
  }
}
