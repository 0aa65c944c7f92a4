import type { ModelInfo } from '../../engine/index.js';
import { stepsOf } from '../../repository/index.js';
import type { Colors } from '../io.js';
import { suggestConfig } from '../suggest-config.js';
import { ANY_NUMBER, IN_SEQUENCES } from './models.js';
import type { ServedModel } from './serving.js';
import { formatSpecs } from './tensors.js';
import { formatBytes, formatMs } from './units.js';

/** Times of the runs of one model, end to end, one after the other. */
export interface RunTimes {
  readonly count: number;
  readonly minMs: number;
  readonly p50Ms: number;
  readonly maxMs: number;
}

/** What `millrace check` found out about one version. */
export interface CheckedModel {
  readonly name: string;
  readonly version: number;
  /** undefined = it works. */
  readonly problem: string | undefined;
  /** Why it could not be run although nothing is known to be wrong with it. */
  readonly notRun?: string;
  /** Missing when it did not load. */
  readonly served?: ServedModel;
  /** Missing when it did not run. */
  readonly runs?: RunTimes;
  /** What its configuration says and the server leaves aside, and what else is odd about its files. */
  readonly notices?: readonly string[];
}

/** Of at least one run. */
export function summarizeRuns(timesMs: readonly number[]): RunTimes {
  const sorted = [...timesMs].sort((one, other) => one - other);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
  return { count: sorted.length, minMs: at(0), p50Ms: at(0.5), maxMs: at(1) };
}

/** Every model with what was found, and a model.yaml for those that work. */
export function formatCheck(models: readonly CheckedModel[], colors: Colors): string {
  const good = models.filter((model) => model.problem === undefined).length;
  const verdict = `${good} of ${models.length} ${models.length === 1 ? 'model is fine' : 'models are fine'}`;
  return `${models.map((model) => formatModel(model, colors)).join('\n')}\n${
    good === models.length ? colors.green(verdict) : colors.red(verdict)
  }\n`;
}

function formatModel(model: CheckedModel, colors: Colors): string {
  const { name, version, problem, notRun, served, runs } = model;
  const title = `${colors.bold(name)}${version === 0 ? '' : ` version ${version}`}`;
  const good = notRun === undefined ? colors.green('works') : `${colors.yellow('loads')}; not run: ${indent(notRun)}`;
  const verdict = problem === undefined ? good : `${colors.red('fails')}: ${indent(problem)}`;
  const facts: (readonly [string, string])[] = served === undefined ? [] : [...factsOf(served, runs)];
  if (model.notices !== undefined && model.notices.length > 0) facts.push(['notices', model.notices.join('\n')]);
  const lines = facts.map(
    ([label, text]) => `  ${colors.dim(label.padEnd(10))} ${text.replaceAll('\n', `\n${' '.repeat(13)}`)}`,
  );
  const config = served === undefined || problem !== undefined ? '' : suggestConfig(served.info, runs?.p50Ms);
  const indented = config.trimEnd().replaceAll(/^/gm, '    ');
  return `${[`${title} ${verdict}`, ...lines, ...(config === '' ? [] : ['', colors.dim(indented)])].join('\n')}\n`;
}

function indent(text: string): string {
  return text.replaceAll('\n', '\n    ');
}

function factsOf(
  { info, memoryBytes }: ServedModel,
  runs: RunTimes | undefined,
): readonly (readonly [string, string])[] {
  const memory = memoryBytes === undefined || memoryBytes === 0 ? '' : `, ${formatBytes(memoryBytes)}`;
  const steps = stepsOf(info.source);
  return [
    ['inputs', formatSpecs(info.signature.inputs)],
    ['outputs', formatSpecs(info.signature.outputs)],
    ['platform', info.platform],
    ...(info.decoupled ? [['answers', ANY_NUMBER] as const] : []),
    ...(info.sequences ? [['requests', IN_SEQUENCES] as const] : []),
    ...(steps === undefined ? [] : [['steps', formatSteps(steps)] as const]),
    ['placement', describePlacement(info)],
    ['loaded', `in ${formatMs(info.loadMs)}${memory}`],
    ...(runs === undefined ? [] : [['one run', describeRuns(runs)] as const]),
    ...(steps === undefined
      ? [['batching', `${info.batching.enabled ? 'on' : 'off'}: ${info.batching.reason}`] as const]
      : []),
  ];
}

/** `mlp: x = mid → out = y`, a line a step. */
function formatSteps(steps: NonNullable<ReturnType<typeof stepsOf>>): string {
  const sides = (map: Readonly<Record<string, string>>) => Object.entries(map).map((pair) => pair.join(' = '));
  return steps
    .map(({ model, version, inputs, outputs }) => {
      const name = version === undefined ? model : `${model} version ${version}`;
      return `${name}: ${sides(inputs).join(', ')} → ${sides(outputs).join(', ')}`;
    })
    .join('\n');
}

function describeRuns({ count, minMs, p50Ms, maxMs }: RunTimes): string {
  return `${formatMs(p50Ms)} (median of ${count}, ${formatMs(minMs)} to ${formatMs(maxMs)})`;
}

/** What `inline` gives up is said wherever it is used. */
function describePlacement({ placement, instances, source }: ModelInfo): string {
  if (stepsOf(source) !== undefined) return 'in the server itself, which waits there for the models of the steps';
  if (placement === 'inline') {
    return (
      'inline: in the server itself. Nothing stops it when it hangs, its memory has no limit,\n' +
      'unloading gives none of it back, and a crash ends the server'
    );
  }
  return instances === 1 ? 'a process of its own' : `${instances} processes`;
}

/** The same for programs. */
export function toJsonCheck({
  name,
  version,
  problem,
  notRun,
  served,
  runs,
  notices = [],
}: CheckedModel): Readonly<Record<string, unknown>> {
  const info = served?.info;
  const steps = info === undefined ? undefined : stepsOf(info.source);
  return {
    name,
    version,
    ok: problem === undefined,
    problem,
    notRun,
    notices,
    ...(info === undefined
      ? {}
      : {
          inputs: info.signature.inputs,
          outputs: info.signature.outputs,
          platform: info.platform,
          decoupled: info.decoupled,
          sequences: info.sequences,
          ...(steps === undefined ? {} : { steps }),
          placement: info.placement,
          maxBatchSize: info.maxBatchSize,
          batching: info.batching,
          loadMs: info.loadMs,
          memoryBytes: served?.memoryBytes,
          modelYaml: suggestConfig(info, runs?.p50Ms),
        }),
    runs,
  };
}
