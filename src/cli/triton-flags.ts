import { type Command, Option } from 'commander';
import type { Settings } from '../config/index.js';
import { invalidArgument } from '../core/index.js';

/** Flags of tritonserver and what they are called here. */
export const TRITON_ALIASES: Readonly<Record<string, string>> = {
  '--model-store': '--model-repository',
  '--http-address': '--host',
};

/** Flags of tritonserver that take a value and set something here; read by {@link settingFlagsOf}. */
const TRANSLATED = [
  '--exit-on-error <true|false>',
  '--allow-grpc <true|false>',
  '--grpc-address <address>',
  '--metrics-address <address>',
  '--log-info <true|false>',
  '--log-warning <true|false>',
  '--log-error <true|false>',
  '--sagemaker-safe-port-range <from-to>',
] as const;

/** Switches of tritonserver that have one position here, and why. */
const FIXED: Readonly<Record<string, readonly [only: boolean, why: string]>> = {
  '--allow-http': [true, 'REST is always served'],
  '--allow-cpu-metrics': [true, 'metrics always include those of the CPU'],
  '--allow-gpu-metrics': [false, 'the metrics are those of the server, its models and the CPU'],
  '--enable-peer-access': [false, 'the runtimes manage the memory of GPUs themselves'],
  '--grpc-use-ssl': [false, 'server.tls.certFile and server.tls.keyFile set up TLS, for all ports'],
  '--grpc-use-ssl-mutual': [
    false,
    'server.tls.clientCertificates: required asks clients for certificates, on all ports with TLS',
  ],
  '--model-namespacing': [false, 'a name that several repositories have is served from the first'],
  '--reuse-grpc-port': [false, 'a port belongs to one server'],
  '--reuse-http-port': [false, 'a port belongs to one server'],
  '--strict-model-config': [false, 'what a configuration leaves out is always read from the model'],
  '--strict-readiness': [
    false,
    'a model that fails does not make the server unready; --strict ends the server, and /v2/models/NAME/ready tells of one model',
  ],
};

const GPU =
  'the runtimes manage GPUs themselves; instances.kind, onnx.executionProviders and llama.gpuLayers of a model choose them';
const EVENT_LOOP =
  'one event loop serves all connections; models run in processes, as many as their instances.count says';
const MEMORY_BOUND = 'memory for requests and answers is bounded by server.maxBufferedBytes';
const IDLE = 'a connection is checked, or closed, after server.keepAliveTimeoutMs of silence';
const AGE = `connections have no greatest age; ${IDLE}`;
const KEYS = 'keys with scopes restrict APIs: auth.keys';
const TRACES = 'traces are not exported; log lines, Server-Timing and the metrics say where time goes';

/** Flags of tritonserver that set nothing here, and what to use instead or why there is none. */
const REFUSED: Readonly<Record<string, string>> = {
  '--backend-config': 'options of a runtime are set for each model, in its model.yaml',
  '--backend-directory': 'runtimes are built in; --runtime (runners.runtimes) adds one of your own',
  '--buffer-manager-thread-count': EVENT_LOOP,
  '--cache-directory': 'the response cache is built in; --response-cache-byte-size sets its size',
  '--cuda-memory-pool-byte-size': GPU,
  '--cuda-virtual-address-size': GPU,
  '--disable-auto-complete-config': 'what a configuration leaves out is always read from the model',
  '--grpc-http2-max-ping-strikes': IDLE,
  '--grpc-http2-max-pings-without-data': IDLE,
  '--grpc-http2-min-recv-ping-interval-without-data': IDLE,
  '--grpc-infer-allocation-pool-size': MEMORY_BOUND,
  '--grpc-infer-response-compression-level': 'an answer is compressed as its request was',
  '--grpc-infer-thread-count': EVENT_LOOP,
  '--grpc-keepalive-permit-without-calls': IDLE,
  '--grpc-keepalive-time': IDLE,
  '--grpc-keepalive-timeout': IDLE,
  '--grpc-max-connection-age': AGE,
  '--grpc-max-connection-age-grace': AGE,
  '--grpc-max-response-pool-size': MEMORY_BOUND,
  '--grpc-restricted-protocol': KEYS,
  '--grpc-root-cert': 'server.tls.clientCaFile names the authorities of client certificates, for all ports',
  '--grpc-server-cert': 'server.tls.certFile names the certificate, for all ports',
  '--grpc-server-key': 'server.tls.keyFile names the private key, for all ports',
  '--host-policy': 'start the server with taskset or numactl, or in a container with a limit',
  '--http-restricted-api': KEYS,
  '--http-thread-count': EVENT_LOOP,
  '--id': "the server's name is always millrace",
  '--log-file': 'logs go to the standard error; redirect that',
  '--metrics-config': 'all metrics are always served, latencies as histograms and counters',
  '--metrics-interval-ms': 'metrics are as fresh as the scrape',
  '--min-supported-compute-capability': GPU,
  '--model-load-gpu-limit': GPU,
  '--pinned-memory-pool-byte-size': MEMORY_BOUND,
  '--repoagent-directory': 'there are no repository agents',
  '--sagemaker-thread-count': EVENT_LOOP,
  '--trace-config': TRACES,
  '--trace-count': TRACES,
  '--trace-file': TRACES,
  '--trace-level': TRACES,
  '--trace-log-frequency': TRACES,
  '--trace-rate': TRACES,
  '--vertex-ai-thread-count': EVENT_LOOP,
};

/** Adds the flags of tritonserver that are not flags of ours; `--help` does not list them, docs/cli.md does. */
export function addTritonFlags(command: Command): void {
  const add = (flags: string): Option => {
    const option = new Option(flags).hideHelp();
    command.addOption(option);
    return option;
  };
  for (const flags of TRANSLATED) {
    const option = add(flags);
    if (flags.endsWith('<true|false>')) option.argParser((text) => readSwitch(option.long ?? '', text));
  }
  for (const [flag, [only, why]] of Object.entries(FIXED)) {
    add(`${flag} <true|false>`).argParser((text) => {
      if (readSwitch(flag, text) !== only) throw invalidArgument(`${flag} ${text}: ${why}`);
      return only;
    });
  }
  for (const [flag, why] of Object.entries(REFUSED)) {
    command.on(`option:${add(`${flag} [value]`).name()}`, () => {
      throw invalidArgument(`${flag}: ${why}`);
    });
  }
}

/** The word with our name of a flag in place of tritonserver's. */
export function renameTritonFlag(word: string): string {
  const [flag = ''] = word.split('=', 1);
  const ours = Object.hasOwn(TRITON_ALIASES, flag) ? TRITON_ALIASES[flag] : undefined;
  return ours === undefined ? word : `${ours}${word.slice(flag.length)}`;
}

type Given = Readonly<Record<string, unknown>>;

/** What the given flags of tritonserver say in flags of ours, by attribute name. Throws `invalid_argument`. */
export function settingFlagsOf(given: Given): Given {
  const logLevel = logLevelOf(given);
  return {
    ...(given.exitOnError === undefined ? {} : { strict: given.exitOnError }),
    ...(given.allowGrpc === false ? { grpcPort: -1 } : {}),
    ...(logLevel === undefined ? {} : { logLevel }),
  };
}

/** tritonserver's ports for SageMaker and Vertex AI, unless other ones are set. */
const PLATFORM_PORT = 8080;

/** Ports that tritonserver opens by default for the given flags and the settings lack, in flags of ours. */
export function platformPortsOf(given: Given, { server, sagemaker, vertex }: Settings): Given {
  const isMissing = (flag: unknown, { enabled, httpPort }: Settings['sagemaker' | 'vertex']) =>
    flag !== undefined && enabled && httpPort < 0 && server.httpPort !== PLATFORM_PORT;
  return {
    ...(isMissing(given.allowSagemaker, sagemaker) ? { sagemakerPort: PLATFORM_PORT } : {}),
    ...(isMissing(given.allowVertexAi, vertex) ? { vertexAiPort: PLATFORM_PORT } : {}),
  };
}

/** tritonserver turns levels on and off one by one; here a level includes all that is more severe. */
function logLevelOf({ logInfo, logWarning, logError, logVerbose = 0 }: Given): string | undefined {
  const given = [logInfo, logWarning, logError];
  if (given.every((value) => value === undefined)) {
    return logVerbose === 0 ? undefined : logVerbose === 1 ? 'debug' : 'trace';
  }
  const least = [Number(logVerbose) > 0, ...given.map((value) => value !== false)];
  const first = least.indexOf(true);
  if (first >= 0 && least.slice(first).includes(false)) {
    const flag = ['', '--log-info', '--log-warning', '--log-error'][least.indexOf(false, first)];
    throw invalidArgument(
      `${flag} false: a log level includes all that is more severe, so turn off what is less severe as well`,
    );
  }
  if (first === 0) return logVerbose === 1 ? 'debug' : 'trace';
  return ['', 'info', 'warn', 'error'][first] ?? 'silent';
}

/** Throws `invalid_argument` where the given flags of tritonserver and the settings that came of all flags disagree. */
export function checkTritonFlags(given: Given, { server }: Settings): void {
  for (const [flag, address] of [
    ['--grpc-address', given.grpcAddress],
    ['--metrics-address', given.metricsAddress],
  ] as const) {
    if (address === undefined || address === server.host) continue;
    throw invalidArgument(
      `${flag} ${address}: all ports listen on one address, and that is ${server.host}; --host sets it`,
    );
  }
  if (given.grpcUseSsl === false && server.tls.certFile !== '') {
    throw invalidArgument('--grpc-use-ssl false: server.tls.certFile is set, and TLS is for all ports');
  }
  if (given.grpcUseSslMutual === false && server.tls.clientCertificates !== 'none') {
    throw invalidArgument(
      `--grpc-use-ssl-mutual false: server.tls.clientCertificates is ${server.tls.clientCertificates}, for all ports`,
    );
  }
  if (typeof given.sagemakerSafePortRange === 'string') checkPortRange(given.sagemakerSafePortRange, server);
  if (given.allowGrpc === true && server.grpcPort < 0) {
    throw invalidArgument('--allow-grpc true: server.grpcPort is -1, so there is no such port; --grpc-port sets it');
  }
}

/** SageMaker leaves a range of ports to the container, for everything but its own endpoint. */
function checkPortRange(text: string, { httpPort, grpcPort, metricsPort }: Settings['server']): void {
  const flag = '--sagemaker-safe-port-range';
  const [, from, to] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
  if (from === undefined) throw invalidArgument(`${flag}: expected two ports such as 9000-9010, got '${text}'`);
  for (const [name, port] of Object.entries({ http: httpPort, grpc: grpcPort, metrics: metricsPort })) {
    if (port < 0 || (port >= Number(from) && port <= Number(to))) continue;
    throw invalidArgument(`${flag} ${text}: server.${name}Port is ${port}, outside of it; --${name}-port sets it`);
  }
}

const SWITCH: Readonly<Record<string, boolean>> = { true: true, on: true, 1: true, false: false, off: false, 0: false };

function readSwitch(flag: string, text: string): boolean {
  const value = SWITCH[text.toLowerCase()];
  if (value === undefined) throw invalidArgument(`${flag}: expected true or false, got '${text}'`);
  return value;
}
