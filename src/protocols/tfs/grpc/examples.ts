import { type Call, decodeElements, excerpt, invalidArgument } from '../../../core/index.js';
import { DELIMITED, ProtoReader, ProtoWriter } from '../../../protobuf/index.js';
import type { Resolved } from '../../../service/index.js';
import type { DialectContext } from '../../dialect.js';
import { onlyAnswer } from '../../shared/answer-inference.js';
import type { GrpcMessage, UnaryMethod } from '../../shared/grpc/method.js';
import { plainRequest } from '../../shared/plain-request.js';
import { LARGE_BYTES } from '../../wire.js';
import { answerOf, type Head, type HeadAnswer, headOf, METHOD_OF, type Method, outputsOf } from '../examples/heads.js';
import { decodeInput } from '../examples/read-proto.js';
import { DECODE_INPUT } from '../large-requests.js';
import { ONLY_ONE } from '../only-one.js';
import { checkSignatureName } from '../signature.js';
import { encodeModelSpec } from './encode-predict.js';
import { pathOf } from './methods.js';
import { givenSpec, type ModelSpec, readModelSpec } from './model-spec.js';

export type ExamplesOptions = Pick<DialectContext, 'service' | 'decoder' | 'clock' | 'maxInputs'>;

/** What a request asks for its examples. */
interface Task {
  readonly spec: ModelSpec;
  readonly method: Method;
}

/** Classify, Regress and MultiInference: requests that carry examples (`tf.Example`). */
export function createExamplesMethods(options: ExamplesOptions): readonly UnaryMethod[] {
  const run = createRun(options);
  const writer = new ProtoWriter();
  const single = (name: string, method: Method): UnaryMethod => ({
    ...METHOD,
    path: pathOf(`PredictionService/${name}`),
    handle: async (call, message) => {
      const task = { spec: readSpec(new ProtoReader(message)), method };
      const { resolved, answers } = await run(call, message, [task]);
      writer.reset();
      for (const answer of answers) writeResult(writer, 1, { method, answer });
      writer.raw(encodeModelSpec(resolved.info.ref, 2));
      return writer.finish();
    },
  });
  return [
    single('Classify', 'classify'),
    single('Regress', 'regress'),
    {
      ...METHOD,
      path: pathOf('PredictionService/MultiInference'),
      handle: async (call, message) => {
        const tasks = readTasks(message, options.maxInputs);
        const { resolved, answers } = await run(call, message, tasks);
        return encodeResults(writer, { resolved, answers, tasks });
      },
    },
  ];
}

const METHOD = { kind: 'unary', access: 'key', control: false, largeMessages: true, inference: true } as const;

interface Run {
  readonly resolved: Resolved;
  /** One for each task. */
  readonly answers: readonly HeadAnswer[];
}

/** Runs the model once for all tasks, which are of the same one. */
function createRun({ service, decoder, clock }: ExamplesOptions) {
  return async (call: Call, message: Uint8Array, tasks: readonly Task[]): Promise<Run> => {
    const [first] = tasks;
    if (first === undefined) throw invalidArgument('request: expected tasks, got none');
    const resolved = await service.inference.resolve(call, first.spec.target, ONLY_ONE);
    const { target, info } = resolved;
    const { signature } = info;
    const heads = tasks.map(({ spec, method }): Head => {
      checkSignatureName(target, spec.signatureName);
      return headOf(target, signature, method);
    });
    const inputs =
      message.length > LARGE_BYTES
        ? await decoder.decodeMessage(call, DECODE_INPUT, { message, signature })
        : decodeInput(message, signature);
    call.timing.decodedAt = clock.now();
    const result = await service.inference.infer(call, resolved, {
      ...plainRequest(inputs),
      outputs: outputsOf(heads),
    });
    const { outputs } = onlyAnswer(result);
    return { resolved, answers: heads.map((head) => answerOf(head, outputs)) };
  };
}

/** The `model_spec` of a request, which is its first field. */
function readSpec(reader: ProtoReader): ModelSpec {
  let spec: ModelSpec | undefined;
  for (let key = reader.key(); key !== 0; key = reader.key()) {
    if (key === 8 + DELIMITED) spec = readModelSpec(reader);
    else reader.skip(key);
  }
  return givenSpec(spec);
}

function readTasks(message: Uint8Array, maxTasks: number): readonly Task[] {
  const reader = new ProtoReader(message);
  const tasks: Task[] = [];
  for (let key = reader.key(); key !== 0; key = reader.key()) {
    if (key !== 8 + DELIMITED) {
      reader.skip(key);
      continue;
    }
    if (tasks.length === maxTasks) throw invalidArgument(`request: expected at most ${maxTasks} tasks, got more`);
    const task = readTask(reader, tasks.length);
    const { target } = tasks[0]?.spec ?? task.spec;
    if (target.name !== task.spec.target.name || target.version !== task.spec.target.version) {
      throw invalidArgument(`tasks[${tasks.length}]: expected the model and version of tasks[0], got another`);
    }
    tasks.push(task);
  }
  return tasks;
}

function readTask(reader: ProtoReader, index: number): Task {
  let methodName = '';
  const outer = reader.enter();
  const { pos } = reader;
  for (let key = reader.key(); key !== 0; key = reader.key()) {
    if (key === 2 * 8 + DELIMITED) methodName = reader.string();
    else reader.skip(key);
  }
  const { pos: end } = reader;
  const method = METHOD_OF.get(methodName);
  if (method === undefined) {
    const expected = [...METHOD_OF.keys()].map((name) => `'${name}'`).join(' or ');
    throw invalidArgument(`tasks[${index}]: expected method_name to be ${expected}, got '${excerpt(methodName)}'`);
  }
  reader.pos = pos;
  const spec = readSpec(reader);
  reader.pos = end;
  reader.leave(outer);
  return { spec, method };
}

function encodeResults(
  writer: ProtoWriter,
  { resolved, answers, tasks }: Run & { readonly tasks: readonly Task[] },
): GrpcMessage {
  const spec = encodeModelSpec(resolved.info.ref, 1);
  writer.reset();
  for (const [index, answer] of answers.entries()) {
    const { method } = tasks[index] as Task;
    const result = writer.begin(1);
    writer.raw(spec);
    writeResult(writer, method === 'classify' ? 2 : 3, { method, answer });
    writer.end(result);
  }
  return writer.finish();
}

/** A `ClassificationResult` or `RegressionResult`. */
function writeResult(
  writer: ProtoWriter,
  field: number,
  { method, answer }: { readonly method: Method; readonly answer: HeadAnswer },
): void {
  const { values, examples, perExample, labelOf } = answer;
  // Of floats, which heads have.
  const numbers = decodeElements(values) as Float32Array;
  const result = writer.begin(field);
  for (let example = 0; example < examples; example++) {
    const one = writer.begin(1);
    if (method === 'regress') {
      writer.float(1, numbers[example] as number);
    } else {
      for (let index = example * perExample; index < (example + 1) * perExample; index++) {
        const entry = writer.begin(1);
        writer.string(1, labelOf(index));
        writer.float(2, numbers[index] as number);
        writer.end(entry);
      }
    }
    writer.end(one);
  }
  writer.end(result);
}
