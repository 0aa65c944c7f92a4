import { type Call, type Clock, type InferRequest, MillraceError, Turns } from '../../../core/index.js';
import type { InferTarget } from '../../../service/index.js';
import type { DialectContext } from '../../dialect.js';
import { createRunWriter } from '../../shared/instances/run-writer.js';
import { createStepwiseAnswer, isLong } from '../../shared/json/stepwise.js';
import type { JsonWriter } from '../../shared/json/writer.js';
import { plainRequest } from '../../shared/plain-request.js';
import { LARGE_BYTES, type WireRequest, type WireResponse } from '../../wire.js';
import { DECODE_EXAMPLES } from '../large-requests.js';
import { ONLY_ONE } from '../only-one.js';
import { checkSignatureName } from '../signature.js';
import { answerOf, type HeadAnswer, headOf, type Method, outputsOf } from './heads.js';
import { decodeExamples } from './read-json.js';

export interface ExamplesOptions extends Pick<DialectContext, 'decoder'> {
  readonly service: Pick<DialectContext['service'], 'inference'>;
  readonly clock: Clock;
}

type Asked = { readonly method: Method; readonly target: InferTarget };

/** Answers a POST to a classify or regress route: resolve, decode examples, infer, encode. */
export function createExamplesHandler({ service, decoder, clock }: ExamplesOptions) {
  const answer = createStepwiseAnswer(new Turns(clock));
  return async (call: Call, { method, target }: Asked, { body }: Pick<WireRequest, 'body'>): Promise<WireResponse> => {
    const resolved = await service.inference.resolve(call, target, ONLY_ONE);
    const { signature } = resolved.info;
    const head = headOf(target, signature, method);
    const { inputs, signatureName } =
      body.length > LARGE_BYTES
        ? await decoder.decode(call, DECODE_EXAMPLES, { input: { body, signature }, moves: [body] })
        : decodeExamples(body, signature);
    checkSignatureName(target, signatureName);
    call.timing.decodedAt = clock.now();
    const request: InferRequest = { ...plainRequest(inputs), outputs: outputsOf([head]) };
    const result = await service.inference.infer(call, resolved, request);
    if (result.kind === 'many') throw new MillraceError('internal', 'asked for one answer, got several');
    const startedAt = clock.now();
    const results = answerOf(head, result.response.outputs);
    const write = method === 'classify' ? writeClasses : writeValues;
    const response = await answer((writer) => write(writer, results), {
      isLarge: results.values.data.length > LARGE_BYTES,
    });
    call.timing.encodeMs = clock.now() - startedAt;
    return response;
  };
}

/** For each example a list of `[label, score]`. */
function* writeClasses(writer: JsonWriter, answer: HeadAnswer): Generator<undefined, void> {
  const { values, examples, perExample, labelOf } = answer;
  const writeRun = createRunWriter(values);
  writer.ascii('{"results":[');
  for (let example = 0; example < examples; example++) {
    writer.ascii(example === 0 ? '[' : ',[');
    for (let index = example * perExample; index < (example + 1) * perExample; index++) {
      writer.ascii(index === example * perExample ? '[' : ',[');
      writer.string(labelOf(index));
      writer.ascii(',');
      writeRun(writer, { first: index, from: index, to: index + 1 });
      writer.ascii(']');
      if (isLong(writer)) yield;
    }
    writer.ascii(']');
  }
  writer.ascii(']}');
}

/** For each example a number. */
function* writeValues(writer: JsonWriter, { values, examples }: HeadAnswer): Generator<undefined, void> {
  const writeRun = createRunWriter(values);
  writer.ascii('{"results":[');
  for (let index = 0; index < examples; ) {
    index = writeRun(writer, { first: 0, from: index, to: examples });
    if (isLong(writer)) yield;
  }
  writer.ascii(']}');
}
