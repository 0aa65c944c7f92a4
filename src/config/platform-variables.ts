/** What a platform says in a variable of its own, as the text of a setting. */
export interface PlatformValue {
  /** The variable. */
  readonly name: string;
  readonly text: string;
}

type Environment = Readonly<Record<string, string | undefined>>;
type Path = readonly string[];

/** Variables whose text is that of a setting: of platforms such as Cloud Run, of Vertex AI, and of SageMaker. */
const SAME: readonly (readonly [string, Path])[] = [
  ['PORT', ['server', 'httpPort']],
  ['AIP_HTTP_PORT', ['vertex', 'httpPort']],
  ['AIP_HEALTH_ROUTE', ['vertex', 'healthRoute']],
  ['AIP_PREDICT_ROUTE', ['vertex', 'predictRoute']],
  ['SAGEMAKER_BIND_TO_PORT', ['sagemaker', 'httpPort']],
];
const MULTI_MODEL = 'SAGEMAKER_MULTI_MODEL';
const PORT_RANGE = 'SAGEMAKER_SAFE_PORT_RANGE';
/** Ports that are opened besides SageMaker's, which others in the same pod must not have. */
const FURTHER_PORTS: readonly Path[] = [
  ['server', 'httpPort'],
  ['server', 'grpcPort'],
  ['server', 'metricsPort'],
];

/** What the platforms' variables say of settings, by path. What is empty says nothing. */
export function platformValues(env: Environment): readonly (readonly [Path, PlatformValue])[] {
  const same = SAME.flatMap(([name, path]): [Path, PlatformValue][] => {
    const text = env[name];
    return text ? [[path, { name, text }]] : [];
  });
  // The platform loads and unloads the models of such an endpoint.
  const isMultiModel = env[MULTI_MODEL]?.toLowerCase() === 'true';
  const control: [Path, PlatformValue][] = isMultiModel
    ? [[['repository', 'controlMode'], { name: MULTI_MODEL, text: 'explicit' }]]
    : [];
  const ports = portsInRange(env).map(([path, text]): [Path, PlatformValue] => [path, { name: PORT_RANGE, text }]);
  const taken = new Set(same.map(([path]) => path.join('.')));
  return [...same, ...control, ...ports.filter(([path]) => !taken.has(path.join('.')))];
}

/** The first ports of SageMaker's range, but for the one that it asks for itself. */
function portsInRange(env: Environment): readonly (readonly [Path, string])[] {
  const [, from, to] = /^(\d{1,5})-(\d{1,5})$/.exec(env[PORT_RANGE] ?? '') ?? [];
  if (from === undefined || to === undefined) return [];
  const bound = Number(env.SAGEMAKER_BIND_TO_PORT ?? -1);
  const first = [...Array(FURTHER_PORTS.length + 1).keys()].map((index) => Number(from) + index);
  const free = first.filter((port) => port !== bound && port <= Number(to));
  return FURTHER_PORTS.flatMap((path, index) =>
    free[index] === undefined ? [] : [[path, String(free[index])] as const],
  );
}
