import { describe, expect, it } from 'vitest';
import { DATATYPES, type Datatype, encodeElements, packBytes, type Tensor } from '../core/index.js';
import { logTensor, type PayloadRecord, readRecord, readTensor } from './record.js';
import { createRedaction } from './redact.js';
import { checkPayloadLog, createFindRule } from './rules.js';

const VALUES: Readonly<Record<Datatype, readonly unknown[]>> = {
  BOOL: [true, false],
  UINT8: [0, 255],
  UINT16: [0, 65_535],
  UINT32: [0, 4_294_967_295],
  UINT64: [0n, 18_446_744_073_709_551_615n],
  INT8: [-128, 127],
  INT16: [-32_768, 32_767],
  INT32: [-2_147_483_648, 2_147_483_647],
  INT64: [-9_223_372_036_854_775_808n, 7n],
  FP16: [-0, 0.1],
  FP32: [0.1, Number.POSITIVE_INFINITY],
  FP64: [Number.NaN, 1 / 3],
  BF16: [-0, 3.140625],
  BYTES: ['ä"\n', Uint8Array.of(0xff, 0)],
};

function tensorOf(datatype: Datatype): Tensor {
  return { name: 'x', datatype, shape: [2], data: encodeElements('x', datatype, VALUES[datatype]) };
}

const text = (name: string, ...texts: string[]): Tensor => ({
  name,
  datatype: 'BYTES',
  shape: [texts.length],
  data: packBytes(texts.map((each) => Buffer.from(each))),
});

const RECORD: PayloadRecord = {
  format: 1,
  at: '2026-12-03T12:00:00.000Z',
  request_id: 'r1',
  model: 'm',
  principal: 'p',
  dialect: 'oip',
  status: 'ok',
  latency_ms: 1,
  inputs: [],
};

describe('a tensor of a record', () => {
  it.each(DATATYPES)('of %s is read from its line as it was', (datatype) => {
    const tensor = tensorOf(datatype);
    const line = JSON.stringify({ ...RECORD, inputs: [logTensor(tensor, 'values')] });
    const [read] = readRecord(line)?.inputs ?? [];
    expect(read && readTensor(read)).toEqual({ ...tensor, data: expect.anything() });
    expect(Buffer.from((read && readTensor(read).data) ?? [])).toEqual(Buffer.from(tensor.data));
  });

  it('has a summary in place of its values where the rule says so', () => {
    const numbers = { ...tensorOf('FP64'), shape: [3], data: encodeElements('x', 'FP64', [1, 4, Number.NaN]) };
    expect(logTensor(numbers, 'summary')).toEqual({
      name: 'x',
      datatype: 'FP64',
      shape: [3],
      summary: { elements: 3, least: 1, greatest: 4, mean: 2.5, non_finite: 1 },
    });
    expect(logTensor(text('x', 'secret', ''), 'summary').summary).toEqual({ elements: 2, bytes: 6 });
  });

  it('cannot be read where values were left out', () => {
    const { data: _, ...rest } = logTensor(tensorOf('INT8'), 'values');
    expect(() => readTensor({ ...rest, truncated: true })).toThrow(
      "tensor 'x': the record does not have all of its values",
    );
  });
});

describe('a line of the log', () => {
  it('is no record where it was cut, erased or is something else', () => {
    const line = JSON.stringify(RECORD);
    expect(readRecord(line)).toEqual(RECORD);
    for (const other of [line.slice(0, -1), ' '.repeat(40), '{}', '{"format":1,"inputs":[{}]}']) {
      expect(readRecord(other)).toBeUndefined();
    }
  });
});

describe('redaction', () => {
  const chat = JSON.stringify({ messages: [{ role: 'user', content: 'secret' }], user: 'ada' });
  const record: PayloadRecord = {
    ...RECORD,
    inputs: [logTensor(text('chat', chat), 'values'), logTensor(tensorOf('INT8'), 'values')],
    parameters: { user: 'ada', nested: { list: [{ key: 'secret' }, 'kept'] } },
  };

  it('leaves out whole tensors, and members of parameters and of texts that are JSON', () => {
    const redact = createRedaction([
      'inputs.x',
      "$.inputs['chat'].messages[*].content",
      'parameters.user',
      'parameters.nested.list[0].key',
    ]);
    const redacted = redact(record);
    expect(redacted.inputs).toEqual([
      {
        name: 'chat',
        datatype: 'BYTES',
        shape: [1],
        data: ['{"messages":[{"role":"user","content":"[redacted]"}],"user":"ada"}'],
        redacted: true,
      },
      { name: 'x', datatype: 'INT8', shape: [2], redacted: true },
    ]);
    expect(redacted.parameters).toEqual({
      user: '[redacted]',
      nested: { list: [{ key: '[redacted]' }, 'kept'] },
    });
  });

  it('leaves out a text as a whole that is no JSON', () => {
    const redact = createRedaction(['inputs.*.user']);
    const plain = { ...RECORD, inputs: [logTensor(text('chat', 'secret'), 'values')] };
    expect(redact(plain).inputs[0]?.data).toEqual(['[redacted]']);
  });
});

describe('the settings', () => {
  const rule = { rate: 1, maxRecordBytes: 1, tensors: 'values', redact: [] as string[] } as const;
  const options = (folder: string, ...rules: { names: string[]; redact?: string[] }[]) =>
    ({ folder, rules: rules.map((each) => ({ ...rule, ...each })) }) as unknown as Parameters<
      typeof checkPayloadLog
    >[0];

  it('apply the first rule that names the route or the model of a request', () => {
    const find = createFindRule(options('f', { names: ['fraud*', 'live'] }, { names: ['chat'] }));
    expect([find('', 'fraud'), find('live', 'x'), find('live', 'chat'), find('', 'chat'), find('r', 'x')]).toEqual([
      0,
      0,
      0,
      1,
      undefined,
    ]);
    expect(find('', 'fraud')).toBe(0);
  });

  it('need a folder and rules, and paths below what records have', () => {
    expect(checkPayloadLog(options('', { names: ['*'] }))).toEqual([
      'payloadLog.rules are set without payloadLog.folder: expected the folder of the log',
    ]);
    expect(checkPayloadLog(options('f'))).toEqual([
      'payloadLog.folder is set without payloadLog.rules: expected a rule that says what is recorded',
    ]);
    expect(checkPayloadLog(options('f', { names: ['*'], redact: ['inputs.a b', 'headers.x', 'inputs'] }))).toEqual([
      "payloadLog.rules[0].redact[0]: expected a path such as inputs.text or parameters.user, got 'inputs.a b'",
      "payloadLog.rules[0].redact[1]: expected a path below inputs, outputs, parameters, generation, got 'headers.x'",
      "payloadLog.rules[0].redact[2]: expected a path such as inputs.text or parameters.user, got 'inputs'",
    ]);
    expect(checkPayloadLog(options(''))).toEqual([]);
  });
});
