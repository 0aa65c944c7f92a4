import { MillraceError } from '../../core/index.js';

/**
 * Imports a module that calls native code. Rejects with `failed_precondition`, and how to get it, where the native part of koffi is not
 * installed: it is an optional dependency of koffi's own, which npm leaves out with `--omit=optional`.
 */
export async function importNative<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    if (!(cause instanceof Error) || !/koffi/i.test(cause.message)) throw cause;
    const remedy = "run 'npm install --include=optional'";
    throw new MillraceError(
      'failed_precondition',
      `language models require koffi, whose native part is not installed; ${remedy}`,
      { cause },
    );
  }
}
