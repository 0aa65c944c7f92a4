/** Entry of the thread in which answers are checked by schemas of requests, which may take any time: by their patterns, or by references. */
import { answerJobs } from '../../../async/index.js';
import type { SchemaCheck, Verdict } from './schema-checks.js';
import { problemOf } from './validate.js';

async function verdictOn({ text, schema, oneOfAsAnyOf }: SchemaCheck): Promise<Verdict> {
  try {
    return { mismatch: await problemOf(text, schema, { oneOfAsAnyOf }) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

// The validator is loaded with the first check, which this one is.
await verdictOn({ text: '1', schema: true, oneOfAsAnyOf: false });
answerJobs(verdictOn);
