import { type Command, Option } from 'commander';
import { collect, parseCount } from '../server-options.js';
import { parseShapeFlag } from './input-flags.js';

/** How a command makes up the requests that it measures with. */
export interface GeneratedRequestFlags {
  readonly rows: number;
  readonly shape?: readonly (readonly [string, readonly number[]])[];
  readonly zero?: true;
  readonly format: 'binary' | 'json';
}

export function addGeneratedRequestFlags(command: Command): Command {
  return command
    .option('--rows <count>', 'rows in each request', parseCount, 1)
    .option(
      '--shape <name=sizes>',
      'full shape of an input with other open dimensions; repeatable',
      collect(parseShapeFlag),
    )
    .option('--zero', 'send zeros rather than random numbers')
    .addOption(new Option('--format <form>', 'tensors as').choices(['binary', 'json']).default('binary'));
}
