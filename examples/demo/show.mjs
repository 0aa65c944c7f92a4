import { styleText } from 'node:util';

const colored = process.stdout.isTTY && process.env.NO_COLOR === undefined;
const style = (format, text) => (colored ? styleText(format, text) : text);

/** A line of the demo itself. */
export function say(text) {
  process.stdout.write(`${text}\n`);
}

/** Begins what is shown of one model. */
export function heading(name, question) {
  say(`\n${style('cyan', '▍')}${style('bold', name)}  ${question}\n`);
}

/** Something to read, set apart. */
export function show(text) {
  say(text.replaceAll(/^(?=.)/gm, '  '));
}

/** A line that the reader may type. */
export function showCommand(line) {
  say(`${style('green', '$')} ${line}`);
}
