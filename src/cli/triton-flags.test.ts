import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { run } from '../../test/support/cli-fixture.js';
import { renderConfigurationReference, SettingsSchema } from '../config/index.js';

/** Every option of tritonserver (src/command_line_parser.cc of 2026-08, all parts built in), with a value as one would give it. */
const TRITON = `
  --help
  --id=a --exit-timeout-secs=5
  --log-verbose=1 --log-info=false --log-warning=true --log-error=true --log-format=ISO8601 --log-file=/tmp/log
  --model-store=/m --model-repository=/m --exit-on-error=true --disable-auto-complete-config --strict-readiness=true
  --model-control-mode=poll --repository-poll-secs=3 --load-model=a --model-config-name=h100
  --model-load-thread-count=4 --model-load-retry-count=2 --model-namespacing=true --enable-peer-access=true
  --allow-http=false --http-address=127.0.0.2 --http-port=9000 --reuse-http-port=true --http-header-forward-pattern=x.*
  --http-thread-count=8 --http-max-input-size=1000000 --http-restricted-api=shared-memory:key=value
  --allow-grpc=false --grpc-address=127.0.0.1 --grpc-port=9001 --reuse-grpc-port=true --grpc-header-forward-pattern=x.*
  --grpc-infer-thread-count=2 --grpc-infer-allocation-pool-size=8 --grpc-max-response-pool-size=8 --grpc-use-ssl=true
  --grpc-use-ssl-mutual=true --grpc-server-cert=c --grpc-server-key=k --grpc-root-cert=r
  --grpc-infer-response-compression-level=low --grpc-keepalive-time=1 --grpc-keepalive-timeout=1
  --grpc-keepalive-permit-without-calls=true --grpc-http2-max-pings-without-data=1
  --grpc-http2-min-recv-ping-interval-without-data=1 --grpc-http2-max-ping-strikes=1 --grpc-max-connection-age=1
  --grpc-max-connection-age-grace=1 --grpc-restricted-protocol=shared-memory:key=value
  --allow-sagemaker=true --sagemaker-port=1 --sagemaker-safe-port-range=1-2 --sagemaker-thread-count=1
  --allow-vertex-ai=true --vertex-ai-port=1 --vertex-ai-thread-count=1 --vertex-ai-default-model=m
  --allow-metrics=false --allow-gpu-metrics=true --allow-cpu-metrics=false --metrics-address=127.0.0.1 --metrics-port=9002
  --metrics-interval-ms=1 --metrics-config=summary_latencies=true
  --trace-config=level=TIMESTAMPS --trace-file=t --trace-level=TIMESTAMPS --trace-rate=1 --trace-count=1
  --trace-log-frequency=1
  --cache-config=local,size=1048576 --cache-directory=/c --response-cache-byte-size=1048576
  --rate-limit=execution_count --rate-limit-resource=R:1
  --pinned-memory-pool-byte-size=1 --cuda-memory-pool-byte-size=0:1 --cuda-virtual-address-size=0:1
  --min-supported-compute-capability=6.0 --buffer-manager-thread-count=1 --host-policy=a,numa-node=0
  --model-load-gpu-limit=0:0.5 --allow-client-shm=true
  --backend-directory=/b --backend-config=onnxruntime,a=b --repoagent-directory=/r --strict-model-config=true`
  .trim()
  .split(/\s+/);

/** What the flags above that mean something here make of the settings. */
const MEANS: Readonly<Record<string, readonly [path: string, value: unknown]>> = {
  '--exit-timeout-secs': ['server.gracePeriodMs', 5_000],
  '--log-verbose': ['telemetry.logLevel', 'debug'],
  '--log-info': ['telemetry.logLevel', 'warn'],
  '--log-warning': ['telemetry.logLevel', 'info'],
  '--log-error': ['telemetry.logLevel', 'info'],
  '--model-store': ['repository.paths', ['/m']],
  '--model-repository': ['repository.paths', ['/m']],
  '--exit-on-error': ['repository.strict', true],
  '--model-control-mode': ['repository.controlMode', 'poll'],
  '--repository-poll-secs': ['repository.pollIntervalMs', 3_000],
  '--model-config-name': ['repository.configName', 'h100'],
  '--model-load-thread-count': ['engine.loadConcurrency', 4],
  '--model-load-retry-count': ['engine.loadRetries', 2],
  '--http-address': ['server.host', '127.0.0.2'],
  '--http-port': ['server.httpPort', 9_000],
  '--http-header-forward-pattern': ['server.httpHeaderForwardPattern', 'x.*'],
  '--http-max-input-size': ['server.maxInputBytes', 1_000_000],
  '--allow-grpc': ['server.grpcPort', -1],
  '--grpc-address': ['server.host', '127.0.0.1'],
  '--grpc-port': ['server.grpcPort', 9_001],
  '--grpc-header-forward-pattern': ['server.grpcHeaderForwardPattern', 'x.*'],
  '--allow-sagemaker': ['sagemaker.enabled', true],
  '--sagemaker-port': ['sagemaker.httpPort', 1],
  '--allow-vertex-ai': ['vertex.enabled', true],
  '--vertex-ai-port': ['vertex.httpPort', 1],
  '--vertex-ai-default-model': ['vertex.model', 'm'],
  '--allow-metrics': ['telemetry.metrics', false],
  '--metrics-address': ['server.host', '127.0.0.1'],
  '--metrics-port': ['server.metricsPort', 9_002],
  '--cache-config': ['engine.responseCacheBytes', 1_048_576],
  '--response-cache-byte-size': ['engine.responseCacheBytes', 1_048_576],
  '--rate-limit': ['engine.rateLimit', 'execution_count'],
  '--rate-limit-resource': ['engine.rateLimitResources', ['R:1']],
  '--allow-client-shm': ['sharedMemory.enabled', true],
};

const nameOf = (word: string) => word.replace(/=.*/, '');

async function print(...flags: readonly string[]) {
  const { code, out, err } = await run(['config', 'print', '--json', ...flags]);
  const settings: unknown = code === 0 ? JSON.parse(out) : undefined;
  const at = (path: string) =>
    path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], settings);
  return { code, err, at, error: err === '' ? '' : String(JSON.parse(err).error) };
}

describe("tritonserver's flags", () => {
  const meaningful = TRITON.filter((word) => nameOf(word) in MEANS);
  const others = TRITON.filter((word) => !meaningful.includes(word) && !/^--(help|load-model|log-format)/.test(word));

  it.each(meaningful)('%s sets what it sets there', async (word) => {
    const [path, value] = MEANS[nameOf(word)] ?? ['', undefined];
    const { code, at } = await print(word);
    expect({ code, value: at(path) }).toEqual({ code: 0, value });
  });

  it.each(others)('%s is refused with one line on what to do instead', async (word) => {
    const { code, err } = await run(['config', 'print', word]);
    expect(code).toBe(2);
    expect(err).toMatch(new RegExp(`^error: ${nameOf(word)}( (true|false|1-2))?: [^\\n]{15,160}\\n$`));
  });

  it('take their value as the next word, too', async () => {
    const { at } = await print(...['--allow-grpc', 'FALSE', '--grpc-port', '9001', '--exit-on-error', '0']);
    expect([at('server.grpcPort'), at('repository.strict')]).toEqual([-1, false]);
    expect((await print('--http-thread-count', '8')).error).toMatch(/^--http-thread-count: /);
  });

  it.each([
    ['--allow-http=true', '--allow-gpu-metrics=false', '--allow-cpu-metrics=on', '--strict-readiness=false'],
    ['--strict-model-config=0', '--reuse-http-port=off', '--allow-sagemaker=false', '--allow-grpc=true'],
    ['--grpc-use-ssl=false', '--grpc-use-ssl-mutual=false', '--sagemaker-safe-port-range=8000-8002'],
    ['--grpc-address=0.0.0.0', '--http-address=0.0.0.0', '--metrics-address=0.0.0.0', '--allow-anonymous'],
  ])('are taken where they say what holds anyway: %s', async (...flags) => {
    expect(await print(...flags)).toMatchObject({ code: 0, err: '' });
  });

  it.each([
    [
      ['--grpc-address=0.0.0.0'],
      '--grpc-address 0.0.0.0: all ports listen on one address, and that is 127.0.0.1; --host sets it',
    ],
    [
      ['--grpc-port=-1', '--allow-grpc=true'],
      '--allow-grpc true: server.grpcPort is -1, so there is no such port; --grpc-port sets it',
    ],
    [
      ['--sagemaker-safe-port-range=9000-9010', '--http-port=9000', '--grpc-port=-1'],
      '--sagemaker-safe-port-range 9000-9010: server.metricsPort is 8002, outside of it; --metrics-port sets it',
    ],
    [
      ['--sagemaker-safe-port-range=9000'],
      "--sagemaker-safe-port-range: expected two ports such as 9000-9010, got '9000'",
    ],
    [['--allow-grpc=maybe'], "--allow-grpc: expected true or false, got 'maybe'"],
    [
      ['--log-warning=false'],
      '--log-warning false: a log level includes all that is more severe, so turn off what is less severe as well',
    ],
  ])('say what does not fit: %s', async (flags, error) => {
    expect(await print(...flags)).toMatchObject({ code: 2, error });
  });

  it.each([
    [['--allow-sagemaker=true'], 8_080, -1],
    [['--allow-vertex-ai=true'], -1, 8_080],
    [['--allow-sagemaker=true', '--sagemaker-port=9100'], 9_100, -1],
    [['--allow-sagemaker=true', '--http-port=8080'], -1, -1],
    [['--allow-sagemaker=false'], -1, -1],
    [['--sagemaker-port=9100'], 9_100, -1],
  ])('open the ports of platforms where tritonserver does: %s', async (flags, sagemaker, vertex) => {
    const { at } = await print(...flags);
    expect([at('sagemaker.httpPort'), at('vertex.httpPort')]).toEqual([sagemaker, vertex]);
  });

  it.each([
    ['--grpc-use-ssl=false', 'required', '--grpc-use-ssl false: server.tls.certFile is set, and TLS is for all ports'],
    [
      '--grpc-use-ssl-mutual=false',
      'required',
      '--grpc-use-ssl-mutual false: server.tls.clientCertificates is required, for all ports',
    ],
    ['--grpc-use-ssl-mutual=false', 'none', undefined],
  ])('do not contradict the settings of TLS unnoticed: %s', async (flag, clientCertificates, error) => {
    const tls = 'MILLRACE_SERVER_TLS_';
    const env = {
      [`${tls}CERT_FILE`]: '/cert',
      [`${tls}KEY_FILE`]: '/key',
      [`${tls}CLIENT_CERTIFICATES`]: clientCertificates,
      ...(clientCertificates === 'none' ? {} : { [`${tls}CLIENT_CA_FILE`]: '/ca' }),
    };
    const { err } = await run(['config', 'print', '--json', flag], { env });
    expect(err === '' ? undefined : JSON.parse(err).error).toBe(error);
  });

  it('leave the port of Vertex AI to its own variable', async () => {
    const { out } = await run(['config', 'print', '--json', '--allow-vertex-ai=true'], {
      env: { AIP_HTTP_PORT: '9200' },
    });
    expect(JSON.parse(out).vertex).toMatchObject({ enabled: true, httpPort: 9_200 });
  });

  it.each([
    [['--log-info=true', '--log-verbose=2'], 'trace'],
    [['--log-info=false', '--log-warning=false'], 'error'],
    [['--log-info=false', '--log-warning=false', '--log-error=false'], 'silent'],
  ])('set the log level as a whole: %s', async (flags, level) => {
    expect((await print(...flags)).at('telemetry.logLevel')).toBe(level);
  });

  it('name the formats that there are', async () => {
    const { err } = await run(['config', 'print', '--log-format', 'ISO8601']);
    expect(err).toContain("argument 'ISO8601' is invalid. Allowed choices are auto, json, pretty.");
  });

  it('are all in the page on the command line', async () => {
    const page = await readFile('docs/cli.md', 'utf8');
    expect(TRITON.map(nameOf).filter((flag) => !page.includes(`\`${flag}\``))).toEqual([]);
  });
});

describe("what is said of tritonserver's flags", () => {
  const reference = renderConfigurationReference();
  const keys = new Set([...reference.matchAll(/^\| `([\w.]+)(?:\[\])?` \|/gm)].map(([, key = '']) => key));
  const ourFlags = new Set(reference.match(/--[a-z][a-z-]+/g));
  const dialects = Object.keys(SettingsSchema.properties).filter((name) => keys.has(`${name}.enabled`));
  const answers = async () => {
    const refused = TRITON.filter((word) => !(nameOf(word) in MEANS) && !/^--(help|load-model|log-format)/.test(word));
    const all = await Promise.all(refused.map(async (word) => [nameOf(word), (await print(word)).error] as const));
    return all
      .filter(([, answer]) => answer !== '')
      .map(([flag, answer]) => [flag, answer.replace(/^--\S+( \S+)?: /, '')] as const);
  };

  it('names only settings and flags that exist', async () => {
    const unknown = (await answers()).flatMap(([flag, answer]) => [
      ...(answer.match(/\b[a-z]+(?:\.[a-zA-Z]+)+\b/g) ?? [])
        .filter((key) => !keys.has(key) && key !== 'model.yaml')
        .map((key) => `${flag}: ${key}`),
      ...(answer.match(/--[a-z][a-z-]+/g) ?? [])
        .filter((name) => !ourFlags.has(name))
        .map((name) => `${flag}: ${name}`),
    ]);
    expect(unknown).toEqual([]);
  });

  it('denies nothing that a setting is about', async () => {
    const denials = (await answers()).flatMap(([flag, answer]) =>
      [...answer.matchAll(/\b(?:no|not|without|never) ([\w -]+)/g)].map(([, denied = '']) => ({ flag, denied })),
    );
    const names = [...keys].map((key) => key.replaceAll('.', '').toLowerCase());
    const wrong = denials.filter(
      ({ denied }) =>
        names.some((name) => name.includes(denied.replaceAll(' ', '').toLowerCase())) ||
        // Names of products and protocols.
        (denied.match(/\b[A-Z]\w+/g) ?? []).some((name) => reference.includes(name)),
    );
    expect(wrong).toEqual([]);
  });

  it('has a setting of the dialect, or one that answers for it, where a flag is about a dialect', async () => {
    const said = new Map(await answers());
    const about = dialects.flatMap((dialect) =>
      TRITON.map(nameOf)
        .filter((flag) => flag.split('-').includes(dialect))
        .map((flag) => ({ flag, dialect })),
    );
    expect(about.map(({ dialect }) => dialect)).toEqual(expect.arrayContaining(['sagemaker', 'vertex']));
    for (const { flag, dialect } of about) {
      const path = MEANS[flag]?.[0];
      if (path !== undefined) expect(path.startsWith(`${dialect}.`), flag).toBe(true);
      else
        expect(
          [...keys].some((key) => said.get(flag)?.includes(key)),
          `${flag}: ${said.get(flag)}`,
        ).toBe(true);
    }
  });
});

describe('a flag that nobody knows', () => {
  it.each([
    ['--http-adress', '(Did you mean --http-address?)'],
    [
      '--port=9000',
      '(Did you mean one of --http-port, --grpc-port, --metrics-port, --sagemaker-port, --vertex-ai-port?)',
    ],
    ['--xyzzy', undefined],
  ])('is refused, with what may have been meant: %s', async (word, suggestion) => {
    const { code, err } = await run(['serve', 'models', word]);
    const lines = err.split('\n');
    expect(code).toBe(2);
    expect(lines[0]).toBe(`error: unknown option '${nameOf(word)}'`);
    expect(lines[1]).toBe(suggestion ?? 'Add --help to see how to use it.');
  });
});
