import {
  type Call,
  type Clock,
  type FinishReason,
  type GenerationDelta,
  type GenerationParameters,
  type GenerationSpec,
  type InferResponse,
  MillraceError,
  NO_PARAMETERS,
  type Prompt,
  quoted,
  type Tensor,
  type Usage,
} from '../../../core/index.js';
import { tensorsOfPrompt } from '../../../generation/index.js';
import type { ServedModel } from '../../../service/index.js';
import { type InferResult, type Resolved, type Service, UnknownLabelError } from '../../../service/index.js';
import { didYouMean } from '../../../text/index.js';
import { onlyAnswer } from '../answer-inference.js';
import { parametersOfChoice, parametersOfRetry } from './choice-seed.js';
import { ParameterError, type Places, placed } from './parameter-error.js';

/** Prompts and how they are answered. */
export interface ChoicesRequest {
  readonly model: string;
  readonly prompts: readonly Prompt[];
  /** Choices for each prompt; default 1. */
  readonly n?: number;
  readonly parameters: GenerationParameters;
  readonly places: Places;
  /** The route for models that take texts only, for the error of a conversation. */
  readonly textsRoute?: string;
  /** Where the request says how long the model is to think; models that cannot be told ignore it. Default: it does not. */
  readonly effortPlace?: string | undefined;
}

/** An answer, or a piece of one. */
export interface Generated {
  readonly delta: GenerationDelta;
  /** All that the choice has taken so far. */
  readonly usage: Usage | undefined;
  /** Why generating ended with this piece; undefined = it goes on. */
  readonly finishReason: FinishReason | undefined;
}

/** A piece of one of the choices. */
export interface ChoicePiece extends Generated {
  readonly index: number;
}

export interface ChoicesContext {
  readonly service: Pick<Service, 'inference' | 'models'>;
  readonly clock: Clock;
  /** How often a whole answer that does not match its schema is generated again. Default: 0. */
  readonly schemaRetries?: number;
}

/** The prompt and the parameters of one choice. */
interface ChoiceRequest {
  readonly kind: Prompt['kind'];
  readonly inputs: readonly Tensor[];
  readonly parameters: GenerationParameters;
}

/** The answers to one request, prompt by prompt, of which a caller may ask for several. */
export class Choices {
  readonly #context: ChoicesContext;
  readonly #call: Call;
  readonly #request: ChoicesRequest;
  readonly #choices: readonly ChoiceRequest[];
  #spec: GenerationSpec | undefined;

  constructor(context: ChoicesContext, call: Call, request: ChoicesRequest) {
    const { prompts, n = 1, parameters } = request;
    this.#context = context;
    this.#call = call;
    this.#request = request;
    const byChoice = Array.from({ length: n }, (_, index) => parametersOfChoice(parameters, index));
    this.#choices = prompts.flatMap((prompt) => {
      const inputs = tensorsOfPrompt(prompt);
      return byChoice.map((each) => ({ kind: prompt.kind, inputs, parameters: each }));
    });
  }

  /** What the model that answers can do; undefined = it is not known yet. */
  get spec(): GenerationSpec | undefined {
    return this.#spec;
  }

  /** All of them, each whole, in their order. Rejects as soon as one fails, and the others are cancelled then. */
  whole(): Promise<readonly Generated[]> {
    const { schemaRetries = 0 } = this.#context;
    return this.#each((call, choice) => this.#generateWhole(call, choice, schemaRetries));
  }

  async #generateWhole(call: Call, choice: ChoiceRequest, retriesLeft: number): Promise<Generated> {
    try {
      return generatedOf(onlyAnswer(await this.#generate(call, choice, true)));
    } catch (error) {
      if (retriesLeft === 0 || !isSchemaMismatch(error)) throw error;
      const again = call.child({ receivedAt: this.#context.clock.now() });
      return this.#generateWhole(
        again,
        { ...choice, parameters: parametersOfRetry(choice.parameters) },
        retriesLeft - 1,
      );
    }
  }

  /** The one answer of a request with one prompt and one choice. */
  async only(): Promise<Generated> {
    const [answer] = await this.whole();
    if (answer === undefined) throw new TypeError('expected one answer for one prompt');
    return answer;
  }

  /** Piece by piece, as they come. Leaving the iteration early, or an error of one, cancels all. */
  async *pieces(): AsyncGenerator<ChoicePiece> {
    const streams = await this.#each(async (call, choice) => {
      const result = await this.#generate(call, choice, false);
      return result.kind === 'many' ? result.responses : only(result.response);
    });
    const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
    const ask = async (index: number) => ({ index, next: await iterators[index]?.next() });
    const pending = new Map(iterators.map((_, index) => [index, ask(index)]));
    try {
      while (pending.size > 0) {
        const { index, next } = await Promise.race(pending.values());
        if (next === undefined || next.done === true) {
          pending.delete(index);
          continue;
        }
        const response = next.value;
        if (response.error !== undefined) throw response.error;
        pending.set(index, ask(index));
        yield { index, ...generatedOf(response) };
      }
    } catch (error) {
      throw placed(error, this.#request.places);
    } finally {
      for (const promise of pending.values()) promise.catch(() => undefined);
      this.#call.cancelChildren();
      await Promise.allSettled(iterators.map((iterator) => iterator.return?.()));
    }
  }

  /** Does the same for each choice: as a call of its own, where there are several. */
  async #each<Result>(run: (call: Call, choice: ChoiceRequest) => Promise<Result>): Promise<readonly Result[]> {
    const [first, ...others] = this.#choices;
    if (first !== undefined && others.length === 0) return [await run(this.#call, first)];
    const started = this.#choices.map((each) => run(this.#call.child({ receivedAt: this.#context.clock.now() }), each));
    try {
      return await Promise.all(started);
    } catch (error) {
      this.#call.cancelChildren();
      await Promise.allSettled(started);
      throw error;
    }
  }

  async #resolve(call: Call, model: string, whole: boolean): Promise<Resolved> {
    const { service } = this.#context;
    try {
      return await service.inference.resolve(call, { name: model, version: undefined }, { whole });
    } catch (error) {
      throw unresolved(error, { service, call, model });
    }
  }

  #noteIgnored(place: string): void {
    const { timing } = this.#call;
    if (!timing.ignored.includes(place)) timing.ignored = [...timing.ignored, place];
  }

  async #generate(call: Call, { kind, inputs, parameters }: ChoiceRequest, whole: boolean): Promise<InferResult> {
    const { service } = this.#context;
    const { model, places, textsRoute, effortPlace } = this.#request;
    const resolved = await this.#resolve(call, model, whole);
    const generate = resolved.info.tasks?.generate;
    if (generate === undefined) throw cannot(model, 'does not generate text');
    this.#spec = generate;
    if (kind === 'conversation' && !generate.chat) {
      throw cannot(model, `has no chat template${textsRoute === undefined ? '' : `; use ${textsRoute}`}`);
    }
    if (parameters.suffix !== undefined && generate.infill !== true) {
      const message = `'suffix': model '${model}' has not learnt to fill in what is missing`;
      throw new ParameterError('suffix', message, 'unimplemented');
    }
    if (effortPlace !== undefined && generate.reasoningEffort === false) this.#noteIgnored(effortPlace);
    const asked = service.inference.infer(call, resolved, {
      id: '',
      inputs,
      outputs: undefined,
      parameters: NO_PARAMETERS,
      generation: parameters,
      priority: 0,
      queueTimeoutMs: undefined,
      sequence: undefined,
    });
    return asked.catch((error: unknown) => {
      throw placed(error, places);
    });
  }
}

function isSchemaMismatch(error: unknown): boolean {
  return error instanceof MillraceError && error.reason === 'schema_mismatch';
}

function generatedOf({ delta, usage, finishReason }: InferResponse): Generated {
  if (delta === undefined) throw new MillraceError('internal', "the model's answer has no delta");
  return { delta, usage, finishReason };
}

interface Asked {
  readonly service: Pick<Service, 'models'>;
  readonly call: Call;
  readonly model: string;
}

/** The error of a failed resolution. For an unknown model it suggests a similar name. */
export function unresolved(error: unknown, { service, call, model }: Asked): unknown {
  if (!(error instanceof MillraceError) || error.code !== 'not_found') return error;
  if (error instanceof UnknownLabelError) return modelNotFound(error.message);
  return unknownModel(model, service.models.readyModels(call, 'suggest'));
}

/** Rejects where the caller may not infer the model, or there is none of the name. */
export async function checkModel(
  { service }: { readonly service: Pick<Service, 'inference' | 'models'> },
  call: Call,
  model: string,
): Promise<void> {
  try {
    await service.inference.checkTarget(call, { name: model, version: undefined });
  } catch (error) {
    throw unresolved(error, { service, call, model });
  }
}

/** What an unknown model is answered with: the name that may have been meant among those that the caller may see. */
export function unknownModel(model: string, ready: readonly ServedModel[]): MillraceError {
  const names = [...new Set(ready.map(({ ref }) => ref.name))];
  return modelNotFound(`model ${quoted(model)} is not found${didYouMean(model, names, "'")}`);
}

function modelNotFound(message: string): MillraceError {
  return new MillraceError('not_found', message, { reason: 'model_not_found', subject: { parameter: 'model' } });
}

function cannot(model: string, problem: string): MillraceError {
  return new MillraceError('unimplemented', `model '${model}' ${problem}`);
}

async function* only(response: InferResponse): AsyncGenerator<InferResponse> {
  yield response;
}
