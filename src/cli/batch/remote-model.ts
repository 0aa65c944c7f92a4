import type { LoadedModel, Model, ModelTensor } from '../../api/index.js';
import {
  type AnswerBatch,
  answerRemotely,
  type BatchModel,
  type BatchService,
  type RemoteBatch,
} from '../../batch-files/index.js';
import { type MillraceClient, MillraceClientError } from '../../client/index.js';
import { type Datatype, decodeElements, invalidArgument, MillraceError, type TensorSpec } from '../../core/index.js';
import { connectToApi } from '../api.js';
import { lookPatiently } from '../following/outages.js';
import type { Io } from '../io.js';
import { clientOptions, connectTo, suggestingModels } from '../server-options.js';
import {
  type BatchesClient,
  type BatchObject,
  connectBatches,
  decodeBatchAnswer,
  encodeBatchRequest,
} from './batches-client.js';
import type { BatchFlags } from './flags.js';
import { followServer } from './follow-run.js';
import type { RunModel } from './run-model.js';

/** A model of a server, which answers files of requests by its batches. */
export async function openRemoteModel(io: Io, name: string, flags: BatchFlags): Promise<RunModel> {
  const client = await connectTo(io, flags);
  const api = await connectToApi(io, flags);
  const { body } = await suggestingModels(client, name, () =>
    api.ask('GET /models/{model}', { params: { model: name } }),
  );
  const model = describe(body, flags.modelVersion);
  const options = await clientOptions(io, flags);
  return {
    model,
    ask: (outputs) => asking(client, model, outputs),
    answers: ({ outputs, json, state, ...run }) => {
      const batches = connectBatches(flags.url, options, run.signal);
      const service = serviceOf(io, { batches, model, outputs, signal: run.signal });
      return followServer(io, { json }, (onProgress) =>
        answerRemotely({ ...run, model, state, service, folder: state.remote, clock: io.clock, onProgress }),
      );
    },
    inFlight: 4,
    settings: undefined,
    close: async () => undefined,
  };
}

/** The version that is named, else that with the label `stable`, else the highest that is loaded. */
function describe({ name, labels, versions }: Model, wanted: number | undefined): BatchModel {
  const loaded = versions.flatMap(({ version, loaded: one }) => (one === undefined ? [] : [{ version, ...one }]));
  const highest = Math.max(...loaded.map(({ version }) => version));
  const version = wanted ?? labels.stable ?? highest;
  const found = loaded.find((one) => one.version === version);
  if (found === undefined) {
    const which = wanted === undefined ? `model '${name}'` : `version ${wanted} of model '${name}'`;
    throw new MillraceError('failed_precondition', `${which} is not loaded`);
  }
  if (found.decoupled || found.sequences) {
    const reason = found.decoupled ? 'may give several answers' : 'keeps sequences';
    throw new MillraceError('unimplemented', `model '${name}' ${reason}: a row of a file has one answer`);
  }
  return {
    name,
    version,
    digest: found.digest,
    inputs: found.inputs.map((tensor) => specOf(tensor, found)),
    outputs: found.outputs.map((tensor) => specOf(tensor, found)),
    maxBatchSize: found.max_batch_size,
  };
}

function specOf({ name, datatype, shape, optional }: ModelTensor, { max_batch_size: rows }: LoadedModel): TensorSpec {
  // The server's own words.
  return {
    name,
    datatype: datatype as Datatype,
    shape,
    batchAxis: rows > 0 && shape[0] === -1 ? 0 : null,
    optional: optional === true,
  };
}

/** One request after the other, as for any caller. */
function asking(client: MillraceClient, { name, version }: BatchModel, outputs: readonly string[]): AnswerBatch {
  const model = client.model(name, { version });
  return async ({ inputs }, signal) => {
    const values = Object.fromEntries(
      inputs.map((tensor) => [
        tensor.name,
        { data: decodeElements(tensor), shape: tensor.shape, datatype: tensor.datatype },
      ]),
    );
    const result = await model.infer(values, { outputs, signal }).catch(asMillraceError);
    const tensors = Object.entries(result.outputs);
    return {
      outputs: tensors.map(([output, { datatype, shape, raw }]) => ({ name: output, datatype, shape, data: raw })),
      computeUs: 0,
    };
  };
}

/** What a run goes by: whether other rows, or a later time, would do. */
function asMillraceError(error: unknown): never {
  if (!(error instanceof MillraceClientError)) throw error;
  const { code, message, retryAfterMs } = error;
  throw new MillraceError(code, message, { cause: error, ...(retryAfterMs !== undefined && { retryAfterMs }) });
}

interface Serving {
  readonly batches: BatchesClient;
  readonly model: BatchModel;
  readonly outputs: readonly string[];
  readonly signal: AbortSignal;
}

/** Waits for a server that restarts, at most five minutes. */
function serviceOf(io: Io, { batches, model, outputs, signal }: Serving): BatchService {
  const { name, version } = model;
  const url = `/v2/models/${encodeURIComponent(name)}/versions/${version}/infer`;
  const patiently = <T>(look: () => Promise<T>) => lookPatiently(io, look, { signal });
  return {
    upload: (file, content) => patiently(() => batches.upload(file, content)),
    start: async (file) => (await patiently(() => batches.create(file, url))).id,
    look: async (id) => standing(await patiently(() => batches.batch(id))),
    download: (file) => patiently(() => batches.content(file)),
    async remove(files) {
      for (const file of files) await batches.remove(file).catch(() => undefined);
    },
    encode: (id, inputs) => encodeBatchRequest({ id, url, inputs, outputs }),
    decode: decodeBatchAnswer,
  };
}

function standing(batch: BatchObject): RemoteBatch {
  const { total = 0, completed = 0, failed = 0 } = batch.request_counts ?? {};
  const { output_file_id: output, error_file_id: errors } = batch;
  return {
    state: STATES[batch.status],
    reason: reasonOf(batch),
    files: [output, errors].flatMap((file) => file ?? []),
    total,
    done: completed + failed,
    failed,
  };
}

const STATES: Readonly<Record<BatchObject['status'], RemoteBatch['state']>> = {
  validating: 'running',
  in_progress: 'running',
  finalizing: 'running',
  cancelling: 'running',
  completed: 'completed',
  expired: 'expired',
  failed: 'stopped',
  cancelled: 'stopped',
};

function reasonOf({ errors, status }: BatchObject): string | undefined {
  const [first] = errors?.data ?? [];
  if (first === undefined) return status === 'cancelled' ? 'it was cancelled' : undefined;
  return `${first.line == null ? '' : `line ${first.line}: `}${first.message}`;
}

/** Pictures and sounds are bytes, for which a file of requests has no place. */
export function refuseFolder(isFolder: boolean): void {
  if (isFolder) throw invalidArgument('a folder of pictures or sounds is run with --local');
}
