import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  create,
  createFileRegistry,
  type FileRegistry,
  fromBinary,
  fromJson,
  type JsonObject,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { credentials, type StatusObject, status } from '@grpc/grpc-js';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/index.js';
import { AccessPolicy, createAuthenticator } from '../../src/governance/index.js';
import { createReflectedFiles } from '../../src/protocols/shared/grpc/reflection/files.js';
import { FakeClock } from '../support/fake-clock.js';
import { createFakeService } from '../support/fake-service.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { closeTestServers, startTestServer, type TestServerSettings } from '../support/http-server.js';

afterEach(async () => {
  await closeGrpcServers();
  await closeTestServers();
});

async function start(settings: TestServerSettings = {}) {
  const server = await startTestServer({ ...settings, options: { grpcPort: 0, ...settings.options } });
  return { ...server, client: new GrpcClient(server.addresses.grpc?.url ?? '') };
}

const REFLECTED = createReflectedFiles([]);
const CHECK = { path: '/grpc.health.v1.Health/Check' };
const WATCH = { path: '/grpc.health.v1.Health/Watch' };
const SERVING = Buffer.of(8, 1);
const NOT_SERVING = Buffer.of(8, 2);
const SERVICE_UNKNOWN = Buffer.of(8, 3);

/** A `HealthCheckRequest`. */
function named(service: string): Buffer {
  return Buffer.concat([Buffer.of(10, service.length), Buffer.from(service)]);
}

describe('health', () => {
  it.each(['', 'inference.GRPCInferenceService', 'foo'])("of service '%s' is the server's readiness", async (name) => {
    const service = createFakeService();
    const { client } = await start({ service });
    expect((await client.unary(named(name), CHECK)).message).toEqual(SERVING);
    service.isReady = false;
    expect((await client.unary(named(name), CHECK)).message).toEqual(NOT_SERVING);
  });

  it('needs a request that is one', async () => {
    const { client } = await start();
    expect((await client.unary(Buffer.of(10, 9, 1), CHECK)).error).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: 'the message is no HealthCheckRequest',
    });
    expect((await client.unary(Buffer.of(), CHECK)).message).toEqual(SERVING);
  });

  it('can be watched until the server shuts down', async () => {
    const service = createFakeService();
    const clock = new FakeClock();
    const { client, server } = await start({ service, clock });
    const call = client.stream(WATCH);
    const received: Buffer[] = [];
    const next = () =>
      new Promise<void>((resolve) => call.once('data', (message: Buffer) => resolve(void received.push(message))));
    const end = new Promise<StatusObject>((resolve) => call.on('error', () => undefined).on('status', resolve));
    const first = next();
    call.write(named('inference.GRPCInferenceService'));
    await first;
    const second = next();
    await clock.advance(5_000);
    service.isReady = false;
    await clock.advance(1_000);
    await second;
    server.drain();
    expect(await end).toMatchObject({ code: status.UNAVAILABLE, details: 'the server is shutting down' });
    expect(received).toEqual([SERVING, NOT_SERVING]);
  });

  it.each(['grpc.health.v1.Health/Watch', 'grpc.reflection.v1.ServerReflection/ServerReflectionInfo'])(
    'needs a key for %s where there are keys, and none for a check',
    async (path) => {
      const { authenticate } = createAuthenticator(
        {
          keys: [{ name: 'app', key: 'app-key-0123456789', scopes: ['infer'] }],
          allowAnonymous: false,
          anonymousScopes: [],
          maxFailedKeysPerMinute: 0,
        },
        { explicitControl: false, clock: systemClock, policy: new AccessPolicy() },
      );
      const { client } = await start({ dependencies: { authenticate, requiresKey: true } });
      const stranger = client.stream({ path: `/${path}` });
      const end = new Promise<StatusObject>((resolve) => stranger.on('error', () => undefined).on('status', resolve));
      expect(await end).toMatchObject({ code: status.UNAUTHENTICATED });
      const app = client.stream({ path: `/${path}`, metadata: { authorization: 'Bearer app-key-0123456789' } });
      const first = new Promise((resolve) => app.on('error', () => undefined).once('data', resolve));
      app.write(path.includes('health') ? named('') : Buffer.of(58, 0));
      expect(await first).toBeInstanceOf(Buffer);
      expect((await client.unary(named(''), CHECK)).message).toEqual(SERVING);
    },
  );

  it('is watched by 64 streams at most, over all connections, each for an hour', async () => {
    const clock = new FakeClock();
    const { client, addresses } = await start({ clock });
    const open = (from: GrpcClient) => {
      const call = from.stream(WATCH);
      const end = new Promise<StatusObject>((resolve) => call.on('error', () => undefined).on('status', resolve));
      const first = new Promise((resolve) => call.once('data', resolve));
      call.write(named(''));
      return { call, end, first };
    };
    const watches = Array.from({ length: 64 }, () => open(client));
    await Promise.all(watches.map(({ first }) => first));
    const other = new GrpcClient(addresses.grpc?.url ?? '', { 'grpc.use_local_subchannel_pool': 1 });
    expect(await open(other).end).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: '64 streams of health watches and reflection are open, which is the most',
    });
    watches[0]?.call.cancel();
    await watches[0]?.end;
    // The place is free when the server has seen the first one leave.
    await expect
      .poll(() => {
        const again = open(other);
        return Promise.race([again.first.then(() => 'open'), again.end.then(() => 'refused')]);
      })
      .toBe('open');
    await clock.advance(3_600_000);
    const ends = await Promise.all(watches.slice(1).map(({ end }) => end));
    expect(new Set(ends.map(({ code, details }) => `${code} ${details}`))).toEqual(
      new Set([`${status.DEADLINE_EXCEEDED} the request took longer than its 3600000 ms`]),
    );
  });

  it('of a service that nobody knows is watched in vain', async () => {
    const { client } = await start();
    const call = client.stream(WATCH);
    call.on('error', () => undefined);
    const first = new Promise((resolve) => call.once('data', resolve));
    call.write(named('foo'));
    expect(await first).toEqual(SERVICE_UNKNOWN);
    const end = new Promise<StatusObject>((resolve) => call.on('status', resolve));
    call.write(named('foo'));
    expect(await end).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: 'Watch takes one request, got a second one',
    });
  });
});

describe.each(['grpc.reflection.v1', 'grpc.reflection.v1alpha'])('reflection by %s', (packageName) => {
  const messageNamed = (name: string) => {
    const message = REFLECTED.getMessage(`${packageName}.${name}`);
    if (message === undefined) throw new Error(`no message ${name}`);
    return message;
  };

  async function ask(...questions: readonly JsonObject[]): Promise<readonly JsonObject[]> {
    const { client } = await start();
    const call = client.stream({ path: `/${packageName}.ServerReflection/ServerReflectionInfo` });
    const answers: JsonObject[] = [];
    call.on('data', (message: Buffer) => {
      const response = messageNamed('ServerReflectionResponse');
      answers.push(toJson(response, fromBinary(response, message), { useProtoFieldName: true }) as JsonObject);
    });
    const end = new Promise<StatusObject>((resolve) => call.on('error', () => undefined).on('status', resolve));
    const question = messageNamed('ServerReflectionRequest');
    for (const json of questions) call.write(Buffer.from(toBinary(question, fromJson(question, json))));
    call.end();
    expect((await end).code).toBe(status.OK);
    return answers;
  }

  it('lists the services, and describes each of them wholly', async () => {
    const [list = {}] = await ask({ host: 'h', list_services: '' });
    const names = [
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
    ];
    expect(list).toMatchObject({ valid_host: 'h', original_request: { host: 'h', list_services: '' } });
    const { service } = list.list_services_response as { service: { name: string }[] };
    expect(service.map(({ name }) => name).sort()).toEqual([...names, 'inference.GRPCInferenceService']);
    const answers = await ask(...service.map(({ name }) => ({ file_containing_symbol: name })));
    const methods = answers.map(
      (answer, index) => registryOf(answer).getService(service[index]?.name ?? '')?.methods.length,
    );
    expect(methods.toSorted()).toEqual([1, 1, 2, 20]);
  });

  it('finds files by name, and by their messages, fields, values and methods', async () => {
    const questions = [
      { file_by_filename: 'grpc_service.proto' },
      { file_containing_symbol: 'inference.ModelInferRequest.InferInputTensor' },
      { file_containing_symbol: 'inference.ModelInferRequest.model_name' },
      { file_containing_symbol: 'inference.GRPCInferenceService.ModelInfer' },
      { file_containing_symbol: 'grpc.health.v1.HealthCheckResponse.ServingStatus.SERVING' },
    ];
    const files = (await ask(...questions)).map((answer) =>
      [...registryOf(answer).files].map(({ proto }) => proto.name),
    );
    const inference = ['model_config.proto', 'grpc_service.proto'];
    expect(files).toEqual([inference, inference, inference, inference, ['grpc/health/v1/health.proto']]);
  });

  it('says what it does not know, and goes on', async () => {
    const answers = await ask(
      { file_by_filename: 'x.proto' },
      { file_containing_symbol: 'inference.GRPCInferenceService.Infer' },
      { file_containing_extension: { containing_type: 'a.B', extension_number: 1 } },
      { all_extension_numbers_of_type: 'a.B' },
      {},
      { all_extension_numbers_of_type: 'inference.ModelInferRequest' },
    );
    expect(answers.map((answer) => answer.error_response ?? answer.all_extension_numbers_response)).toEqual([
      { error_code: 5, error_message: "file 'x.proto' is not served here" },
      { error_code: 5, error_message: "symbol 'inference.GRPCInferenceService.Infer' is not served here" },
      { error_code: 5, error_message: "an extension of 'a.B' is not served here" },
      { error_code: 5, error_message: "message 'a.B' is not served here" },
      { error_code: 3, error_message: 'the request asks for nothing' },
      { base_type_name: 'inference.ModelInferRequest' },
    ]);
  });
});

/** The files of an answer, which must not need any other. */
function registryOf(answer: JsonObject): FileRegistry {
  const { file_descriptor_proto: encoded } = answer.file_descriptor_response as { file_descriptor_proto: string[] };
  const file = encoded.map((text) => fromBinary(FileDescriptorProtoSchema, Buffer.from(text, 'base64')));
  return createFileRegistry(create(FileDescriptorSetSchema, { file: file.reverse() }));
}

describe('a server', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-sockets-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('answers over Unix sockets besides its ports', async () => {
    const sockets = { httpSocket: path.join(folder, 'http.sock'), grpcSocket: path.join(folder, 'grpc.sock') };
    const { addresses, client } = await start({ options: sockets });
    expect(addresses.httpSocket?.url).toBe(`unix:${sockets.httpSocket}`);
    expect((await new GrpcClient(addresses.grpcSocket?.url ?? '').unary(Buffer.of(), CHECK)).message).toEqual(SERVING);
    expect((await client.unary(Buffer.of(), CHECK)).message).toEqual(SERVING);
    const answered = await new Promise((resolve) =>
      request(
        { socketPath: sockets.httpSocket, path: '/v2/health/ready', headers: { host: 'any.example' } },
        (response) => resolve(response.statusCode),
      ).end(),
    );
    expect(answered).toBe(200);
  });

  it('speaks TLS over gRPC as over HTTP, not over sockets', async () => {
    const tls = {
      certFile: path.resolve('test/fixtures/tls/first.crt'),
      keyFile: path.resolve('test/fixtures/tls/first.key'),
    };
    const { addresses } = await start({ options: { tls, grpcSocket: path.join(folder, 'tls.sock') } });
    const secure = credentials.createSsl(readFileSync(tls.certFile));
    const client = new GrpcClient(`localhost:${addresses.grpc?.port}`, {}, secure);
    expect((await client.unary(Buffer.of(), CHECK)).message).toEqual(SERVING);
    expect((await new GrpcClient(addresses.grpcSocket?.url ?? '').unary(Buffer.of(), CHECK)).message).toEqual(SERVING);
  });

  it('closes with a call that does not end, once its time is over', async () => {
    const { client, server } = await start();
    const call = client.stream({ path: '/inference.GRPCInferenceService/ModelStreamInfer' });
    const end = new Promise<StatusObject>((resolve) => call.on('error', () => undefined).on('status', resolve));
    await client.unary(Buffer.of(), CHECK);
    await server.close(10_000);
    expect(await end).toMatchObject({ code: status.UNAVAILABLE });
  });
});
