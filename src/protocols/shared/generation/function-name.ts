import type { Tool } from '../../../generation/index.js';
import type { Fields } from './fields.js';
import { ParameterError } from './parameter-error.js';

const NAME = /^[\w-]{1,64}$/;
const NAME_FORM = '1 to 64 letters, digits, _ and -';

/** The name of a function. Throws {@link ParameterError}. */
export function readName(fields: Fields): string {
  const name = fields.string('name');
  return name !== undefined && NAME.test(name) ? name : fields.refuse('name', NAME_FORM);
}

/** Refuses two tools of one name. `nameOf`: where a tool's name is, inside of the tool. Throws {@link ParameterError}. */
export function checkNames(tools: readonly Tool[], nameOf: string): void {
  for (const [index, { function: described }] of tools.entries()) {
    const first = tools.findIndex((tool) => tool.function.name === described.name);
    if (first === index) continue;
    const where = `tools[${index}].${nameOf}`;
    throw new ParameterError(where, `'${where}': '${described.name}' is the name of tools[${first}] already`);
  }
}
