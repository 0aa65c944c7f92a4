import { MillraceError } from '../core/index.js';

/**
 * Imports a library of a runtime. Rejects with `failed_precondition`, and how to get it, where it is not installed: they are optional dependencies,
 * which npm leaves out with `--omit=optional`.
 */
export async function importOptional<Module>(what: string, name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    if (!(cause instanceof Error) || !cause.message.includes(name.replace(/^@.*\//, ''))) throw cause;
    const message = `${what} require ${name}, which is not installed; run 'npm install --include=optional'`;
    throw new MillraceError('failed_precondition', message, { cause });
  }
}
