import type { Command } from 'commander';
import { type BatchFlags, readErrorLimit, readNames, readPairing, readReportFile } from '../batch/flags.js';
import { runBatch } from '../batch/run-batch.js';
import { type CommandContext, examples } from '../command.js';
import { EXIT_CODES } from '../exit-code.js';
import { untilSignal } from '../following/until-signal.js';
import { addServerFlags, collect, parseCount } from '../server-options.js';
import { addModelFlags } from '../setting-flags.js';

/** `millrace batch run <model>`: rows of a file through a model. */
export function registerBatch(program: Command, { io, exitWith }: CommandContext): void {
  const batch = program.command('batch').description('run the rows of a file through a model');
  const command = batch
    .command('run <model>')
    .description(
      'run the rows of a file, or a folder of pictures or sounds, through a model, and go on where a run has stopped',
    )
    .requiredOption('--input <file>', 'rows: .jsonl, .csv, .parquet, or a folder of pictures or sounds')
    .requiredOption('--output <file>', 'answers: .jsonl, .csv or .parquet')
    .option(
      '--local',
      'load the model in this process, without a server; it is a name, a folder or a file, as for check',
    )
    .option(
      '--map <column=input>',
      'a column and the input, or input[INDEX], that it becomes; repeatable',
      collect(readPairing),
    )
    .option(
      '--map-output <column=output>',
      'a column and the output, or output[INDEX], that is in it; repeatable (default: each output)',
      collect(readPairing),
    )
    .option('--keep <columns>', 'columns to copy into the output, separated by commas; repeatable', readNames)
    .option('--row-number <column>', "a column for the row's number in the input, from 1")
    .option('--batch-size <rows>', 'rows in a request (default: as many as the model takes, at most 1024)', parseCount)
    .option('--checkpoint-rows <rows>', 'rows between two checkpoints (default: those of 64 requests)', parseCount)
    .option(
      '--in-flight <requests>',
      'requests that are under way at once (default: 2, and 2 for each instance)',
      parseCount,
    )
    .option('--errors <file>', 'rows that failed, with the reasons (default: OUTPUT.errors.jsonl)')
    .option(
      '--max-errors <limit>',
      'stop when more rows than this have failed: a count, or a share of which 10 rows are always allowed',
      readErrorLimit,
      { share: 0.1 },
    )
    .option('--max-row-bytes <bytes>', 'longer lines and larger media fail', parseCount, 16_777_216)
    .option('--parts', 'leave a Parquet output as a folder with a file for each checkpoint')
    .option(
      '--dry-run [rows]',
      'run the first rows (100), show results, predict time and cost, and write nothing',
      parseCount,
    )
    .option('--restart', 'discard what an earlier run of this output has done')
    .option('--report <file>', 'write the report as .json or .html', readReportFile)
    .option('--model-version <version>', 'this version instead of the one that is chosen', parseCount)
    .option('--json', 'print one JSON object a line: plan, progress, report');
  addModelFlags(addServerFlags(command))
    .addHelpText('after', `${examples(...EXAMPLES)}\n${EXITS}`)
    .action(async (model: string, flags: BatchFlags) => {
      const work = async (signal: AbortSignal) => {
        await runBatch(io, model, { flags, signal });
        return EXIT_CODES.done.code;
      };
      const stopped = stoppedText(flags);
      exitWith(await untilSignal(io, work, stopped));
    });
}

function stoppedText({ dryRun, local }: BatchFlags): string {
  if (dryRun !== undefined) return 'stopped\n';
  return local === true
    ? 'stopped; the same command goes on from the last checkpoint\n'
    : 'stopped; batches that were sent go on at the server, and the same command goes on with them\n';
}

const EXAMPLES = [
  'millrace batch run fraud --local --input in.parquet --output out.parquet --keep id',
  "millrace batch run iris --local --input flowers.csv --output classes.jsonl --map 'petal_length=x[0]' --map 'petal_width=x[1]'",
  'millrace batch run mobilenetv3 --local --input photos --output labels.csv --keep file',
  'millrace batch run fraud --local --input in.jsonl --output out.jsonl --dry-run',
];

const EXITS = `
Exit codes:
  0    all rows are done; those that failed are in the error file
  1    stopped: too many rows failed, another run has the output, or the model failed
  2    wrong arguments, or an input that cannot be read
  130  stopped by SIGINT (143 by SIGTERM); the same command goes on`;
