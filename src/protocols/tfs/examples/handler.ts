import { type Call, type Clock, type InferRequest, Turns } from '../../../core/index.js';
import type { InferTarget } from '../../../service/index.js';
import type { DialectContext } from '../../dialect.js';
import { answerInference } from '../../shared/answer-inference.js';
import { createRunWriter } from '../../shared/instances/run-writer.js';
import { createStepwiseAnswer, isLong } from '../../shared/json/stepwise.js';
import type { JsonWriter } from '../../shared/json/writer.js';
import { plainRequest } from '../../shared/plain-request.js';
import { LARGE_BYTES, type WireRequest, type WireResponse } from '../../wire.js';
import { DECODE_EXAMPLES } from '../large-requests.js';
import { ONLY_ONE } from '../only-one.js';
import { checkSignatureName } from '../signature.js';
import { answerOf, type Head, type HeadAnswer, headOf, type Method, outputsOf } from './heads.js';
import { decodeExamples } from './read-json.js';

export interface ExamplesOptions extends Pick<DialectContext, 'decoder'> {
  readonly service: Pick<DialectContext['service'], 'inference'>;
  readonly clock: Clock;
}

type Asked = { readonly method: Method; readonly target: InferTarget };

/** Answers a POST to a classify or regress route: resolve, decode examples, infer, encode. */
export function createExamplesHandler({ service, decoder, clock }: ExamplesOptions) {
  const answer = createStepwiseAnswer(new Turns(clock));
  return (call: Call, { method, target }: Asked, { body }: Pick<WireRequest, 'body'>): Promise<WireResponse> => {
    let head: Head;
    return answerInference({ service, clock }, call, {
      target,
      options: ONLY_ONE,
      async decode({ info: { signature } }): Promise<InferRequest> {
        head = headOf(target, signature, method);
        const { inputs, signatureName } =
          body.length > LARGE_BYTES
            ? await decoder.decode(call, DECODE_EXAMPLES, { input: { body, signature }, moves: [body] })
            : decodeExamples(body, signature);
        checkSignatureName(target, signatureName);
        return { ...plainRequest(inputs), outputs: outputsOf([head]) };
      },
      encode({ outputs }) {
        const results = answerOf(head, outputs);
        const write = method === 'classify' ? writeClasses : writeValues;
        return answer((writer) => write(writer, results), { isLarge: results.values.data.length > LARGE_BYTES });
      },
    });
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
