import { invalidArgument } from '../../core/index.js';
import type { LoadSpec, Preparer } from '../contract.js';
import { PoolingPreparer } from '../pooling/preparer.js';
import type { RuntimeContext } from '../runtime-context.js';
import { readTokenizerFile } from './model-files.js';
import { readTextOptions } from './options.js';
import { readTextPlan } from './plan.js';
import { TextTokenizer } from './text-tokenizer.js';

/** Loads the tokenizer of a text model, without its weights. */
export async function loadTextPreparer(spec: LoadSpec, _context: RuntimeContext): Promise<Preparer> {
  const plan = await readTextPlan(spec, readTextOptions(spec.options));
  const tokenizer = await TextTokenizer.open(await readTokenizerFile(plan.folder));
  if (tokenizer.size > plan.vocabularySize) {
    throw invalidArgument(
      `tokenizer.json has ${tokenizer.size} tokens, but the model only ${plan.vocabularySize} (vocab_size of config.json): they are not of one model`,
    );
  }
  return new PoolingPreparer(plan, tokenizer);
}
