import type { Service } from '../../service/index.js';
import type { DialectContext } from '../dialect.js';
import { jsonResponse, type Route } from '../route.js';
import { answerEvents, type Predict } from '../shared/cloud-events/answer-events.js';
import { EXAMPLES_OPERATION, PREDICT_OPERATION } from '../shared/instances/openapi.js';
import { createPredictor, type PredictorOptions } from '../shared/instances/predict.js';
import { createExamplesHandler } from './examples/handler.js';
import type { Method } from './examples/heads.js';
import { encodeStatuses } from './model-status.js';
import { ONLY_ONE } from './only-one.js';
import { checkSignatureName, encodeSignatureDefs } from './signature.js';
import { targetOf } from './target.js';

const MODEL = '/v1/models/{model}';
/** How a path may name a version, and what that means to people. */
const PREFIXES = [
  [MODEL, 'a model'],
  [`${MODEL}/versions/{version}`, 'one version'],
  [`${MODEL}/labels/{label}`, 'the version with a label'],
] as const;
const RUN = {
  method: 'POST',
  tag: 'tensorflow serving',
  access: 'key',
  control: false,
  inference: true,
  body: { kind: 'bytes' },
} as const;
const READ = { method: 'GET', tag: 'tensorflow serving', access: 'key', control: false } as const;

/** TensorFlow Serving's routes, apart from the one of a model's status that it shares with others. */
export function createTfsRoutes(context: DialectContext): readonly Route[] {
  const { service } = context;
  // On a port that both are on, KServe's clients send their events here.
  const predict = answerEvents(createPredictHandler(context), context);
  const examine = createExamplesHandler(context);
  const onExamples = (prefix: string, method: Method, summary: string): Route => ({
    ...RUN,
    path: `${prefix}:${method}`,
    summary,
    operation: EXAMPLES_OPERATION,
    handle: (call, request) => examine(call, { method, target: targetOf(request) }, request),
  });
  return PREFIXES.flatMap(([prefix, what]): readonly Route[] => [
    {
      ...RUN,
      path: `${prefix}:predict`,
      summary: `Runs ${what} on rows ('instances') or columns ('inputs')`,
      operation: PREDICT_OPERATION,
      handle: (call, request) => predict(call, targetOf(request), request),
    },
    onExamples(prefix, 'classify', `Classes that ${what} finds in examples, with scores`),
    onExamples(prefix, 'regress', `The number that ${what} finds for each example`),
    {
      ...READ,
      path: `${prefix}/metadata`,
      summary: `Inputs and outputs of ${what}`,
      handle: (call, request) => {
        const { name, version } = targetOf(request);
        const { ref, signature } = service.models.modelInfo(call, name, version).info;
        const spec = { name: ref.name, signature_name: '', version: String(ref.version) };
        return jsonResponse({ model_spec: spec, metadata: { signature_def: encodeSignatureDefs(signature) } });
      },
    },
    ...(prefix === MODEL ? [] : [statusRoute(service, prefix, what)]),
  ]);
}

/** The server's metrics where TensorFlow Serving has them by default. */
export function createMetricsRoute({ service }: DialectContext): Route {
  return {
    ...READ,
    path: '/monitoring/prometheus/metrics',
    summary: 'Metrics of the server for Prometheus',
    handle: async (call) => {
      const { contentType, body } = await service.server.metrics(call);
      return { status: 200, headers: { 'content-type': contentType }, body };
    },
  };
}

function statusRoute(service: Pick<Service, 'models'>, path: string, what: string): Route {
  return {
    ...READ,
    path,
    summary: `How ${what} of a model stands`,
    handle: (call, request) => {
      const { name, version } = targetOf(request);
      return jsonResponse(encodeStatuses(service.models.modelStatuses(call, name, version)));
    },
  };
}

const MEMBERS = ['signature_name'] as const;

/**
 * Answers a POST to a predict route, in the format of the request. A photo or a sound as it is gets rows: clients of KServe's v1 protocol
 * send those to the same path.
 */
function createPredictHandler(options: PredictorOptions): Predict {
  return createPredictor(options, {
    members: MEMBERS,
    resolve: ONLY_ONE,
    formatOf: ({ format, members }, asked) => {
      checkSignatureName(asked, members.signature_name);
      return format;
    },
  });
}
