import { MillraceError, type Parameters } from '../../core/index.js';
import type { ModelInputs, ModelRequest, ModelSequence, ModelTensor, TensorDeclarations } from '../../model/index.js';
import type { BatchItem } from '../batch.js';
import { TensorView } from './tensor-view.js';

/** One item as a script sees it. What is not asked for is not made. */
export class ScriptRequest implements ModelRequest {
  readonly inputs: ModelInputs<TensorDeclarations>;
  readonly sequence: ModelSequence<unknown>;
  readonly wanted: readonly string[] | undefined;
  readonly #item: BatchItem;
  #cancelled: MillraceError | undefined;
  #controller: AbortController | undefined;

  constructor(item: BatchItem, wanted: readonly string[] | undefined, sequence: ModelSequence<unknown>) {
    const inputs: Record<string, ModelTensor> = {};
    for (const tensor of item.inputs) inputs[tensor.name] = new TensorView(tensor);
    this.inputs = inputs;
    this.sequence = sequence;
    this.wanted = wanted;
    this.#item = item;
  }

  get callId(): number {
    return this.#item.callId;
  }

  get parameters(): Parameters {
    return this.#item.parameters;
  }

  get rows(): number {
    return this.#item.rows;
  }

  get requestId(): string {
    return this.#item.context?.requestId ?? '';
  }

  get clientId(): string {
    return this.#item.context?.clientId ?? '';
  }

  get traceparent(): string {
    return this.#item.context?.traceparent ?? '';
  }

  get remainingMs(): number {
    return this.#item.context?.remainingMs ?? Number.POSITIVE_INFINITY;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#cancelled !== undefined) this.#controller.abort(this.#cancelled);
    }
    return this.#controller.signal;
  }

  /** Why nobody waits for the answer any more. */
  get cancelled(): MillraceError | undefined {
    return this.#cancelled;
  }

  cancel(): void {
    this.#cancelled ??= new MillraceError('cancelled', 'the request was cancelled');
    this.#controller?.abort(this.#cancelled);
  }
}
