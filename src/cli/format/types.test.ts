import { expect, it } from 'vitest';
import type { Datatype } from '../../core/index.js';
import { formatTypes } from './types.js';

it('names from a server end no comment and no text of the code', () => {
  const code = formatTypes(
    {
      name: "a */ process.exit(); /* '\n",
      versions: [],
      platform: '',
      inputs: [{ name: "x'; evil(); '", datatype: "FP32'; evil(); '" as Datatype, shape: [1] }],
      outputs: [],
    },
    [],
  );
  expect(code).toBe(`/** \`client.model<AProcessExit>("a *\\/ process.exit(); /* '\\n")\` */
export interface AProcessExit {
  readonly inputs: {
    /** FP32'; evil(); '[1] */
    readonly "x'; evil(); '": "FP32'; evil(); '";
  };
  readonly outputs: {
  };
}
`);
});
