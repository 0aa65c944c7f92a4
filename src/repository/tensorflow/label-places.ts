import { positionOf, tokensOf } from '../triton/locate.js';

const LABELS = 'model_config_list.config.version_labels';
const CONFIG = 'model_config_list.config';
const OPENING = new Set(['{', '<']);
const CLOSING = new Set(['}', '>']);

/** A `version_labels { … }` of a `models.config`. */
export interface WrittenLabel {
  /** Of the `config` that it is in, counted from 0. */
  readonly config: number;
  /** Its key and value, as they stand between the braces. */
  readonly text: string;
  /** `line:column`, counted from 1. */
  readonly place: string;
}

interface OpenMessage {
  readonly field: string;
  /** Where the field's name begins; in a list, the brace. */
  readonly from: number;
  readonly textFrom: number;
}

/** The labels of a `models.config` that has been parsed without a mistake, in the order in which they stand there. */
export function writtenLabels(text: string): readonly WrittenLabel[] {
  const labels: WrittenLabel[] = [];
  const open: OpenMessage[] = [];
  let field = '';
  let from: number | undefined;
  let config = -1;
  for (const { index, 0: token } of tokensOf(text)) {
    if (OPENING.has(token)) {
      open.push({ field, from: from ?? index, textFrom: index + 1 });
      if (pathOf(open) === CONFIG) config += 1;
      from = undefined;
    } else if (CLOSING.has(token)) {
      const path = pathOf(open);
      const closed = open.pop();
      if (closed === undefined) break;
      if (path === LABELS) {
        labels.push({ config, text: text.slice(closed.textFrom, index), place: positionOf(text, closed.from) });
      }
      // In a list, the next message is one of the same field.
      field = closed.field;
      from = undefined;
    } else if (/^\w/.test(token)) {
      field = token;
      from = index;
    }
  }
  return labels;
}

function pathOf(open: readonly OpenMessage[]): string {
  return open.map(({ field }) => field).join('.');
}
