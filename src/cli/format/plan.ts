import {
  type CapacityPlan,
  formatObjective,
  type Objective,
  type Prediction,
  predictHighest,
  type Resource,
} from '../../planning/index.js';
import type { MeasuredServer } from '../plan/measure-server.js';
import { formatFields, formatTable, type TableStyle } from './table.js';
import { formatBytes, formatCount, formatMs } from './units.js';

/** What `millrace plan` was asked, has measured and predicts. */
export interface PlanReport {
  readonly name: string;
  readonly requestsPerSecond: number;
  readonly slo: readonly Objective[];
  readonly pricePerCoreHour: number | undefined;
  readonly measured: MeasuredServer;
  readonly plan: CapacityPlan;
}

/** For people; ends with a line break. */
export function formatPlan(report: PlanReport, style: TableStyle): string {
  const { bold, yellow } = style.colors;
  const { requestsPerSecond, slo, plan } = report;
  const goal = slo.length === 0 ? 'with a fifth to spare' : `with ${slo.map(formatObjective).join(', ')}`;
  return [
    `${bold(`${report.name}, measured`)}\n`,
    formatFields(measuredFields(report.measured)),
    yellow(noteOnNoise(report.measured)),
    `\n${bold(`${formatRate(requestsPerSecond)} ${goal}, predicted`)}\n`,
    formatFields(plannedFields(report)),
    '\n',
    formatTable(
      [
        { header: 'RATE', align: 'right', cell: (row) => formatRate(row.requestsPerSecond) },
        { header: 'P50', align: 'right', cell: ({ prediction }) => formatMs(prediction.p50Ms) },
        { header: 'P95', align: 'right', cell: ({ prediction }) => formatMs(prediction.p95Ms) },
        { header: 'P99', align: 'right', cell: ({ prediction }) => formatMs(prediction.p99Ms) },
        { header: 'ROWS/BATCH', align: 'right', leaveOut: 1, cell: (row) => row.prediction.rowsPerBatch.toFixed(1) },
        {
          header: 'INSTANCES BUSY',
          align: 'right',
          leaveOut: 3,
          cell: (row) => percent(row.prediction.instanceUtilization),
        },
        { header: 'SERVER BUSY', align: 'right', leaveOut: 2, cell: (row) => percent(row.prediction.loopUtilization) },
        { header: 'CORES', align: 'right', cell: ({ prediction }) => prediction.coresInUse.toFixed(2) },
      ],
      plan.byRate,
      style,
    ),
  ].join('');
}

/** Other programs take cores from a server that waits for more than this share of the time. */
const QUIET_SHARE = 0.1;

function noteOnNoise({ waitedForCores = 0 }: MeasuredServer): string {
  if (waitedForCores <= QUIET_SHARE) return '';
  return `the machine is busy: the server waited for a core in ${percent(waitedForCores)} of the time; measure on one that is not\n`;
}

function measuredFields({ model, memory, runs, saturated }: MeasuredServer): [string, string | undefined][] {
  const { runTimes, front, rowsPerRequest, batching, coresPerRun } = model;
  const simulated = predictHighest(model, { requests: 40 * saturated.clients });
  return [
    ['requests', rowsPerRequest === 1 ? '1 row' : `${rowsPerRequest} rows`],
    ['batches', batching.batching ? `up to ${batching.maxRows} rows` : 'none'],
    ['runs', runs.map(({ rows, meanMs }) => `${rows === 1 ? '1 row' : rows} ${formatMs(meanMs)}`).join(', ')],
    ['', runs.length > 1 ? `about ${formatMs(runTimes.fixedMs)} and ${formatMs(runTimes.perRowMs)} a row` : undefined],
    ['cores of a run', coresPerRun.toFixed(2)],
    ['event loop', `${formatMs(front.receiveMs + front.answerMs)} a request, ${formatMs(front.wakeMs)} to wake up`],
    ['memory', memory && `server ${formatBytes(memory.serverBytes)}, runner ${formatBytes(memory.runnerBytes)}`],
    [
      'highest rate',
      `${formatRate(saturated.requestsPerSecond)} with ${saturated.clients} clients, ${formatRate(simulated.requestsPerSecond)} simulated`,
    ],
  ];
}

const RESOURCES: Readonly<Record<Resource, string>> = {
  instances: 'instances',
  loop: "the server's event loop",
  cores: 'cores',
  memory: 'memory for instances',
};

function plannedFields({ plan, pricePerCoreHour, slo, measured }: PlanReport): [string, string | undefined][] {
  const { prediction, limits, costPerMillion } = plan;
  const { maxQueuedRequests: queued } = measured.model;
  const [first, ...others] = limits.map(
    ({ resource, requestsPerSecond }) => `${RESOURCES[resource]} at ${formatRate(requestsPerSecond)}`,
  );
  return [
    ['instances', String(plan.instances)],
    ['cores', `${plan.cores}, ${prediction.coresInUse.toFixed(2)} of them in use`],
    ['memory', plan.memoryBytes === undefined ? undefined : formatBytes(plan.memoryBytes)],
    ['latency', formatLatency(prediction)],
    [
      'cost',
      costPerMillion === undefined
        ? undefined
        : `${Number(costPerMillion.toPrecision(3))} per million requests, at ${pricePerCoreHour} per core and hour`,
    ],
    ['SLO met up to', slo.length === 0 ? undefined : formatRate(plan.sloRequestsPerSecond ?? 0)],
    ['highest rate', formatRate(plan.highestRequestsPerSecond)],
    ['full queue', `${formatCount(queued)} requests, which wait up to ${formatMs(plan.fullQueueMs)}`],
    ['breaks first', first],
    ['then', others.join(', ')],
  ];
}

function formatLatency({ p50Ms, p95Ms, p99Ms }: Prediction): string {
  return `p50 ${formatMs(p50Ms)}, p95 ${formatMs(p95Ms)}, p99 ${formatMs(p99Ms)}`;
}

function formatRate(requestsPerSecond: number): string {
  return requestsPerSecond < 10 ? `${requestsPerSecond.toFixed(1)}/s` : `${formatCount(requestsPerSecond)}/s`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

/** For programs. */
export function toJsonPlan({ name, measured, plan, ...asked }: PlanReport): object {
  const { model, ...rest } = measured;
  const { runTimes, front, ...config } = model;
  const { outsideMs, ...times } = front;
  return {
    model: name,
    ...asked,
    measured: {
      ...rest,
      ...config,
      fixedMs: runTimes.fixedMs,
      perRowMs: runTimes.perRowMs,
      front: { ...times, outsideMs: outsideMs[Math.floor(outsideMs.length / 2)] },
    },
    plan: {
      ...plan,
      prediction: toJsonPrediction(plan.prediction),
      byRate: plan.byRate.map(({ requestsPerSecond, prediction }) => ({
        ...toJsonPrediction(prediction),
        requestsPerSecond,
      })),
    },
  };
}

function toJsonPrediction({ latenciesMs: _, ...prediction }: Prediction): Omit<Prediction, 'latenciesMs'> {
  return prediction;
}
