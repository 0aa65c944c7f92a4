import type { CreateEngineOptions, Infer } from './engine/index.js';
import type { ServiceLife } from './service/index.js';

/** The engine's way to the service, which is made after the engine. Nothing of the engine uses it before it is connected. */
export class ServicePort implements Pick<CreateEngineOptions, 'infer' | 'isCompared' | 'memoryNeedOf' | 'reload'> {
  #life: ServiceLife | undefined;

  connect(life: ServiceLife): void {
    this.#life = life;
  }

  readonly infer: Infer = async (call, { isStep, ...target }, request) => {
    const { inference } = this.#connected.service;
    return inference.infer(call, await inference.resolve(call, target, { isStep }), request);
  };

  readonly isCompared: ServiceLife['isCompared'] = (ref) => this.#connected.isCompared(ref);

  readonly memoryNeedOf: ServiceLife['memoryNeedOf'] = (source) => this.#connected.memoryNeedOf(source);

  readonly reload: CreateEngineOptions['reload'] = ({ name }) => this.#connected.reload(name);

  get #connected(): ServiceLife {
    if (this.#life === undefined) throw new Error('the engine has used the service before it was made');
    return this.#life;
  }
}
