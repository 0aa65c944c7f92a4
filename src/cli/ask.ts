import { basename, resolve } from 'node:path';
import {
  type ClassScore,
  encodeGenerate,
  encodeRequest,
  type InferOptions,
  type InferResult,
  type MillraceClient,
  type ModelClient,
  type ModelMetadata,
  rankedOutput,
  type SequenceStep,
  type TensorMetadata,
  toTensor,
} from '../client/index.js';
import { invalidArgument } from '../core/index.js';
import { formatCurl } from '../text/index.js';
import { writeNamed } from './files.js';
import type { InputFlag } from './inputs/input-flags.js';
import { isDecoupled, labelledOutput } from './inputs/model-config.js';
import { type InputValues, readInputs } from './inputs/read-inputs.js';
import type { Io } from './io.js';
import { connectTo, findKey, KEY_VARIABLE, type ServerFlags, suggestingModels } from './server-options.js';

/** The flags of `millrace infer`. */
export interface InferFlags extends ServerFlags {
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
  readonly sequence?: string | bigint;
  readonly sequenceStart?: true;
  readonly sequenceEnd?: true;
  readonly id?: string;
  readonly requestId?: string;
  readonly binary: boolean;
  readonly save?: string;
  /** true = the body goes into the line. */
  readonly curl?: true | string;
  readonly json?: true;
}

/** A request that is ready to be sent. */
export interface Question {
  readonly client: MillraceClient;
  readonly model: ModelClient;
  readonly metadata: ModelMetadata;
  readonly inputs: InputValues;
  readonly options: InferOptions;
  /** It gives any number of answers, one after the other. */
  readonly decoupled: boolean;
  /** The output to show as classes rather than numbers, and how many of them. */
  readonly ranked: { readonly output: string; readonly top: number } | undefined;
  /** What the rows are, where they come from files. */
  readonly rowNames: readonly string[];
}

export type Answer =
  | { readonly kind: 'tensors'; readonly result: InferResult }
  | { readonly kind: 'classes'; readonly output: string; readonly rows: readonly (readonly ClassScore[])[] };

const DEFAULT_CLASSES = 5;

/** Asks the server what the model takes and makes that of the flags. */
export async function prepareQuestion(io: Io, name: string, flags: InferFlags): Promise<Question> {
  const client = await connectTo(io, flags);
  const model = client.model(name, flags.modelVersion === undefined ? {} : { version: flags.modelVersion });
  const metadata = await suggestingModels(client, name, () => model.metadata());
  // Other servers of the protocol have no such route; labels then go by their defaults.
  const config = await model.config().catch(() => ({}));
  const decoupled = isDecoupled(config);
  if (decoupled) refuseForStreams(name, flags);
  const given = [...(flags.input ?? []), ...(flags.image ?? [])];
  const inputs = await readInputs(metadata.inputs, {
    flags: given,
    requestFile: flags.request,
    shapes: Object.fromEntries(flags.shape ?? []),
    fill: flags.fill,
    cwd: io.cwd,
    readStdin: () => io.readStdin(),
  });
  const ranked = decoupled ? undefined : chooseRanked(metadata.outputs, flags, labelledOutput(config));
  const rowNames = given.flatMap(({ source }) => (source.kind === 'file' ? [basename(source.path)] : []));
  return { client, model, metadata, inputs, options: requestOptions(flags), decoupled, ranked, rowNames };
}

function refuseForStreams(name: string, { save, classes }: InferFlags): void {
  const flag = save !== undefined ? '--save' : classes !== undefined ? '--classes' : undefined;
  if (flag === undefined) return;
  const message = `model '${name}' may give several answers, for which there is no ${flag}`;
  throw invalidArgument(message);
}

/** Classes are shown when asked for, and to people whenever the model has labels. */
function chooseRanked(
  outputs: readonly TensorMetadata[],
  flags: InferFlags,
  labelled: string | undefined,
): Question['ranked'] {
  const output = flags.output?.[0] ?? labelled ?? rankedOutput(outputs);
  const plain = flags.json === undefined && flags.save === undefined && flags.output === undefined;
  const wanted = flags.classes !== undefined || (plain && labelled !== undefined);
  return wanted && output !== undefined ? { output, top: flags.classes ?? DEFAULT_CLASSES } : undefined;
}

function requestOptions(flags: InferFlags): InferOptions {
  return {
    binary: flags.binary,
    parameters: Object.fromEntries(flags.parameter ?? []),
    ...(flags.output === undefined ? {} : { outputs: flags.output }),
    ...(flags.priority === undefined ? {} : { priority: flags.priority }),
    ...(flags.sequence === undefined ? {} : { sequence: sequenceStep(flags.sequence, flags) }),
    ...(flags.id === undefined ? {} : { id: flags.id }),
    ...(flags.requestId === undefined ? {} : { requestId: flags.requestId }),
  };
}

function sequenceStep(id: string | bigint, flags: InferFlags): SequenceStep {
  return { id, start: flags.sequenceStart === true, end: flags.sequenceEnd === true };
}

/** Sends the request to a model of many answers; they come as it gives them. */
export function askForAll({ model, inputs, options }: Question): AsyncIterable<InferResult> {
  const { binary: _, ...rest } = options;
  return model.stream(inputs, rest);
}

/** Sends the request. */
export async function ask({ model, inputs, options, ranked }: Question): Promise<Answer> {
  if (ranked === undefined) return { kind: 'tensors', result: await model.infer(inputs, options) };
  return { kind: 'classes', output: ranked.output, rows: await model.classify(inputs, { ...options, ...ranked }) };
}

/** The request as a curl command; the answer to it is JSON. Writes the body to the file that the flags name. */
export async function questionAsCurl(io: Io, question: Question, flags: InferFlags): Promise<string> {
  const { client, model, metadata, inputs, options, decoupled, ranked } = question;
  const tensors = Object.entries(inputs).map(([name, value]) =>
    toTensor(
      name,
      value,
      metadata.inputs.find((input) => input.name === name),
    ),
  );
  const file = typeof flags.curl === 'string' ? flags.curl : undefined;
  const { headers, body } = decoupled
    ? { headers: { 'content-type': 'application/json' }, body: encodeGenerate(tensors, options) }
    : encodeRequest(tensors, {
        ...options,
        binary: flags.binary && file !== undefined ? 'inputs' : false,
        ...(ranked === undefined ? {} : { outputs: [ranked.output], classes: { [ranked.output]: ranked.top } }),
      });
  if (file !== undefined) await writeNamed(io, resolve(io.cwd, file), { content: body });
  const key = await findKey(io, flags);
  const version = model.version === undefined ? '' : `/versions/${model.version}`;
  return formatCurl({
    url: `${client.url}/v2/models/${encodeURIComponent(model.name)}${version}/${decoupled ? 'generate_stream' : 'infer'}`,
    headers,
    streams: decoupled,
    body: file === undefined ? { text: String(body) } : { file },
    caFile: flags.caFile,
    certFile: flags.certFile,
    certKeyFile: flags.certKeyFile,
    keyVariable: key === undefined ? undefined : KEY_VARIABLE,
  });
}
