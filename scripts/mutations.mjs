/** The small faults that a test should find: each is one place of a source file and the text to put there. */
import ts from 'typescript';

const { SyntaxKind } = ts;

const OPERATORS = new Map([
  [SyntaxKind.EqualsEqualsEqualsToken, '!=='],
  [SyntaxKind.ExclamationEqualsEqualsToken, '==='],
  [SyntaxKind.LessThanToken, '<='],
  [SyntaxKind.LessThanEqualsToken, '<'],
  [SyntaxKind.GreaterThanToken, '>='],
  [SyntaxKind.GreaterThanEqualsToken, '>'],
  [SyntaxKind.AmpersandAmpersandToken, '||'],
  [SyntaxKind.BarBarToken, '&&'],
  [SyntaxKind.MinusToken, '+'],
  [SyntaxKind.AsteriskToken, '/'],
]);

/** Every mutation of a TypeScript source, in the order of their places: `{ line, start, end, replacement }`, `line` counted from 1. */
export function mutationsOf(text) {
  const source = ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest, true);
  const found = [];
  const add = (node, replacement) => {
    const start = node.getStart(source);
    const { line } = source.getLineAndCharacterOfPosition(start);
    found.push({ line: line + 1, start, end: node.getEnd(), replacement });
  };
  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node)) return;
    mutate(node, add);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found.sort((a, b) => a.start - b.start || a.end - b.end);
}

/** The source with the mutation. */
export function apply(text, { start, end, replacement }) {
  return `${text.slice(0, start)}${replacement}${text.slice(end)}`;
}

/** The line of the mutation, trimmed: in the source, and with the mutation. */
export function linesOf(text, mutation) {
  const [before, after] = [text, apply(text, mutation)].map((source) => source.split('\n')[mutation.line - 1].trim());
  return { before, after };
}

/** `count` of the items, chosen by the seed: the same ones for the same items. */
export function sample(items, { count, seed }) {
  const left = [...items];
  const next = randomOf(seed);
  const chosen = [];
  while (chosen.length < count && left.length > 0) chosen.push(...left.splice(Math.floor(next() * left.length), 1));
  return chosen;
}

function mutate(node, add) {
  if (ts.isBinaryExpression(node)) {
    const replacement = OPERATORS.get(node.operatorToken.kind);
    if (replacement !== undefined) add(node.operatorToken, replacement);
  } else if (ts.isIfStatement(node)) {
    add(node.expression, 'true');
    add(node.expression, 'false');
  } else if (ts.isConditionalExpression(node)) {
    add(node.condition, 'true');
    add(node.condition, 'false');
  } else if (ts.isPrefixUnaryExpression(node) && node.operator === SyntaxKind.ExclamationToken) {
    add(node, `(${node.operand.getText()})`);
  } else if (node.kind === SyntaxKind.TrueKeyword) {
    add(node, 'false');
  } else if (node.kind === SyntaxKind.FalseKeyword) {
    add(node, 'true');
  } else if (ts.isExpressionStatement(node) && !isSuperCall(node.expression)) {
    add(node, ';');
  }
}

/** Without it a class cannot be made at all, which any test finds. */
function isSuperCall(node) {
  return ts.isCallExpression(node) && node.expression.kind === SyntaxKind.SuperKeyword;
}

/** Numbers in [0, 1): mulberry32. */
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
