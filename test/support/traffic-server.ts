import { readFileSync } from 'node:fs';
import type { PartialSettings } from '../../src/config/index.js';
import { type AppServer, startAppServer } from './app-server.js';
import { closeGrpcServers, GrpcClient } from './grpc-server.js';
import type { FolderContents } from './model-folder.js';
import { inFolder, staticModelFiles, textModelFiles } from './text-model.js';
import { type Answered, TRAFFIC_CALLS, type TrafficCall } from './traffic-calls.js';

const TINY = readFileSync('test/fixtures/models/tiny-kjv.gguf');
const MLP = readFileSync('examples/models/mlp/1/model.onnx');
const ALL = 'versions: all\n';
const SUMS = `${ALL}runtime: echo
inputs: [{ name: x, datatype: INT32, shape: [1] }]
outputs: [{ name: x, datatype: INT32, shape: [1] }]
echo: { mode: accumulate }
sequenceBatching: { maxIdleMs: 60000 }
`;
const LLAMA = `${ALL}llama: { contextTokens: 128, slots: 1, threads: 1, chatTemplate: "{{ messages[0].content }}" }\n`;

/** Versions 1 and 2, of the same files. */
const twice = (model: string, files: Parameters<typeof inFolder>[1]): FolderContents => ({
  [`${model}/model.yaml`]: ALL,
  ...inFolder(`${model}/1`, files),
  ...inFolder(`${model}/2`, files),
});

/** Numbers, generated text, sequences, vectors and scores of texts: the models that {@link TRAFFIC_CALLS} ask, with versions 1 and 2 each. */
export const TRAFFIC_MODELS = ['net', 'kjv', 'sums', 'vectors', 'scores'] as const;

/** A server of {@link TRAFFIC_MODELS} that speaks every dialect, and that anybody may change. */
export class TrafficServer {
  readonly server: AppServer;
  readonly #client: GrpcClient;
  #requests = 0;

  private constructor(server: AppServer) {
    this.server = server;
    this.#client = new GrpcClient(`127.0.0.1:${server.grpcPort}`);
  }

  static async start(settings: PartialSettings = {}): Promise<TrafficServer> {
    const models = {
      'net/model.yaml': ALL,
      'net/1/model.onnx': MLP,
      'net/2/model.onnx': MLP,
      'kjv/model.yaml': LLAMA,
      'kjv/1/model.gguf': TINY,
      'kjv/2/model.gguf': TINY,
      'sums/model.yaml': SUMS,
      'sums/1/': '',
      'sums/2/': '',
      ...twice('vectors', staticModelFiles()),
      ...twice('scores', textModelFiles({ output: 'rank' })),
    };
    const server = await startAppServer(models, {
      repository: { controlMode: 'explicit', loadModels: ['*'] },
      tfs: { enabled: true },
      kserve: { enabled: true, httpPort: 0 },
      sagemaker: { enabled: true },
      torchserve: { enabled: true },
      vertex: { enabled: true, model: 'net', predictRoute: '/vertex:predict', healthRoute: '/vertex' },
      ...settings,
    });
    return new TrafficServer(server);
  }

  /** An id that no request has had. */
  nextId(): string {
    return `asked-${++this.#requests}`;
  }

  ask({ send }: TrafficCall, name: string, requestId = this.nextId()): Promise<Answered> {
    return send({ server: this.server, client: this.#client, name, requestId });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeGrpcServers();
    await this.server[Symbol.asyncDispose]();
  }
}
