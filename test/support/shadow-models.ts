import type { PartialSettings } from '../../src/config/index.js';
import type { FolderContents } from './model-folder.js';

type Routes = NonNullable<PartialSettings['routes']>;
type Shadow = NonNullable<NonNullable<Routes[string]>['shadow']>;

/** A model of one number, x → y; `body` may use `value`, and `fields` are those of its definition. */
export const numberScript = (
  body: string,
  fields = 'pure: true,',
): string => `import { defineModel } from 'millrace/model';
export default defineModel({
  inputs: { x: 'FP32[-1,1]' },
  outputs: { y: 'FP32[-1,1]' },
  maxBatchSize: 1,
  ${fields}
  async infer({ inputs }) {
    const value = inputs.x.data[0] ?? 0;
    ${body}
  },
});
`;

const ALL = 'versions: all\nlabels: { stable: 1, next: 2 }\n';

/** Pairs of versions: 1 is right, 2 does what its model is called. */
export const SHADOWED_MODELS = {
  'same/model.yaml': ALL,
  'same/1/model.ts': numberScript('return { y: [value * 2] };'),
  'same/2/model.ts': numberScript('return { y: [value * 2] };'),
  'drifting/model.yaml': ALL,
  'drifting/1/model.ts': numberScript('return { y: [value * 2] };'),
  'drifting/2/model.ts': numberScript('return { y: [value % 5 === 0 ? value * 2 + 1 : value * 2] };'),
  'failing/model.yaml': ALL,
  'failing/1/model.ts': numberScript('return { y: [value] };'),
  'failing/2/model.ts': numberScript("if (value % 2 === 0) throw new Error('odd'); return { y: [value] };"),
  'crashing/model.yaml': ALL,
  'crashing/1/model.ts': numberScript('return { y: [value] };'),
  'crashing/2/model.ts': numberScript('if (value > 0) process.exit(7); return { y: [value] };'),
  'hanging/model.yaml': ALL,
  'hanging/1/model.ts': numberScript('return { y: [value] };'),
  'hanging/2/model.ts': numberScript('if (value > 0) await new Promise(() => {}); return { y: [value] };'),
  'acting/model.yaml': ALL,
  'acting/1/model.ts': numberScript('return { y: [value] };'),
  'acting/2/model.ts': numberScript('return { y: [value] };', ''),
};

/** The files of one of {@link SHADOWED_MODELS}. */
export function shadowedModel(model: string): FolderContents {
  return Object.fromEntries(Object.entries(SHADOWED_MODELS).filter(([file]) => file.startsWith(`${model}/`)));
}

/** A copy that comes late on a busy machine would be dropped. */
const TIMEOUT_MS = 60_000;

/** A route to the stable version of a model, with the next one as its shadow. */
export function shadowed(model: string, shadow: Partial<Shadow> = {}): Routes[string] {
  const copied = { model, label: 'next', timeoutMs: TIMEOUT_MS, ...shadow };
  return { arms: [{ model, label: 'stable', weight: 1 }], shadow: copied };
}
