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
] as const;

/** Switches of tritonserver that have one position here, and why. */
const FIXED: Readonly<Record<string, readonly [only: boolean, why: string]>> = {
  '--allow-http': [true, 'REST is always served'],
  '--allow-cpu-metrics': [true, 'metrics always include those of the CPU'],
  '--allow-gpu-metrics': [false, 'models run on the CPU'],
  '--allow-sagemaker': [false, 'there is no SageMaker endpoint'],
  '--allow-vertex-ai': [false, 'there is no Vertex AI endpoint'],
  '--enable-peer-access': [false, 'models run on the CPU'],
  '--grpc-use-ssl-mutual': [false, 'clients show keys (auth.keys), not certificates'],
  '--model-namespacing': [false, 'a name that several repositories have is served from the first'],
  '--reuse-grpc-port': [false, 'a port belongs to one server'],
  '--reuse-http-port': [false, 'a port belongs to one server'],
  '--strict-model-config': [false, 'what a configuration leaves out is always read from the model'],
  '--strict-readiness': [
    false,
    'a model that fails does not make the server unready; --strict ends the server, and /v2/models/NAME/ready tells of one model',
  ],
};

const CPU_ONLY = 'models run on the CPU';
const EVENT_LOOP =
  'one event loop serves all connections; models run in processes, as many as their instances.count says';
const MEMORY_BOUND = 'memory for requests and answers is bounded by server.maxBufferedBytes';
const TLS = 'server.tls.certFile and server.tls.keyFile set up TLS, for all ports';
const IDLE = 'a connection is checked, or closed, after server.keepAliveTimeoutMs of silence';
const AGE = `connections have no greatest age; ${IDLE}`;
const KEYS = 'keys with scopes restrict APIs: auth.keys';
const TRACES = 'traces are not exported; log lines, Server-Timing and the metrics say where time goes';

/** Flags of tritonserver that set nothing here, and what to use instead or why there is none. */
const REFUSED: Readonly<Record<string, string>> = {
  '--backend-config': 'options of a runtime are set for each model, in its model.yaml',
  '--backend-directory': 'runtimes are built in',
  '--buffer-manager-thread-count': EVENT_LOOP,
  '--cache-directory': 'the response cache is built in; --response-cache-byte-size sets its size',
  '--cuda-memory-pool-byte-size': CPU_ONLY,
  '--cuda-virtual-address-size': CPU_ONLY,
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
  '--grpc-root-cert': 'clients show keys (auth.keys), not certificates',
  '--grpc-server-cert': TLS,
  '--grpc-server-key': TLS,
  '--grpc-use-ssl': TLS,
  '--host-policy': 'start the server with taskset or numactl, or in a container with a limit',
  '--http-restricted-api': KEYS,
  '--http-thread-count': EVENT_LOOP,
  '--id': "the server's name is always millrace",
  '--log-file': 'logs go to the standard error; redirect that',
  '--metrics-config': 'all metrics are always served, latencies as histograms and counters',
  '--metrics-interval-ms': 'metrics are as fresh as the scrape',
  '--min-supported-compute-capability': CPU_ONLY,
  '--model-load-gpu-limit': CPU_ONLY,
  '--pinned-memory-pool-byte-size': CPU_ONLY,
  '--repoagent-directory': 'there are no repository agents',
  '--sagemaker-port': 'there is no SageMaker endpoint',
  '--sagemaker-safe-port-range': 'there is no SageMaker endpoint',
  '--sagemaker-thread-count': 'there is no SageMaker endpoint',
  '--trace-config': TRACES,
  '--trace-count': TRACES,
  '--trace-file': TRACES,
  '--trace-level': TRACES,
  '--trace-log-frequency': TRACES,
  '--trace-rate': TRACES,
  '--vertex-ai-default-model': 'there is no Vertex AI endpoint',
  '--vertex-ai-port': 'there is no Vertex AI endpoint',
  '--vertex-ai-thread-count': 'there is no Vertex AI endpoint',
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
  if (given.allowGrpc === true && server.grpcPort < 0) {
    throw invalidArgument('--allow-grpc true: server.grpcPort is -1, so there is no such port; --grpc-port sets it');
  }
}

const SWITCH: Readonly<Record<string, boolean>> = { true: true, on: true, 1: true, false: false, off: false, 0: false };

function readSwitch(flag: string, text: string): boolean {
  const value = SWITCH[text.toLowerCase()];
  if (value === undefined) throw invalidArgument(`${flag}: expected true or false, got '${text}'`);
  return value;
}
