import path from 'node:path';
import { invalidArgument } from '../../core/index.js';
import type { LoadSpec } from '../contract.js';
import type { PoolingPlan } from '../pooling/plan.js';
import { PoolingPreparer } from '../pooling/preparer.js';
import type { Preparer } from '../preparer.js';
import type { RuntimeContext } from '../runtime-context.js';
import { readTokenizerFile } from './model-files.js';
import { readTextOptions } from './options.js';
import { readTextPlan } from './plan.js';
import { readStaticPlan } from './static-plan.js';
import { TextTokenizer } from './text-tokenizer.js';

/** Loads the tokenizer of a text model, without its weights. */
export async function loadTextPreparer(spec: LoadSpec, _context: RuntimeContext): Promise<Preparer> {
  const options = readTextOptions(spec.options);
  const folder = path.dirname(spec.path);
  const lookedUp = await readStaticPlan(folder, options);
  const plan = lookedUp ?? (await readTextPlan(spec, options));
  const json = await readTokenizerFile(folder);
  const tokenizer = await TextTokenizer.open(json);
  checkSizes(tokenizer, plan, lookedUp === undefined ? 'vocab_size of config.json' : 'vectors of model.safetensors');
  const droppedToken = lookedUp?.dropsUnknown === true ? tokenizer.unknownToken(json) : undefined;
  return new PoolingPreparer({ ...plan, droppedToken }, tokenizer);
}

function checkSizes({ size }: TextTokenizer, { vocabularySize }: PoolingPlan, source: string): void {
  if (size <= vocabularySize) return;
  throw invalidArgument(
    `tokenizer.json has ${size} tokens, but the model only ${vocabularySize} (${source}): they are not of one model`,
  );
}
