import type { Description, Host, HostLoadOptions, Instance, LoadSpec, Placement } from '../../src/runtimes/index.js';
import { IDENTITY } from './engine-fixture.js';
import { FakeInstance } from './fake-instance.js';

/** A host whose instances answer at once unless they are told to wait for the test. */
export class FakeHost implements Host {
  readonly instances: FakeInstance[] = [];
  readonly specs: LoadSpec[] = [];
  description: Description = IDENTITY;
  /** Makes the next loads reject. */
  failure: Error | undefined;
  /** Has its say before a model is loaded; what it throws is why the load fails. */
  onLoad: (spec: LoadSpec, options: HostLoadOptions) => void = () => undefined;
  /** Changes an instance before it runs anything. */
  onInstance: (instance: FakeInstance) => void = () => undefined;
  /** Batches end by themselves; switched off, the test ends them. */
  automatic = true;
  closed = false;

  async load(spec: LoadSpec, _placement: Placement, options: HostLoadOptions): Promise<Instance> {
    this.specs.push(spec);
    this.onLoad(spec, options);
    if (this.failure !== undefined) throw this.failure;
    const instance = new FakeInstance(options.instanceId, this.description);
    this.onInstance(instance);
    const execute = instance.execute.bind(instance);
    instance.execute = (batch, emit) => {
      const done = execute(batch, emit);
      if (this.automatic) instance.running?.finish();
      return done;
    };
    this.instances.push(instance);
    return instance;
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}
