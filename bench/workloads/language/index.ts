import type { Row } from '../../harness/row.js';
import { besideRow } from './beside.js';
import { cancelRow } from './cancel.js';
import { generateRow } from './generate.js';
import { jsonRow } from './json.js';
import { longPromptRow } from './long-prompt.js';
import { prefixRow } from './prefix.js';
import { startRow } from './start.js';

/** Language models, beside llama.cpp's own server. */
export function languageRows(): Row[] {
  return [generateRow(), longPromptRow(), prefixRow(), cancelRow(), jsonRow(), startRow(), besideRow()];
}
