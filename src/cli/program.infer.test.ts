import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { closeServer, METADATA, run, server, start } from '../../test/support/cli-fixture.js';
import { jsonAnswer } from '../../test/support/fake-server.js';
import { createTempFolder } from '../../test/support/model-folder.js';

afterEach(closeServer);

describe('infer', () => {
  const answer = {
    model_name: 'mlp',
    model_version: '2',
    outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 2], data: [0.125, 2] }],
  };
  const routes = {
    'GET /v2/models/mlp': () => jsonAnswer(METADATA),
    'POST /v2/models/mlp/infer': () => jsonAnswer(answer),
  };

  it('prints the outputs', async () => {
    const options = await start(routes);
    const { code, out } = await run(['infer', 'mlp', '-i', '[1,2]'], options);
    expect(code).toBe(0);
    expect(server?.seen.map(({ url }) => url)).toEqual([
      '/v2/models/mlp',
      '/v2/models/mlp/config',
      '/v2/models/mlp/infer',
    ]);
    expect(out).toMatch(/^mlp version 2 answered in [\d.]+ ms\n\ny FP32\[1,2\]\n {2}0\.125 {2}2\n$/);
  });

  it('prints the whole answer as JSON, and sends what it was told to', async () => {
    const options = await start(routes);
    const { out } = await run(
      [
        'infer',
        'mlp',
        '-i',
        'x=[[1,2]]',
        '-o',
        'y',
        '--id',
        'seven',
        '--priority',
        '2',
        '--parameter',
        'n=5',
        '--request-id',
        'r-1',
        '--no-binary',
        '--json',
      ],
      options,
    );
    expect(JSON.parse(out)).toMatchObject({ model_name: 'mlp', outputs: [{ name: 'y', data: [0.125, 2] }] });
    const request = server?.seen.at(-1);
    expect(request?.headers['x-request-id']).toBe('r-1');
    expect(JSON.parse(String(request?.body))).toEqual({
      id: 'seven',
      parameters: { n: 5, priority: 2 },
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }],
      outputs: [{ name: 'y' }],
    });
  });

  it('takes a request body from the standard input', async () => {
    const options = await start(routes);
    const stdin = '{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[[NaN,2]]}]}';
    expect((await run(['infer', 'mlp', '-r', '-', '--no-binary'], { ...options, stdin })).code).toBe(0);
    expect(String(server?.seen.at(-1)?.body)).toContain('"data":[NaN,2]');
    expect(await run(['infer', 'mlp', '-r', '-'], { ...options, stdin: '{"inputs":[{}]}' })).toMatchObject({
      code: 2,
      err: 'error: -: expected {"inputs":[{"name","shape","datatype","data"}]}\n',
    });
  });

  it('ranks the probabilities of a classifier exported from scikit-learn, whose first output is the label', async () => {
    const outputs = [
      { name: 'output_label', datatype: 'BYTES', shape: [-1] },
      { name: 'output_probability', datatype: 'FP32', shape: [-1, 2] },
    ];
    const data = ['0.75:1:virginica', '0.25:0:setosa'];
    const options = await start({
      'GET /v2/models/mlp': () => jsonAnswer({ ...METADATA, outputs }),
      'POST /v2/models/mlp/infer': () =>
        jsonAnswer({ ...answer, outputs: [{ name: 'output_probability', datatype: 'BYTES', shape: [1, 2], data }] }),
    });
    const { out } = await run(['infer', 'mlp', '-i', '[1,2]', '--classes', '2', '--json', '--no-binary'], options);
    expect(JSON.parse(String(server?.seen.at(-1)?.body)).outputs).toEqual([
      { name: 'output_probability', parameters: { classification: 2 } },
    ]);
    expect(JSON.parse(out).rows[0][0]).toEqual({ score: 0.75, index: 1, label: 'virginica' });
  });

  it('shows classes to people when the model has labels, to programs when asked', async () => {
    const classes = {
      ...answer,
      outputs: [{ name: 'y', datatype: 'BYTES', shape: [1, 2], data: ['0.9:1:cat', '0.1:0:dog'] }],
    };
    const options = await start({
      ...routes,
      'GET /v2/models/mlp/config': () => jsonAnswer({ output: [{ name: 'y', label_filename: 'labels.txt' }] }),
      'POST /v2/models/mlp/infer': () => jsonAnswer(classes),
    });
    const { out } = await run(['infer', 'mlp', '-i', '[1,2]'], options);
    expect(out).toMatch(/^mlp y answered in [\d.]+ ms\n\nCLASS {3}SCORE\ncat {7}0\.9\ndog {7}0\.1\n$/);
    const json = await run(['infer', 'mlp', '-i', '[1,2]', '--classes', '2', '--json'], options);
    expect(JSON.parse(json.out).rows[0][0]).toEqual({ score: 0.9, index: 1, label: 'cat' });
  });

  it('prints the curl command instead, with its body in the line or in a file', async () => {
    await using folder = await createTempFolder();
    const options = { ...(await start(routes)), cwd: folder.path };
    const url = `${server?.url}/v2/models/mlp/infer`;
    const inline = await run(['infer', 'mlp', '-i', '[1,2]', '--curl'], options);
    expect(inline.out).toBe(
      `curl -s ${url} -H 'content-type: application/json' ` +
        `-d '{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2]}]}'\n`,
    );
    vi.stubEnv('MILLRACE_KEY', 'secret');
    const { out } = await run(['infer', 'mlp', '-i', '[1,2]', '--classes', '3', '--curl', 'body.bin'], options);
    const body = await readFile(`${folder.path}/body.bin`);
    expect(out).toBe(
      `curl -s ${url} -H 'content-type: application/octet-stream' -H 'inference-header-content-length: ${body.length - 8}' ` +
        '-H "Authorization: Bearer $MILLRACE_KEY" --data-binary @body.bin\n',
    );
    expect(JSON.parse(body.toString('utf8', 0, body.length - 8))).toEqual({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], parameters: { binary_data_size: 8 } }],
      outputs: [{ name: 'y', parameters: { classification: 3 } }],
    });
    expect(await run(['infer', 'mlp', '-i', '[1,2]', '--curl', 'no/where'], options)).toMatchObject({
      code: 2,
      err: `error: ${folder.path}/no/where cannot be written (ENOENT)\n`,
    });
  });

  it('writes outputs to files', async () => {
    await using folder = await createTempFolder();
    const outputs = [...answer.outputs, { name: 'a/b', datatype: 'BYTES', shape: [1], data: ['text'] }];
    const options = await start({ ...routes, 'POST /v2/models/mlp/infer': () => jsonAnswer({ ...answer, outputs }) });
    await run(['infer', 'mlp', '-i', '[1,2]', '--save', 'out'], { ...options, cwd: folder.path });
    // What was saved goes in again.
    await run(['infer', 'mlp', '-i', '@out/y.npy', '--no-binary'], { ...options, cwd: folder.path });
    expect(String(server?.seen.at(-1)?.body)).toContain('"shape":[1,2],"data":[0.125,2]');
    await run(['infer', 'mlp', '-i', '@out/a_b.json'], { ...options, cwd: folder.path });
    const nowhere = ['--save', 'out/y.npy/here'];
    expect(await run(['infer', 'mlp', '-i', '[1,2]', ...nowhere], { ...options, cwd: folder.path })).toMatchObject({
      code: 2,
      err: 'error: out/y.npy/here/y.npy cannot be written (ENOTDIR)\n',
    });
  });

  it.each([
    [['-i', 'z=1'], "error: the model has no input 'z'; its inputs are 'x'\n"],
    [['-i', 'x=abc'], "error: input 'x' takes FP32[-1,2]: expected JSON such as [[1,2]], or @FILE, got 'abc'\n"],
    [['-i', '[1,2,3]'], "error: input 'x' takes FP32[-1,2], got 3 elements; give --shape x=… to say the full shape\n"],
    [['-i', '@none.npy'], 'error: none.npy does not exist\n'],
    [['-i', '[1,2]', '-i', '[3,4]'], "error: input 'x' is given several times\n"],
  ])('says what is wrong with %s', async (flags, message) => {
    const options = await start(routes);
    expect(await run(['infer', 'mlp', ...flags], options)).toMatchObject({ code: 2, err: message });
  });
});
