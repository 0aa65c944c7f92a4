import type { ParameterValue } from '../../../core/index.js';
import type { OfferedTool } from '../../../generation/index.js';
import { plainSchema, ruleOfSchema, rulesOfParts } from './json-schema.js';
import { GrammarRules } from './rules.js';
import type { Json, SchemaReading } from './schema.js';

/** Rules for the JSON of single arguments. */
export interface ArgumentValues {
  readonly tool: OfferedTool;
  /** The schema can be read; else any value will do. */
  readonly isKnown: boolean;
  /** The rule for the value of an argument that the schema names. */
  ruleOf(name: string, schema: unknown): string;
}

/** Schemas of tools are written for other servers, too: but for strict ones, what cannot be read is left to the model. */
export function ruleOfArguments(rules: GrammarRules, tool: OfferedTool): string {
  if (!tool.isStrict && !isReadable(tool)) return 'object';
  const rule = ruleOfSchema(rules, parametersOf(tool), readingOf(tool));
  return rule === 'value' ? 'object' : rule;
}

/** Throws `invalid_argument` where a strict schema cannot be promised. */
export function valuesOfArguments(rules: GrammarRules, tool: OfferedTool): ArgumentValues {
  if (!isReadable(tool)) return { tool, isKnown: false, ruleOf: () => 'value' };
  const ruleOfPart = rulesOfParts(rules, parametersOf(tool), readingOf(tool));
  return { tool, isKnown: true, ruleOf: (name, schema) => ruleOfPart(schema, `/properties/${name}`) };
}

/** Tried with rules of its own: what fails halfway would leave rules behind that are not whole. */
function isReadable(tool: OfferedTool): boolean {
  try {
    ruleOfSchema(new GrammarRules(), parametersOf(tool), readingOf(tool));
    return true;
  } catch (error) {
    if (tool.isStrict) throw error;
    return false;
  }
}

/** Throws `invalid_argument` where they are too long. */
function parametersOf(tool: OfferedTool): Json {
  return plainSchema(tool.parameters as ParameterValue, readingOf(tool));
}

function readingOf({ name, isStrict }: OfferedTool): SchemaReading {
  return { what: `the parameters of tool '${name}'`, reason: 'invalid_function_parameters', isStrict };
}
