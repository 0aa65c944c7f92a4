import type { ToolCallDelta } from '../../../core/index.js';

/** The calls of an answer as they are passed on. */
export class CallLog {
  readonly #newId: () => string;
  #begun = 0;
  #deltas: ToolCallDelta[] = [];

  constructor(newId: () => string) {
    this.#newId = newId;
  }

  /** Calls that have begun. */
  get begun(): number {
    return this.#begun;
  }

  begin(name: string, id: string | undefined): void {
    this.#deltas.push({ index: this.#begun++, id: id ?? this.#newId(), name, arguments: '' });
  }

  /** More JSON of the arguments of the call that began last. */
  add(json: string): void {
    if (json !== '') this.#deltas.push({ index: this.#begun - 1, arguments: json });
  }

  /** The deltas since the last call. */
  take(): readonly ToolCallDelta[] {
    const deltas = this.#deltas;
    this.#deltas = [];
    return deltas;
  }
}
