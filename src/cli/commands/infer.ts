import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { type InferResult, MillraceClientError, ShapeError } from '../../client/index.js';
import { invalidArgument } from '../../core/index.js';
import { ask, askForAll, type InferFlags, prepareQuestion, type Question, questionAsCurl } from '../ask.js';
import { type CommandContext, examples } from '../command.js';
import { writeNamed } from '../files.js';
import {
  formatAnswer,
  formatClassAnswer,
  formatEndOfAnswers,
  formatNextAnswer,
  toJsonAnswer,
  toJsonClasses,
} from '../format/answer.js';
import { formatJson } from '../format/json.js';
import {
  parseImageFlag,
  parseInputFlag,
  parseParameterFlag,
  parseSequenceId,
  parseShapeFlag,
} from '../inputs/input-flags.js';
import { formatNpy } from '../inputs/npy.js';
import type { Io } from '../io.js';
import { withProgress } from '../progress.js';
import { addServerFlags, collect, parseCount, parseNumber } from '../server-options.js';

/** `millrace infer <model>`: one request from files or from the command line. */
export function registerInfer(program: Command, { io }: CommandContext): void {
  addServerFlags(program.command('infer <model>'))
    .description('send one request to a server and print the answer, or each answer as it comes')
    .option(
      '-i, --input <[name=]value>',
      'JSON, text, or @FILE: .json, .npy, .csv, a photo or a sound, else raw bytes (- = stdin); repeatable',
      collect(parseInputFlag),
    )
    .option(
      '--image <[name=]file...>',
      "JPEG, PNG, WebP or GIF, made a row as the model's configuration says; several are rows",
      collect(parseImageFlag),
    )
    .option('-r, --request <file>', 'a request body of the protocol as JSON; its inputs are sent (- = stdin)')
    .option('--shape <name=sizes>', 'full shape of an input, such as x=1,16; repeatable', collect(parseShapeFlag))
    .option('--fill <zero|random>', 'what to send for inputs that are not given', parseFill)
    .option('-o, --output <name>', 'only this output; repeatable', collect(String))
    .option('--classes <count>', 'the top classes of an output instead of the tensor', parseCount)
    .option('--parameter <name=value>', 'passed to the model; repeatable', collect(parseParameterFlag))
    .option('--model-version <version>', 'this version instead of the one that the server chooses')
    .option('--priority <level>', '1 = highest', parseNumber)
    .option('--sequence <id>', 'the sequence that it is a step of; digits are a number', parseSequenceId)
    .option('--sequence-start', 'first step of the sequence')
    .option('--sequence-end', 'last step of the sequence')
    .option('--id <text>', 'request id, echoed in the answer')
    .option('--request-id <text>', "X-Request-Id, for the server's log")
    .option('--no-binary', 'send and ask for tensors as JSON')
    .option('--save <folder>', 'write each output to NAME.npy (text to NAME.json)')
    .option('--curl [file]', 'print the curl command instead of asking; its body goes to FILE, else into the line')
    .option('--json', 'print the whole answer as JSON; several answers a line each')
    .addHelpText(
      'after',
      examples(
        "millrace infer mlp -i '[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]'",
        'millrace infer mobilenetv3 --image *.jpg',
        'millrace infer silero-vad -i input=@window.npy -i sr=16000 --sequence 7 --sequence-start',
        'millrace infer silero-vad -i input=@speech.wav',
        'millrace infer iris -i @rows.csv --classes 1',
        'millrace infer echo -i text=hello --json',
        'millrace infer countdown -i from=3',
        'millrace infer mobilenetv3 --image photo.jpg --curl body.bin',
      ),
    )
    .action(async (name: string, flags: InferFlags) => {
      try {
        await infer(io, name, flags);
      } catch (error) {
        throw inFlags(error);
      }
    });
}

/** What the client says to people who write TypeScript, as it is said here. */
function inFlags(error: unknown): unknown {
  const misfit = error instanceof MillraceClientError ? error.cause : error;
  if (!(misfit instanceof ShapeError)) return error;
  const message = `${misfit.problem}; give --shape ${misfit.subject.input}=… to say the full shape`;
  return invalidArgument(message, { cause: error });
}

async function infer(io: Io, name: string, flags: InferFlags): Promise<void> {
  const question = await prepareQuestion(io, name, flags);
  const { json, curl, save } = flags;
  if (curl !== undefined) {
    io.stdout.write(`${await questionAsCurl(io, question, flags)}\n`);
    return;
  }
  if (question.decoupled) return inferAll(io, question, json === true);
  const startedAt = performance.now();
  const answer = await withProgress(io, `asking ${name}`, () => ask(question));
  const elapsedMs = performance.now() - startedAt;
  if (answer.kind === 'classes') {
    const shown = { name, output: answer.output, rows: answer.rows, rowNames: question.rowNames, elapsedMs };
    io.stdout.write(json ? formatJson(toJsonClasses(shown)) : formatClassAnswer(shown, io.stdout.colors));
    return;
  }
  if (save !== undefined) await saveOutputs(io, save, answer.result);
  io.stdout.write(
    json ? formatJson(toJsonAnswer(answer.result)) : formatAnswer(answer.result, elapsedMs, io.stdout.colors),
  );
}

/** Prints answers as they come, so that one can watch a model write. */
async function inferAll(io: Io, question: Question, json: boolean): Promise<void> {
  const startedAt = performance.now();
  let index = 0;
  for await (const result of askForAll(question)) {
    index++;
    const arrival = { index, elapsedMs: performance.now() - startedAt };
    io.stdout.write(json ? formatJson(toJsonAnswer(result)) : formatNextAnswer(result, arrival, io.stdout.colors));
  }
  if (!json)
    io.stdout.write(formatEndOfAnswers(question.model.name, { index, elapsedMs: performance.now() - startedAt }));
}

/** Numbers as NAME.npy, what that format has no word for as NAME.json. */
async function saveOutputs(io: Io, folder: string, result: InferResult): Promise<void> {
  const write = (path: string, content: string | Uint8Array) => writeNamed(io, path, { content, newFolders: true });
  for (const [name, { datatype, shape, raw, data }] of Object.entries(result.outputs)) {
    const path = join(folder, name.replace(/[^\w.-]/g, '_'));
    if (datatype === 'BYTES' || datatype === 'BF16') await write(`${path}.json`, formatJson(data));
    else await write(`${path}.npy`, formatNpy({ datatype, shape, data: raw }));
  }
}

function parseFill(text: string): 'zero' | 'random' {
  if (text === 'zero' || text === 'random') return text;
  throw new InvalidArgumentError(`Expected zero or random, got '${text}'.`);
}
