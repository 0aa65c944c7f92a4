import { invalidArgument, type Signature, type Tensor } from '../../../core/index.js';
import { createValueBudget, FeatureColumn, type FeatureValue } from './feature-column.js';

/** The examples of a request (`tf.Example`): their features by name are the inputs of the model, others are passed over. */
export class ExampleTable {
  readonly #columns = new Map<string, FeatureColumn>();
  readonly #context: ExampleTable | undefined;
  #rows = 0;

  /** `context`: an example whose features all others have that do not have their own. */
  constructor({ inputs }: Signature, context?: ExampleTable) {
    const budget = createValueBudget();
    for (const spec of inputs) this.#columns.set(spec.name, new FeatureColumn(spec, budget));
    this.#context = context;
  }

  get #place(): string {
    return `examples[${this.#rows}]`;
  }

  /** Where the values of a feature go; undefined for one that the model does not take. */
  open(name: string): FeatureColumn | undefined {
    const column = this.#columns.get(name);
    if (column?.last === this.#rows) throw invalidArgument(`${this.#place}: ${column.label} is given twice`);
    return column;
  }

  /** The values of a feature are there. */
  close(column: FeatureColumn): void {
    column.close(this.#rows, this.#place);
  }

  /** An example is there. */
  endExample(): void {
    for (const [name, column] of this.#columns) {
      if (column.last === this.#rows) continue;
      const shared = this.#context?.valuesOf(name);
      if (shared !== undefined) {
        for (const value of shared) column.push(value);
        this.close(column);
      } else if (!column.spec.optional) {
        throw invalidArgument(`${this.#place}: ${column.label} is missing`);
      }
    }
    this.#rows++;
  }

  /** The values that its examples have of a feature; undefined where none has it. */
  valuesOf(name: string): readonly FeatureValue[] | undefined {
    const column = this.#columns.get(name);
    return column === undefined || column.count === 0 ? undefined : column.values;
  }

  /** The inputs of the model. Throws `invalid_argument`. */
  finish(): readonly Tensor[] {
    if (this.#rows === 0) throw invalidArgument('request: expected examples, got none');
    const given = [...this.#columns.values()].filter(({ count }) => count > 0);
    const partly = given.find(({ count }) => count !== this.#rows);
    if (partly !== undefined) throw invalidArgument(`request: ${partly.label} is not in every example`);
    return given.map((column) => column.finish());
  }
}
