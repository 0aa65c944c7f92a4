import {
  type Batch,
  type BatchItem,
  type Emit,
  type Instance,
  type PreparedRequest,
  readPrepared,
} from '../../src/runtimes/index.js';
import { runBatch } from './test-host.js';

/** An instance whose items its preparer prepares first, as the engine has them prepared; what it refuses ends with that. */
export function preparedInstance(instance: Instance, preparer: Instance): Instance {
  /** What is said of items while they are being prepared; undefined once the model has them. */
  const early = new Map<number, (() => void)[]>();
  const execute = async (batch: Batch, emit: Emit) => {
    for (const { callId } of batch.items) early.set(callId, []);
    const items = await Promise.all(batch.items.map((item) => prepare(preparer, item, emit)));
    const prepared = items.filter((item) => item !== undefined);
    const running = instance.execute({ ...batch, items: prepared, rows: prepared.length }, emit);
    for (const { callId } of batch.items) {
      const said = early.get(callId) ?? [];
      early.delete(callId);
      for (const say of said) say();
    }
    return running;
  };
  const soon = (callId: number, say: () => void) => {
    const waiting = early.get(callId);
    if (waiting === undefined) say();
    else waiting.push(say);
  };
  const grant: Instance['grant'] = (callId, answers) => soon(callId, () => instance.grant(callId, answers));
  const cancel: Instance['cancel'] = (callId) => soon(callId, () => instance.cancel(callId));
  const statistics = () => ({ ...instance.statistics?.(), ...preparer.statistics?.() });
  const close = async () => {
    await Promise.all([instance.close(), preparer.close()]);
  };
  return new Proxy(instance, {
    get(target, name) {
      const own = { execute, statistics, close, grant, cancel };
      if (name in own) return own[name as keyof typeof own];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

async function prepare(preparer: Instance, item: BatchItem, emit: Emit): Promise<BatchItem | undefined> {
  const [emission] = (await runBatch(preparer, [item], { id: item.callId })).emissions;
  if (emission === undefined || emission.error !== undefined || item.generation === undefined) {
    const error = emission?.error ?? ({ code: 'internal', message: 'the preparer gave no answer' } as const);
    emit([{ callId: item.callId, outputs: [], error, final: true }]);
    return undefined;
  }
  const prompt = { kind: 'tokens', tokens: new Int32Array() } as const;
  const [{ value }] = readPrepared(emission.outputs) as readonly [PreparedRequest];
  return { ...item, generation: { ...item.generation, prompt }, prepared: value };
}
