import { createRequire } from 'node:module';
import type { ASTNode, Environment, ParseError } from '@marcbachmann/cel-js';

/** What a condition may ask: only the entries that {@link Rule.uses} names have to be there. */
export interface RuleFacts {
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly principal: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Elements of each input, flat: doubles, ints (`bigint`), booleans, strings. */
  readonly inputs: Readonly<Record<string, readonly unknown[]>>;
}

/** A condition and the arm of those for whom it holds. */
export interface Rule {
  readonly arm: string;
  readonly uses: Readonly<Record<Collection, readonly string[]>>;
  /** It asks for parameters or inputs. */
  readonly needsRequest: boolean;
  /** False where it does not hold, or cannot be answered: where a header is missing, say. */
  holds(facts: RuleFacts): boolean;
}

const COLLECTIONS = ['headers', 'parameters', 'inputs'] as const;
type Collection = (typeof COLLECTIONS)[number];

/** Elements of an input that conditions see. */
export const MAX_RULE_ELEMENTS = 64;
/** Loops over 64 elements that may stand in one another, and parts of a condition: what bounds how long it takes. */
const MAX_LOOPS = 1;
const MAX_NODES = 200;
/** They loop over a list. */
const LOOPS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

const require = createRequire(import.meta.url);
let environment: Environment | undefined;

/** Created for the first condition: most servers have none, and start sooner without the library. It never changes afterwards. */
function celEnvironment(): Environment {
  if (environment !== undefined) return environment;
  const cel: typeof import('@marcbachmann/cel-js') = require('@marcbachmann/cel-js');
  const limits = { maxAstNodes: MAX_NODES, maxDepth: 20, maxListElements: MAX_RULE_ELEMENTS, maxMapEntries: 16 };
  environment = new cel.Environment({ limits })
    .registerVariable('principal', 'string')
    .registerVariable('headers', 'map<string, string>')
    .registerVariable('parameters', 'map<string, dyn>')
    .registerVariable('inputs', 'map<string, list<dyn>>');
  return environment;
}

/**
 * Compiles a condition in the Common Expression Language (CEL). It may ask for headers, parameters and inputs by fixed names only, for
 * none that carries a credential, and has no regular expressions: so it is known beforehand what it reads, and that it is over soon.
 */
export function compileRule(text: string, arm: string): { readonly rule: Rule } | { readonly problem: string } {
  try {
    const parsed = celEnvironment().parse(text);
    const { valid, type, error } = parsed.check();
    if (!valid) throw error;
    if (type !== 'bool' && type !== 'dyn') throw new RuleError(`expected a condition (bool), got ${type}`, parsed.ast);
    const uses = usesOf(parsed.ast);
    const needsAll = !mayDoWithout(parsed.ast);
    const holds = (facts: RuleFacts): boolean => {
      // An error of the library takes longer to make than all the rest of a choice.
      if (needsAll && isAnyMissing(uses, facts)) return false;
      try {
        return parsed(facts) === true;
      } catch {
        return false;
      }
    };
    return { rule: { arm, uses, needsRequest: uses.parameters.length + uses.inputs.length > 0, holds } };
  } catch (error) {
    return { problem: describe(error) };
  }
}

/** Parts of a condition that can be true although something in them is missing. */
const LENIENT_OPERATORS: ReadonlySet<string> = new Set(['||', '?:', 'in', '.?', '[?]']);
const LENIENT_CALLS: ReadonlySet<string> = new Set([...LOOPS, 'has']);

function mayDoWithout(node: ASTNode): boolean {
  const called = functionOf(node);
  if (LENIENT_OPERATORS.has(node.op) || (called !== undefined && LENIENT_CALLS.has(called))) return true;
  return childrenOf(node.args).some(mayDoWithout);
}

function isAnyMissing(uses: Rule['uses'], facts: RuleFacts): boolean {
  return COLLECTIONS.some((collection) => uses[collection].some((name) => facts[collection][name] === undefined));
}

/** A condition that CEL allows and a route does not. */
class RuleError extends Error {
  readonly range: { readonly start: number };

  constructor(message: string, { range }: ASTNode) {
    super(message);
    this.range = range;
  }
}

function describe(error: unknown): string {
  const { summary, range, message } = error as Partial<ParseError>;
  const [text = ''] = (summary ?? message ?? '').split('\n');
  return range === undefined ? text : `column ${range.start + 1}: ${text}`;
}

function usesOf(root: ASTNode): Rule['uses'] {
  const uses = { headers: new Set<string>(), parameters: new Set<string>(), inputs: new Set<string>() };
  const use = (collection: Collection, key: ASTNode | string, node: ASTNode): void => {
    const name = typeof key === 'string' ? key : key.op === 'value' ? key.args : undefined;
    if (typeof name !== 'string') throw new RuleError(`${collection} are asked for by a fixed name`, node);
    if (collection === 'headers' && isCredential(name)) {
      throw new RuleError(`'${name}' carries a credential, which rules do not see; use \`principal\``, node);
    }
    if (collection === 'headers' && name !== name.toLowerCase()) {
      throw new RuleError(`names of headers are in lower case: expected '${name.toLowerCase()}', got '${name}'`, node);
    }
    uses[collection].add(name);
  };
  const visit = (node: ASTNode, loops: number): void => {
    if (node.op === 'id') {
      const collection = COLLECTIONS.find((name) => name === node.args);
      if (collection !== undefined) throw new RuleError(`${collection} are asked for by a fixed name`, node);
      return;
    }
    const access = accessOf(node);
    if (access !== undefined) {
      use(access.collection, access.key, node);
      return;
    }
    const called = functionOf(node);
    if (called === 'matches') throw new RuleError('regular expressions are not available', node);
    const inner = called !== undefined && LOOPS.has(called) ? loops + 1 : loops;
    if (inner > MAX_LOOPS) throw new RuleError('loops within loops are not available', node);
    for (const child of childrenOf(node.args)) visit(child, inner);
  };
  visit(root, 0);
  return { headers: [...uses.headers], parameters: [...uses.parameters], inputs: [...uses.inputs] };
}

/** `headers['x']`, `headers.x`, `'x' in headers`. */
function accessOf(node: ASTNode): { readonly collection: Collection; readonly key: ASTNode | string } | undefined {
  if (node.op !== '[]' && node.op !== '[?]' && node.op !== '.' && node.op !== '.?' && node.op !== 'in')
    return undefined;
  const [first, second] = node.args;
  const [container, key] = node.op === 'in' ? [second, first] : [first, second];
  if (typeof container === 'string' || container.op !== 'id') return undefined;
  const collection = COLLECTIONS.find((name) => name === container.args);
  return collection === undefined ? undefined : { collection, key };
}

/** The name of the function or method that a node calls. */
function functionOf(node: ASTNode): string | undefined {
  return node.op === 'call' || node.op === 'rcall' ? node.args[0] : undefined;
}

function childrenOf(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf);
  return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : [];
}

/** Headers that say who somebody is: routes see the principal instead. */
export function isCredential(header: string): boolean {
  return CREDENTIALS.has(header.toLowerCase());
}

const CREDENTIALS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'x-api-key',
  'api-key',
  'x-amz-security-token',
]);
