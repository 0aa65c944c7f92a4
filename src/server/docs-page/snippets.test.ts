import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { snippetsOf } from './snippets.js';
import type { Call, InferCall, Place } from './types.js';

const PLACE: Place = {
  origin: 'http://h:8000',
  grpc: { address: 'h:8001', tls: false },
  withKey: false,
};
const INFER: InferCall = {
  kind: 'infer',
  model: "it's",
  version: '3',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], content: { kind: 'elements', elements: [0.5, 1] } }],
  classes: {},
  parameters: {},
};

function snippet(title: string, call: Call, place = PLACE): string {
  const found = snippetsOf(call, place).find((each) => each.title === title);
  if (found === undefined) throw new Error(`no ${title}`);
  return found.code;
}

/** What grpcurl is sent by a line for a shell. */
function grpcMessage(call: Call): object {
  const code = snippet('gRPC', call).replace(/grpcurl .*-d @ .*$/s, 'cat');
  return JSON.parse(execFileSync('sh', ['-c', code], { encoding: 'utf8' }));
}

describe('curl', () => {
  it('sends JSON', () => {
    expect(snippet('curl', INFER)).toBe(
      [
        "curl -s 'http://h:8000/v2/models/it'\\''s/versions/3/infer' \\",
        "  -H 'Content-Type: application/json' \\",
        `  -d '{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[0.5,1]}]}'`,
      ].join('\n'),
    );
  });

  it('sends zeros and files behind it', () => {
    const inputs = [
      { name: 'a', datatype: 'FP32', shape: [1, 100], content: { kind: 'zeros' as const } },
      {
        name: 'b',
        datatype: 'BYTES',
        shape: [1],
        content: { kind: 'file' as const, file: { name: 'my file', size: 258 } },
      },
    ];
    const code = snippet('curl', { ...INFER, inputs });
    expect(code).toContain("head -c 400 /dev/zero; printf '\\002\\001\\000\\000'; cat 'my file') |\ncurl -s");
    expect(code).toMatch(/-H 'Inference-Header-Content-Length: \d+' \\\n {2}--data-binary @-$/);
  });

  it('takes the key from the environment', () => {
    const call: Call = {
      kind: 'media',
      model: 'm',
      version: undefined,
      input: 'p',
      media: 'image',
      file: { name: 'a b.jpg', size: 0 },
      classes: {},
    };
    expect(snippet('curl', call, { ...PLACE, withKey: true })).toBe(
      `curl -s http://h:8000/v2/models/m/infer \\\n  -H "Authorization: Bearer $MILLRACE_KEY" \\\n  --data-binary '@a b.jpg'`,
    );
  });
});

describe('TypeScript', () => {
  it('names what the client takes', () => {
    const call: InferCall = {
      ...INFER,
      classes: { y: 3 },
      parameters: { sequence_id: 7, sequence_start: true, p: 'x' },
    };
    expect(snippet('TypeScript', call)).toBe(`// npm install millrace
import { connect } from 'millrace/client';

const client = connect('http://h:8000');
const model = client.model('it\\'s', { version: 3 });
const [classes = []] = await model.classify({
  x: { datatype: 'FP32', shape: [1,2], data: [0.5,1] },
}, { output: 'y', top: 3, sequence: { id: 7, start: true, end: false }, parameters: {"p":"x"} });
for (const { label, score } of classes) console.log(label, score);
`);
  });
});

describe('Python', () => {
  it('writes values as Python has them', () => {
    const inputs = [
      { name: 'a"b', datatype: 'BOOL', shape: [2], content: { kind: 'elements' as const, elements: [true, false] } },
    ];
    const code = snippet('Python', { ...INFER, inputs, parameters: { sequence_id: 7, sequence_end: true, k: 1 } });
    expect(code).toContain('input_0 = triton.InferInput("a\\"b", [2], "BOOL")');
    expect(code).toContain('np.array([True, False], dtype=np.bool_).reshape([2])');
    expect(code).toContain('sequence_id=7, sequence_end=True, parameters={"k": 1})');
  });

  it('streams over gRPC, and is not there without it', () => {
    const call: Call = { kind: 'stream', model: 'm', version: undefined, inputs: [], parameters: {} };
    expect(snippet('Python', call)).toContain('triton.InferenceServerClient("h:8001")');
    expect(snippetsOf(call, { ...PLACE, grpc: undefined }).map(({ title }) => title)).toEqual(['curl', 'TypeScript']);
  });
});

describe('gRPC', () => {
  it('has typed contents', () => {
    const call: InferCall = { ...INFER, model: 'm', classes: { y: 2 }, parameters: { a: 1.5, b: false } };
    expect(snippet('gRPC', call)).toBe(
      [
        'grpcurl -plaintext \\',
        `  -d '{"model_name":"m","model_version":"3","inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"contents":{"fp32_contents":[0.5,1]}}],"outputs":[{"name":"y","parameters":{"classification":{"int64_param":2}}}],"parameters":{"a":{"double_param":1.5},"b":{"bool_param":false}}}' \\`,
        '  h:8001 inference.GRPCInferenceService/ModelInfer',
      ].join('\n'),
    );
  });

  it('has raw contents of all inputs where one needs them', () => {
    const inputs = [
      { name: '100%', datatype: 'FP16', shape: [1], content: { kind: 'elements' as const, elements: [1] } },
      { name: 'z', datatype: 'INT32', shape: [1, 100], content: { kind: 'zeros' as const } },
    ];
    expect(grpcMessage({ ...INFER, inputs })).toMatchObject({
      inputs: [{ name: '100%' }, { name: 'z' }],
      raw_input_contents: ['ADw=', Buffer.alloc(400).toString('base64')],
    });
  });

  it('asks language models as they are asked elsewhere', () => {
    const call: Call = {
      kind: 'chat',
      model: 'm',
      messages: [{ role: 'user', content: 'é' }],
      maxTokens: 4,
      temperature: 0.5,
    };
    const code = snippet('gRPC', call);
    const encoded = /"bytes_contents":\["([^"]+)"\]/.exec(code)?.[1] ?? '';
    expect(Buffer.from(encoded, 'base64').toString()).toBe('{"messages":[{"role":"user","content":"é"}]}');
    expect(code).toContain('ModelStreamInfer');
    expect(code).toContain('"max_tokens":{"int64_param":4},"temperature":{"double_param":0.5}');
  });
});
