import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { InferOptions, InferResult, ModelClient, TensorMetadata } from '../../client/index.js';
import { type CommandContext, examples } from '../command.js';
import { formatAnswer, formatClassAnswer, toJsonAnswer } from '../format/answer.js';
import { formatJson } from '../format/json.js';
import {
  type InputFlag,
  parseImageFlag,
  parseInputFlag,
  parseParameterFlag,
  parseShapeFlag,
} from '../inputs/input-flags.js';
import { imageSections, labelledOutput } from '../inputs/model-config.js';
import { formatNpy } from '../inputs/npy.js';
import { type InputValues, readInputs } from '../inputs/read-inputs.js';
import type { Io } from '../io.js';
import { withProgress } from '../progress.js';
import {
  addServerFlags,
  collect,
  connectTo,
  parseCount,
  parseNumber,
  type ServerFlags,
  suggestingModels,
} from '../server-options.js';

interface InferFlags extends ServerFlags {
  readonly input?: readonly InputFlag[];
  readonly image?: readonly InputFlag[];
  readonly request?: string;
  readonly shape?: readonly (readonly [string, readonly number[]])[];
  readonly fill?: 'zero' | 'random';
  readonly output?: readonly string[];
  readonly classes?: number;
  readonly parameter?: readonly (readonly [string, string | number | boolean])[];
  readonly modelVersion?: string;
  readonly priority?: number;
  readonly id?: string;
  readonly requestId?: string;
  readonly binary: boolean;
  readonly save?: string;
  readonly json?: true;
}

/** `millrace infer <model>`: one request from files or from the command line. */
export function registerInfer(program: Command, { io }: CommandContext): void {
  addServerFlags(program.command('infer <model>'))
    .description('send one request to a server and print the answer')
    .option(
      '-i, --input <[name=]value>',
      'JSON, text, or @FILE: .json, .npy, .jpg, .png, else raw bytes (- = stdin); repeatable',
      collect(parseInputFlag),
    )
    .option(
      '--image <[name=]file>',
      "a JPEG or PNG, made a tensor as the model's configuration says; repeatable",
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
    .option('--id <text>', 'request id, echoed in the answer')
    .option('--request-id <text>', "X-Request-Id, for the server's log")
    .option('--no-binary', 'send and ask for tensors as JSON')
    .option('--save <folder>', 'write each output to NAME.npy (text to NAME.json)')
    .option('--json', 'print the whole answer as JSON')
    .addHelpText(
      'after',
      examples(
        "millrace infer mlp -i '[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]'",
        'millrace infer mobilenetv3 --image photo.jpg',
        'millrace infer silero-vad -i input=@window.npy -i sr=16000 --fill zero',
        'millrace infer echo -i text=hello --json',
      ),
    )
    .action((name: string, flags: InferFlags) => infer(io, name, flags));
}

interface Question {
  readonly model: ModelClient;
  readonly inputs: InputValues;
  readonly options: InferOptions;
  /** The output to show as classes rather than numbers. */
  readonly ranked: string | undefined;
}

async function infer(io: Io, name: string, flags: InferFlags): Promise<void> {
  const question = await prepare(io, name, flags);
  const text = await withProgress(io, `asking ${name}`, () =>
    question.ranked === undefined ? askTensors(io, question, flags) : askClasses(io, question, flags),
  );
  io.stdout.write(text);
}

async function prepare(io: Io, name: string, flags: InferFlags): Promise<Question> {
  const client = await connectTo(io, flags);
  const model = client.model(name, flags.modelVersion === undefined ? {} : { version: flags.modelVersion });
  const metadata = await suggestingModels(client, name, () => model.metadata());
  // Other servers of the protocol have no such route; pictures and labels then go by their defaults.
  const config = await model.config().catch(() => ({}));
  const inputs = await readInputs(metadata.inputs, {
    flags: [...(flags.input ?? []), ...(flags.image ?? [])],
    requestFile: flags.request,
    shapes: Object.fromEntries(flags.shape ?? []),
    fill: flags.fill,
    cwd: io.cwd,
    readStdin: () => io.readStdin(),
    images: imageSections(config),
  });
  const ranked = rankedOutput(metadata.outputs, flags, labelledOutput(config));
  return { model, inputs, options: requestOptions(flags), ranked };
}

/** Classes are shown when asked for, and to people whenever the model has labels. */
function rankedOutput(
  outputs: readonly TensorMetadata[],
  flags: InferFlags,
  labelled: string | undefined,
): string | undefined {
  if (flags.classes !== undefined) return flags.output?.[0] ?? labelled ?? outputs[0]?.name;
  return flags.json === undefined && flags.save === undefined && flags.output === undefined ? labelled : undefined;
}

function requestOptions(flags: InferFlags): InferOptions {
  return {
    binary: flags.binary,
    parameters: Object.fromEntries(flags.parameter ?? []),
    ...(flags.output === undefined ? {} : { outputs: flags.output }),
    ...(flags.priority === undefined ? {} : { priority: flags.priority }),
    ...(flags.id === undefined ? {} : { id: flags.id }),
    ...(flags.requestId === undefined ? {} : { requestId: flags.requestId }),
  };
}

async function askTensors(io: Io, { model, inputs, options }: Question, flags: InferFlags): Promise<string> {
  const startedAt = performance.now();
  const result = await model.infer(inputs, options);
  const elapsedMs = performance.now() - startedAt;
  if (flags.save !== undefined) await saveOutputs(resolve(io.cwd, flags.save), result);
  return flags.json ? formatJson(toJsonAnswer(result)) : formatAnswer(result, elapsedMs, io.stdout.colors);
}

async function askClasses(
  io: Io,
  { model, inputs, options, ranked = '' }: Question,
  flags: InferFlags,
): Promise<string> {
  const startedAt = performance.now();
  const rows = await model.classify(inputs, { ...options, output: ranked, top: flags.classes ?? 5 });
  const elapsedMs = performance.now() - startedAt;
  const answer = { name: model.name, output: ranked, rows, elapsedMs };
  return flags.json
    ? formatJson({ model_name: model.name, output: ranked, rows })
    : formatClassAnswer(answer, io.stdout.colors);
}

/** Numbers as NAME.npy, what that format has no word for as NAME.json. */
async function saveOutputs(folder: string, result: InferResult): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, { datatype, shape, raw, data }] of Object.entries(result.outputs)) {
    const path = join(folder, name.replace(/[^\w.-]/g, '_'));
    if (datatype === 'BYTES' || datatype === 'BF16') await writeFile(`${path}.json`, formatJson(data));
    else await writeFile(`${path}.npy`, formatNpy({ datatype, shape, data: raw }));
  }
}

function parseFill(text: string): 'zero' | 'random' {
  if (text === 'zero' || text === 'random') return text;
  throw new InvalidArgumentError(`Expected zero or random, got '${text}'.`);
}
