import type { Output } from '../io.js';

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

const PICTURES = 0x2400;
const DELETE = 0x7f;

/** Text that gives a terminal no commands: its control characters, but line feed and tab, are made visible. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => {
    const code = character.charCodeAt(0);
    if (character === '\n' || character === '\t') return character;
    // Half of a line's end as Windows writes it.
    if (character === '\r') return '';
    if (code < 0x20) return String.fromCharCode(PICTURES + code);
    return code === DELETE ? '\u2421' : '\ufffd';
  });
}
