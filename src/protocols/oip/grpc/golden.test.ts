import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createTestCall } from '../../../../test/support/fake-grpc-stream.js';
import { createFakeService, fakeResolved } from '../../../../test/support/fake-service.js';
import { protoBytes, protoJson } from '../../../../test/support/grpc-messages.js';
import { NO_TIMING } from '../../../../test/support/no-timing.js';
import type { Datatype, InferRequest, InferResponse, ParameterValue, Tensor } from '../../../core/index.js';
import { MillraceError } from '../../../core/index.js';
import type { Service } from '../../../service/index.js';
import { GRPC_STATUS } from '../../shared/grpc/status.js';
import { decodeModelInfer } from './decode-infer.js';
import { createGrpcMethods } from './routes.js';

interface GoldenTensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly string[];
}

interface GoldenInferRequest {
  readonly model_name?: string;
  readonly id?: string;
  readonly inputs?: readonly GoldenTensor[];
  readonly raw_input_contents?: readonly string[];
}

/** One exchange with Triton 2.51. */
interface Golden {
  readonly case: string;
  readonly rpc: string;
  readonly request: GoldenInferRequest;
  readonly request_base64: string;
  readonly response?: Record<string, unknown>;
  readonly status: 'OK' | { readonly code_number: number; readonly details: string };
}

const goldens = readFileSync('test/conformance/triton/golden/grpc.jsonl', 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Golden)
  .filter(({ rpc, request_base64 }) => rpc.startsWith('inference.') && request_base64 !== undefined);
const nameOf = ({ rpc }: Golden) => rpc.slice(rpc.indexOf('/') + 1);
const bytesOf = ({ request_base64 }: Golden) => Buffer.from(request_base64, 'base64');
const inferences = goldens.filter((golden) => nameOf(golden) === 'ModelInfer');
const answered = inferences.filter(({ response }) => response !== undefined);

/** Triton answers these, and the decoder does not: docs/protocols.md says why. */
const REFUSED_HERE = ['infer-raw-too-many', 'infer-types-uint8-overflow'];

/** The answer of a recorded exchange as the engine would give it. */
function engineAnswer(response: Record<string, unknown>, id: string): InferResponse {
  const outputs = (response.outputs ?? []) as readonly GoldenTensor[];
  const parameters = Object.entries((response.parameters ?? {}) as Record<string, object>);
  const raw = (response.raw_output_contents ?? []) as readonly string[];
  return {
    ref: { name: String(response.model_name), version: Number(response.model_version), generation: 1 },
    id,
    parameters: Object.fromEntries(parameters.map(([name, choice]) => [name, parameterOf(choice)])),
    outputs: outputs.map(({ name, datatype, shape }, index): Tensor => {
      return { name, datatype, shape: shape.map(Number), data: Buffer.from(raw[index] ?? '', 'base64') };
    }),
  };
}

function parameterOf(choice: object): ParameterValue {
  const [[kind, value] = []] = Object.entries(choice);
  return kind === 'int64_param' ? Number(value) : value;
}

/** Sends a request to the method of that name. */
async function send(service: Service, golden: Golden): Promise<unknown> {
  const method = createGrpcMethods(service, { maxInputs: 8 }).find(({ path }) => path === `/${golden.rpc}`);
  if (method?.kind !== 'unary') throw new Error(`${golden.rpc} is no unary method`);
  try {
    return protoJson(`${nameOf(golden)}Response`, await method.handle(createTestCall(), bytesOf(golden), {}));
  } catch (error) {
    return error instanceof MillraceError ? GRPC_STATUS[error.code] : error;
  }
}

/** JSON of the same message with everything in it that protobuf leaves out. */
function complete(golden: Golden): unknown {
  const name = `${nameOf(golden)}Response`;
  return protoJson(name, [protoBytes(name, golden.response)]);
}

describe('ModelInfer as recorded from Triton', () => {
  it.each(answered.filter((golden) => !REFUSED_HERE.includes(golden.case)))('$case', async (golden) => {
    const requests: InferRequest[] = [];
    const names: string[] = [];
    const service = createFakeService({
      resolve: (_call, target) => {
        names.push(target.name);
        return fakeResolved(target, {});
      },
      infer: (_call, _resolved, request) => {
        requests.push(request);
        return Promise.resolve({
          kind: 'one',
          timing: NO_TIMING,
          response: engineAnswer(golden.response ?? {}, request.id),
        });
      },
    });
    expect(await send(service, golden)).toEqual(complete(golden));
    const { model_name, id = '', inputs = [], raw_input_contents } = golden.request;
    expect([names[0], requests[0]?.id]).toEqual([model_name, id]);
    expect(
      requests[0]?.inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape: shape.map(String) })),
    ).toEqual(inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape })));
    const given = requests[0]?.inputs.filter(({ name }) => requests[0]?.sharedInputs?.has(name) !== true);
    if (raw_input_contents === undefined) return;
    expect(given?.map(({ data }) => Buffer.from(data).toString('base64'))).toEqual(raw_input_contents);
  });

  it('is refused with the same status by the decoder, as far as it can tell', () => {
    const refused = new Map<string, string>();
    for (const golden of inferences) {
      try {
        decodeModelInfer(bytesOf(golden), { maxInputs: 8 });
      } catch (error) {
        const { code, message } = error as MillraceError;
        refused.set(golden.case, message);
        const { status } = golden;
        if (status !== 'OK') expect([golden.case, GRPC_STATUS[code]]).toEqual([golden.case, status.code_number]);
        else expect(REFUSED_HERE).toContain(golden.case);
      }
    }
    expect(Object.fromEntries(refused)).toMatchInlineSnapshot(`
      {
        "infer-bad-datatype": "input 'x': 'FLOAT' is not a datatype; expected one of BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, FP16, FP32, FP64, BF16, BYTES",
        "infer-class-badtype": "output 'y': parameter 'classification' must be an integer of at least 0, got '3'",
        "infer-contents-short": "input 'x': expected 16 elements for shape [1,16], got 8",
        "infer-duplicate-input": "request: input 'INPUT0' is given twice",
        "infer-neg-shape": "input 'x': shape[0]: expected an integer from 0 to 2147483647, got -1",
        "infer-no-data": "input 'x': expected 'contents', raw_input_contents or the parameter 'shared_memory_region', got none of them",
        "infer-nonnumeric-version": "version 'abc': expected a positive integer",
        "infer-params-reserved": "request: parameter 'triton_foo' is not known, and names that begin with 'triton_' are reserved",
        "infer-params-seqstart-badtype": "request: parameter 'sequence_start' must be true or false, got 1",
        "infer-params-timeout-string": "request: parameter 'timeout' must be an integer of at least 0, got '5'",
        "infer-params-unset-oneof": "request: parameter 'z' has no value",
        "infer-raw-count-mismatch": "input 'INPUT1': expected no 'contents' beside 'raw_input_contents' of the request, got both",
        "infer-raw-empty": "input 'x': expected 64 bytes for FP32[1,16], got 0",
        "infer-raw-too-many": "request: expected 1 raw_input_contents, one for each input with its data here, got 2",
        "infer-two-contents-fields": "input 'x': elements of FP32 belong in 'fp32_contents', got 'int_contents'",
        "infer-types-bf16-contents": "input 'I_BF16': elements of BF16 must be sent in 'raw_input_contents', got 'fp32_contents'",
        "infer-types-bytes-raw-overrun": "input 'I_STRING': BYTES element 0: its length says 9 bytes, but only 1 are left",
        "infer-types-bytes-raw-short": "input 'I_STRING': expected 2 elements for shape [2], got 1",
        "infer-types-fp16-contents": "input 'I_FP16': elements of FP16 must be sent in 'raw_input_contents', got 'fp32_contents'",
        "infer-types-mixed-raw-contents": "input 'I_INT32': expected no 'contents' beside 'raw_input_contents' of the request, got both",
        "infer-types-uint8-overflow": "input 'I_UINT8': uint_contents[0]: expected an integer from 0 to 255, got 300",
        "infer-types-uint8-wrong-field": "input 'I_UINT8': elements of UINT8 belong in 'uint_contents', got 'int_contents'",
        "infer-wrong-contents-field": "input 'x': elements of FP32 belong in 'fp32_contents', got 'fp64_contents'",
      }
    `);
  });
});

describe('the settings as recorded from Triton', () => {
  let log = createFakeService().server.logSettings(createTestCall());
  const service = createFakeService({
    logSettings: () => log,
    async changeLogSettings(_call, change) {
      log = { ...log, ...change() };
      return log;
    },
  });

  // In order: some change what others see.
  const LOG = 'log-get log-bad log-badtype log-file log-unknown log-restore';
  const TRACE =
    'trace-get trace-get-model trace-set-bad trace-set-file trace-set-two-values trace-unknown-setting trace-clear';

  it.each(`${LOG} ${TRACE}`.split(' '))('%s', async (name) => {
    const golden = goldens.find((each) => each.case === name) as Golden;
    const { status } = golden;
    expect(await send(service, golden)).toEqual(status === 'OK' ? complete(golden) : status.code_number);
  });

  it.each(['log-set', 'trace-set-rate'])('%s, which would do nothing here, is UNIMPLEMENTED', async (name) => {
    expect(await send(service, goldens.find((each) => each.case === name) as Golden)).toBe(12);
  });
});
