import type { Output } from '../io.js';
import { printable } from './printable.js';

/** Where the pieces of one answer are shown as they come. */
export interface AnswerView {
  content(text: string): void;
  reasoning(text: string): void;
  /** Ends the last line, if it has begun. */
  end(): void;
}

/** Everything as it comes on a terminal, without power over it; elsewhere the answer alone, as it is. */
export function showOn(output: Output): AnswerView {
  let last = '\n';
  let reasoned = false;
  const write = (text: string, style: (text: string) => string = String) => {
    if (text === '') return;
    last = text.at(-1) ?? last;
    output.write(style(text));
  };
  if (!output.isTTY) {
    return { content: (text) => write(text), reasoning: () => undefined, end: () => write(last === '\n' ? '' : '\n') };
  }
  return {
    content(text) {
      if (reasoned) write(last === '\n' ? '\n' : '\n\n');
      reasoned = false;
      write(printable(text));
    },
    reasoning(text) {
      // Without colours only this tells it from the answer.
      if (!reasoned) write('(thinking) ', output.colors.dim);
      reasoned = true;
      write(printable(text), output.colors.dim);
    },
    end: () => write(last === '\n' ? '' : '\n'),
  };
}

/** Shows nothing: for those who read the whole answer at the end. */
export const HIDDEN: AnswerView = { content: () => undefined, reasoning: () => undefined, end: () => undefined };
