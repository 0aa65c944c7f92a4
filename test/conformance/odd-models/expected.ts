import { readFileSync } from 'node:fs';
import { inRoot } from '../harness/paths.js';

/** What must become of a model. */
export type Expectation =
  | {
      readonly kind: 'served';
      /** What a request for an output that is left out must be told, by output. */
      readonly leftOut?: Readonly<Record<string, string>>;
      /** Of the configuration that the server shows; 0 = it has no batch dimension. */
      readonly maxBatchSize: number;
    }
  | { readonly kind: 'refused'; readonly reason: string };

export type Expectations = Readonly<Record<string, Expectation>>;

export function readExpectations(): Expectations {
  return JSON.parse(readFileSync(inRoot('test/conformance/odd-models/expected.json'), 'utf8')) as Expectations;
}
