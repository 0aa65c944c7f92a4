import ts from 'typescript';

const MATCHING = new Set([
  'match',
  'matchAll',
  'search',
  'includes',
  'startsWith',
  'endsWith',
  'indexOf',
  'replace',
  'replaceAll',
  'split',
]);
const ASKING = new Set(['test', 'exec']);
const COMPARING = new Set([
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
  ts.SyntaxKind.EqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
]);

/**
 * Where a source looks for something in what an error says: by a regular expression, a method of strings, or in comparison with a text. What
 * an error says is its `message`, `messageOf(error)`, and each variable of the file that is made of these.
 */
export function messageMatches(text: string): readonly string[] {
  if (!/message/i.test(text)) return [];
  const source = ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest, true);
  const variables = namesOfMessages(source);
  const isMessage = (node: ts.Node): boolean => saysMessage(node, variables);
  return nodesOf(source).flatMap((node) => (matches(node, isMessage) ? [node.getText(source)] : []));
}

/** Templates without `msg` that name a model or a runner: as errors they would name it to everybody. */
export function plainMentions(text: string): readonly string[] {
  if (!/\b(?:model|runner|named|mention)/.test(text)) return [];
  const source = ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest, true);
  return nodesOf(source).flatMap((node) => {
    if (!ts.isTemplateExpression(node) || ts.isTaggedTemplateExpression(node.parent)) return [];
    const before = [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)];
    const mentions = node.templateSpans.some(
      ({ expression }, index) =>
        /\bmodel '$|^runner $/.test(before[index] ?? '') ||
        /^(?:mention|named\w+\(.*|modelAside\(.*)$/s.test(expression.getText(source)),
    );
    return mentions ? [node.getText(source)] : [];
  });
}

function matches(node: ts.Node, isMessage: (node: ts.Node) => boolean): boolean {
  if (ts.isBinaryExpression(node) && COMPARING.has(node.operatorToken.kind)) {
    const { left, right } = node;
    return (isMessage(left) && ts.isStringLiteralLike(right)) || (isMessage(right) && ts.isStringLiteralLike(left));
  }
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  const { expression: receiver, name } = node.expression;
  if (MATCHING.has(name.text)) return isMessage(receiver);
  return ASKING.has(name.text) && node.arguments.some(isMessage);
}

function saysMessage(node: ts.Node, variables: ReadonlySet<string>): boolean {
  if (ts.isIdentifier(node)) return variables.has(node.text);
  if (ts.isPropertyAccessExpression(node)) return node.name.text === 'message';
  if (ts.isCallExpression(node)) {
    const { expression } = node;
    if (ts.isIdentifier(expression)) {
      return (
        expression.text === 'messageOf' ||
        (expression.text === 'String' && node.arguments.some((each) => saysMessage(each, variables)))
      );
    }
    return ts.isPropertyAccessExpression(expression) && saysMessage(expression.expression, variables);
  }
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) return saysMessage(node.expression, variables);
  return (
    ts.isConditionalExpression(node) && [node.whenTrue, node.whenFalse].some((each) => saysMessage(each, variables))
  );
}

/** `{ message }` of an error, and what is declared to be one. */
function namesOfMessages(source: ts.SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  for (const node of nodesOf(source)) {
    if (ts.isBindingElement(node) && ts.isIdentifier(node.name)) {
      const property = node.propertyName ?? node.name;
      if (ts.isIdentifier(property) && property.text === 'message') names.add(node.name.text);
    }
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer !== undefined) {
      if (saysMessage(node.initializer, names)) names.add(node.name.text);
    }
  }
  return names;
}

function nodesOf(source: ts.SourceFile): readonly ts.Node[] {
  const found: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
